"""Whatever a body holds, it ends in rows or in one typed line, never in a traceback."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from solar_tap_kit.cloud import Recording
from solar_tap_kit.windows import Days, Site, Window
from tap_solaredge.days import Grain, Kind, Question, judge
from tap_solaredge.evidence import Evidence
from tap_solaredge.replay import READERS, replay
from tap_solaredge.v2 import rows
from tap_solaredge.v2.daylight import light_window

if TYPE_CHECKING:
    from collections.abc import Sequence

BERLIN = ZoneInfo("Europe/Berlin")
WORDS = [
    *READERS, "values", "date", "value", "unit", "timeUnit", "telemetries", "meters", "inverters",
    "storage", "sites", "site", "list", "batteries", "timeStamp", "timestamp", "siteId", "id",
    "siteEnergyList", "energyValues", "resolution", "connections", "GRID", "count", "location",
    "gasEmissionSaved", "units", "sensors", "type", "serialNumber", "alertId", "L1Data",
]  # fmt: skip
TEXTS = [
    "2026-03-08 02:15:00", "2026-03-08", "2026-03-08T02:15:00-05:00", "Wh", "KWH", "W", "kg", "lb",
    "QUARTER_OF_AN_HOUR", "DAY", "QUARTER_HOUR", "", "null", "NaN", "9" * 30, "x", "0001-01-01",
    "9999-12-31T23:59:59Z",
]  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(TEXTS)
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@example({"energy": {"timeUnit": []}})
@given(BODIES)
def test_no_body_of_any_form_breaks_a_decoder(body: Any) -> None:
    """Random trees of the words that the decoders look for."""
    recording = Recording("noise.json", json.dumps(body).encode())
    (found,) = replay([recording], "2026-03-09T00:00:00.000000Z")
    assert found.kind


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@example("data", None, {"date": "9999-12-31T23:59:59Z"})
@given(st.sampled_from(sorted(READERS)), BODIES, BODIES)
def test_no_inner_part_breaks_its_own_decoder(root: str, outer: Any, inner: Any) -> None:
    """The right key on top, noise below it."""
    body = {root: {"values": inner, "list": outer, "meters": [{"values": inner}],
                   "telemetries": inner, "batteries": [{"telemetries": inner}]}}  # fmt: skip
    recording = Recording("noise.json", json.dumps(body).encode())
    (found,) = replay([recording], "2026-03-09T00:00:00.000000Z")
    assert found.kind


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"<html>", b"\xff\xfe", b"null", b"1"])
def test_what_is_no_answer_is_said_so(body: bytes) -> None:
    """Empty, cut, nested without end, a page: one line each."""
    (found,) = replay([Recording("noise.json", body)], "2026-03-09T00:00:00.000000Z")
    assert found.rows == {}


def day_of(values: Sequence[float | None], day: dt.date = dt.date(2026, 3, 9)) -> Any:
    """Return what the judge makes of a day's quarter-hours, asked for two days later."""
    step = dt.timedelta(minutes=15)
    asked = rows.Asked("1", BERLIN, "quarter_hour", step, "2026-03-11T12:00:00.000000Z")
    start = dt.datetime.combine(day, dt.time(), BERLIN).astimezone(dt.UTC)
    series = [asked.row(start + step * i, energy=value) for i, value in enumerate(values)]
    window = Window("x", Site("1", BERLIN), Days(day, day + dt.timedelta(days=1)), "upkeep")
    question = Question(
        Kind("meter_energy", ("energy",)), Grain("quarter_hour", step, "v2"), window,
        "2026-03-11T12:00:00.000000Z",
    )  # fmt: skip
    return judge(question, series, Evidence())


@pytest.mark.parametrize(
    ("values", "status", "final"),
    [
        ([1.0] * 96, "complete", True),
        ([1.0] * 95 + [None], "pending", False),
        ([None] * 95 + [1.0], "partial", False),
        ([1.0] * 90, "pending", False),
        ([], "pending", False),
    ],
)
def test_trailing_nulls_are_not_data(
    values: list[float | None],
    status: str,
    final: bool,  # noqa: FBT001 - half of a table's row
) -> None:
    """A day whose end has no value waits; a null before a value is a hole, and waits as well."""
    judged = day_of(values)
    assert judged.entries[0]["status"] == status
    assert (judged.final_until is None) == final
    entry = judged.entries[0]
    assert entry["n_rows"] == len(values)
    assert entry["n_points"] == sum(value is not None for value in values)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Berlin", dt.date(2026, 12, 21), 6),
        ("Europe/Berlin", dt.date(2026, 6, 21), None),
        ("Australia/Sydney", dt.date(2026, 6, 21), 5),
        ("Etc/GMT-3", dt.date(2026, 12, 21), None),
    ],
)
def test_a_short_day_has_a_light_half(zone: str, day: dt.date, begins: int | None) -> None:
    """Winter on either half of the globe; a zone without a town is never guessed at."""
    tz = ZoneInfo(zone)
    begin = light_window(day, tz, dt.timedelta(hours=12))
    assert (begin and begin.astimezone(tz).hour) == begins
