"""Wall clocks without offset: every label an instant of its own, on every kind of day."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.clock import UTC, day_slots, day_start_utc, parse_utc
from solar_tap_kit.errors import DecodeError
from tap_solaredge.v1.labels import moments, parse_label
from tap_solaredge.v1.series import values

QUARTER = dt.timedelta(minutes=15)
CHANGES = [
    ("America/New_York", dt.date(2025, 11, 2), 100),
    ("America/New_York", dt.date(2026, 3, 8), 92),
    ("Europe/Berlin", dt.date(2025, 10, 26), 100),
    ("Australia/Lord_Howe", dt.date(2026, 4, 5), 98),
    ("America/Havana", dt.date(2026, 3, 8), 92),
    ("America/Havana", dt.date(2025, 11, 2), 100),
    ("Asia/Kathmandu", dt.date(2026, 3, 8), 96),
]


def walls(day: dt.date, tz: ZoneInfo, slots: int) -> list[str]:
    """Return the wall clock at the start of each quarter-hour of a day, in order."""
    start = day_start_utc(day, tz)
    return [f"{(start + QUARTER * i).astimezone(tz):%Y-%m-%d %H:%M:%S}" for i in range(slots)]


@pytest.mark.parametrize(("zone", "day", "slots"), CHANGES)
def test_every_quarter_hour_of_a_day_is_an_instant(zone: str, day: dt.date, slots: int) -> None:
    """100, 98, 96 or 92 labels become as many instants, a quarter-hour apart."""
    tz = ZoneInfo(zone)
    assert day_slots(day, tz, QUARTER) == slots
    labels = walls(day, tz, slots)
    found = list(moments(labels, tz))
    assert [moment.utc for moment in found] == [
        day_start_utc(day, tz) + QUARTER * i for i in range(slots)
    ]
    assert [moment.columns["local_time"] for moment in found] == labels
    assert all(moment.exists for moment in found)
    for moment in found:
        shown = parse_label(moment.columns["local_time"]).replace(tzinfo=UTC)
        offset = dt.timedelta(minutes=moment.columns["utc_offset_minutes"])
        assert shown - offset == parse_utc(moment.columns["recorded_at"])


@given(
    st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
    st.integers(1, 5),
    st.sampled_from(sorted({zone for zone, _, _ in CHANGES})),
)
def test_days_in_a_row_stay_in_order(first: dt.date, days: int, zone: str) -> None:
    """Over any span the instants rise, whatever the clock does in between."""
    tz = ZoneInfo(zone)
    start = day_start_utc(first, tz)
    count = int((day_start_utc(first + dt.timedelta(days=days), tz) - start) / QUARTER)
    found = [moment.utc for moment in moments(walls(first, tz, count), tz)]
    assert all(a < b for a, b in pairwise(found))
    assert found == [start + QUARTER * i for i in range(count)]


def test_a_collapsed_hour_keeps_its_labels() -> None:
    """One label for two passes is the first of them: nothing is lost, nothing invented."""
    tz = ZoneInfo("America/New_York")
    labels = sorted(set(walls(dt.date(2025, 11, 2), tz, 100)))
    found = [moment.utc for moment in moments(labels, tz)]
    assert len(set(found)) == len(labels) == 96
    assert found == sorted(found)


def test_a_label_in_the_gap_overwrites_nothing() -> None:
    """02:15 never was on the spring day: empty it goes, with a value only where there is room."""
    tz = ZoneInfo("America/New_York")
    rows = [
        {"date": "2026-03-08 01:45:00", "value": 1},
        {"date": "2026-03-08 02:15:00", "value": None},
        {"date": "2026-03-08 02:30:00", "value": 7},
        {"date": "2026-03-08 02:45:00", "value": 8},
        {"date": "2026-03-08 03:00:00", "value": 2},
        {"date": "2026-03-08 03:30:00", "value": 3},
    ]
    found = {row["recorded_at"]: value for row, value in values(rows, tz, "WH", "energy")}
    assert found == {
        "2026-03-08T06:45:00Z": 1,
        "2026-03-08T07:00:00Z": 2,
        "2026-03-08T07:30:00Z": 3,
        "2026-03-08T07:45:00Z": 8,
    }


@pytest.mark.parametrize("label", [None, "", "noon", "2026-03-08T02:15:00Z", 7, "2026-13-01"])
def test_what_is_no_local_time_is_a_typed_error(label: object) -> None:
    """A label with an offset would mean another API than the one we read."""
    with pytest.raises(DecodeError, match="label"):
        list(moments([label], ZoneInfo("Europe/Berlin")))
