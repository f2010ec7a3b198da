"""Wall clocks to instants, on ordinary days and on days of clock change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from clock_nights import HALF_HOUR, zones
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.clock import (
    DAY,
    UTC,
    day_slots,
    day_start_utc,
    local_date,
    parse_utc,
    plain_instants,
    resolve,
    utc_text,
    utc_text_exact,
    zone,
)
from solar_tap_kit.errors import SettingsError

FIVE = dt.timedelta(minutes=5)
QUARTER = dt.timedelta(minutes=15)
ZONES = (
    "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Asia/Tokyo", "America/Sao_Paulo", "Pacific/Chatham",
)  # fmt: skip


def instants_of_day(day: dt.date, tz: ZoneInfo, step: dt.timedelta = FIVE) -> list[dt.datetime]:
    """Return every five-minute instant of a local day, or those of another step."""
    start = day_start_utc(day, tz)
    return [start + step * i for i in range(day_slots(day, tz, step))]


@pytest.mark.parametrize(
    ("day", "name", "slots"),
    [
        ("2026-06-01", "Europe/Berlin", 288),
        ("2026-03-29", "Europe/Berlin", 276),
        ("2026-10-25", "Europe/Berlin", 300),
        ("2026-04-05", "Australia/Lord_Howe", 294),
        ("2026-10-04", "Australia/Lord_Howe", 282),
        ("2026-06-01", "Asia/Kathmandu", 288),
    ],
)
def test_a_day_has_as_many_slots_as_its_zone_gives(day: str, name: str, slots: int) -> None:
    """Days of 23, 23.5, 24, 24.5 and 25 hours are counted from the zone, never assumed."""
    assert day_slots(dt.date.fromisoformat(day), ZoneInfo(name), FIVE) == slots


@given(st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 30)), st.sampled_from(ZONES))
def test_labels_of_any_day_resolve_to_the_instants_they_came_from(day: dt.date, name: str) -> None:
    """Order of appearance tells the two passes of a repeated hour apart, in every zone."""
    tz = ZoneInfo(name)
    instants = instants_of_day(day, tz)
    labels = [instant.astimezone(tz).replace(tzinfo=None) for instant in instants]
    resolved = list(resolve(labels, tz))
    assert [row.utc for row in resolved] == instants
    assert all(row.exists for row in resolved)
    for row, label in zip(resolved, labels, strict=True):
        assert label - dt.timedelta(minutes=row.offset_minutes) == row.utc.replace(tzinfo=None)


@pytest.mark.parametrize("name", zones())
def test_every_clock_night_of_every_zone_resolves(name: str) -> None:
    """Quarter-hours around each change from 2020 to 2027, against zoneinfo itself."""
    tz = ZoneInfo(name)
    for change in zones()[name]:
        for day in (change.day - DAY, change.day, change.day + DAY):
            start, end = day_start_utc(day, tz), day_start_utc(day + DAY, tz)
            instants = instants_of_day(day, tz, QUARTER)
            assert len(instants) * QUARTER == end - start
            walls = [instant.astimezone(tz) for instant in instants]
            assert {wall.date() for wall in walls} == {day}
            resolved = list(resolve([wall.replace(tzinfo=None) for wall in walls], tz))
            assert [row.utc for row in resolved] == instants
            assert all(row.exists for row in resolved)
            offsets = [dt.timedelta(minutes=row.offset_minutes) for row in resolved]
            assert offsets == [wall.utcoffset() for wall in walls]
            plain = plain_instants([f"{wall:%H:%M}" for wall in walls], day, tz)
            if plain is not None:
                assert plain[1] == [utc_text(instant) for instant in instants]


def test_clocks_change_by_whole_half_hours_and_days_begin_once() -> None:
    """Half hours rely on it (`docs/decisions/0017-half-hours-by-their-utc-start.md`)."""
    for name, changes in zones().items():
        tz = ZoneInfo(name)
        for change in changes:
            assert (change.after - change.before) % HALF_HOUR == dt.timedelta(), name
            start = day_start_utc(change.day, tz)
            assert local_date(start - dt.timedelta(seconds=1), tz) < change.day, name


@given(st.sampled_from(ZONES), st.sets(st.integers(0, 287), max_size=40))
def test_missing_rows_do_not_shift_the_others(name: str, missing: set[int]) -> None:
    """A row that is absent leaves every other row where it was."""
    tz = ZoneInfo(name)
    instants = instants_of_day(dt.date(2026, 6, 10), tz)
    kept = [instant for i, instant in enumerate(instants) if i not in missing]
    labels = [instant.astimezone(tz).replace(tzinfo=None) for instant in kept]
    assert [row.utc for row in resolve(labels, tz)] == kept


def test_a_label_in_the_spring_gap_is_marked() -> None:
    """02:30 did not exist in Berlin on 2026-03-29; its instant is good for ordering only."""
    label = dt.datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - labels are naive by nature
    (row,) = resolve([label], ZoneInfo("Europe/Berlin"))
    assert not row.exists
    assert utc_text(row.utc) == "2026-03-29T01:30:00Z"
    assert row.offset_minutes == 60


def test_a_repeated_hour_said_once_is_the_first() -> None:
    """A cloud that collapses the repeated hour gets the instant before the change."""
    labels = [dt.datetime(2026, 10, 25, hour, 30) for hour in (1, 2, 3)]  # noqa: DTZ001
    rows = list(resolve(labels, ZoneInfo("Europe/Berlin")))
    assert [utc_text(row.utc)[11:16] for row in rows] == ["23:30", "00:30", "02:30"]


def test_texts_have_one_width() -> None:
    """Bookmarks are compared as text, so text order has to be time order."""
    whole = dt.datetime(2026, 1, 1, tzinfo=UTC)
    fine = dt.datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)
    assert utc_text(whole) == "2026-01-01T00:00:00Z"
    assert utc_text_exact(whole) == "2026-01-01T00:00:00.000000Z"
    assert utc_text_exact(whole) < utc_text_exact(fine)
    assert parse_utc(utc_text(whole)) == whole
    assert parse_utc("2026-01-01T02:00:00+02:00") == whole
    assert parse_utc("2026-01-01T00:00:00") == whole


def test_a_local_date_is_the_sites() -> None:
    """Half past eleven at night in New York is the next day in UTC."""
    instant = parse_utc("2026-07-02T03:30:00Z")
    assert local_date(instant, ZoneInfo("America/New_York")) == dt.date(2026, 7, 1)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd"])
def test_an_unknown_zone_names_the_site(name: str) -> None:
    """A zone that is none ends in one line that says whose it is."""
    with pytest.raises(SettingsError, match="site 7"):
        zone(name, site_id="7")
