"""Values count, not labels: holes are told, fetched again for some days, and then given up."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.windows import Days, Site, Window
from tap_solaredge.days import Grain, Kind, Question, judge
from tap_solaredge.evidence import Evidence
from tap_solaredge.v2 import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solar_simulator.site import Site as House
    from solar_tap_kit.testing import Bench, Collector

BERLIN = ZoneInfo("Europe/Berlin")
DAY = dt.timedelta(days=1)
QUARTER = dt.timedelta(minutes=15)
JUNE_9 = dt.date(2026, 6, 9)
PV = Kind("site_energy", ("energy",), sleeps=True)
METER = Kind("meter_energy", ("energy",))
NIGHT = [None] * 24
SUN = [*NIGHT, *[100.0] * 56, *NIGHT[:16]]
"""Of June: from six to eight in the evening."""


def nulled(values: Sequence[float | None], first: int, end: int) -> list[float | None]:
    """Return values of which some are null."""
    return [None if first <= i < end else value for i, value in enumerate(values)]


def entry_of(
    values: Sequence[float | None],
    kind: Kind = PV,
    *,
    total: float | None = None,
    first_day: dt.date | None = None,
    zone: str = "Europe/Berlin",
    role: str = "Purchased",
) -> dict[str, Any]:
    """Return the ledger's entry of a day of quarter-hours, read a month later."""
    fetched = "2026-07-11T12:00:00.000000Z"
    tz = ZoneInfo(zone)
    asked = rows.Asked("1", tz, "quarter_hour", QUARTER, fetched)
    start = dt.datetime.combine(JUNE_9, dt.time(), tz).astimezone(dt.UTC)
    same = {} if kind is PV else {"serial_number": "M", "meter_type": role}
    points = {start + QUARTER * place: value for place, value in enumerate(values)}
    series = asked.series("energy", points, **same)
    evidence = Evidence()
    if total is not None:
        evidence.add_totals("1", [{"local_date": str(JUNE_9), "energy": total}])
    window = Window("x", Site("1", tz, first_day), Days(JUNE_9, JUNE_9 + DAY), "backfill")
    grain = Grain("quarter_hour", QUARTER, "v2")
    (entry,) = judge(Question(kind, grain, window, fetched), series, evidence).entries
    assert entry["n_rows"] == len(values)
    return entry


@pytest.mark.parametrize(
    ("values", "total", "status", "n_points"),
    [
        (SUN, 5600.0, "complete", 96),
        (SUN, None, "complete", 96),
        # The total has the last word: without energy in it, a null at noon was a sleep.
        (nulled(SUN, 48, 68), 5600.0, "partial", 76),
        (nulled(SUN, 48, 68), 3640.0, "complete", 96),
        (nulled(SUN, 48, 68), None, "partial", 76),
        # Values that stop at noon: nulls from sunrise to sunset lack, those of the night do not.
        (nulled(SUN, 48, 96), 5600.0, "partial", 54),
        (nulled(SUN, 48, 96), None, "partial", 54),
        (nulled(SUN, 48, 96), 2400.0, "complete", 96),
        ([None] * 96, 5600.0, "partial", 0),
        ([None] * 96, 0.0, "complete", 96),
        ([None] * 96, None, "empty", 96),
        # An inverter that wakes twice.
        ([*NIGHT, 0.0, None, *SUN[26:]], 5400.0, "complete", 96),
        (SUN[:92], 5600.0, "partial", 92),
    ],
)
def test_nulls_of_pv(
    values: list[float | None], total: float | None, status: str, n_points: int
) -> None:
    """A null of the night is none; one that hides energy is a hole."""
    entry = entry_of(values, total=total)
    assert (entry["status"], entry["n_points"]) == (status, n_points)
    assert entry["expected_points"] == 96


def test_where_no_town_tells_when_the_sun_is_up() -> None:
    """Nulls at an end of the day are holes by the total alone."""
    early = nulled(SUN, 48, 96)
    assert entry_of(early, total=5600.0, zone="Etc/GMT-2")["status"] == "partial"
    assert entry_of(early, zone="Etc/GMT-2")["status"] == "complete"


@pytest.mark.parametrize(
    ("values", "role", "first_day", "status", "n_points"),
    [
        ([50.0] * 96, "Purchased", None, "complete", 96),
        (nulled([50.0] * 96, 0, 4), "Purchased", None, "partial", 92),
        (nulled([50.0] * 96, 48, 68), "Purchased", None, "partial", 76),
        # The day of the installation begins with the first value.
        (nulled([50.0] * 96, 0, 40), "Purchased", JUNE_9, "complete", 96),
        ([None] * 96, "Purchased", None, "empty", 0),
        # No meter tells production alone: the inverters do.
        (SUN, "Production", None, "complete", 96),
    ],
)
def test_nulls_of_a_meter(
    values: list[float | None], role: str, first_day: dt.date | None, status: str, n_points: int
) -> None:
    """A meter reports day and night: each of its nulls is a hole."""
    entry = entry_of(values, METER, role=role, first_day=first_day)
    assert (entry["status"], entry["n_points"]) == (status, n_points)


LEDGER = "sync_days"
NOON = dt.datetime(2026, 6, 9, 9, tzinfo=dt.UTC)
HOLE = {"start": NOON, "end": NOON + dt.timedelta(hours=5)}
STREAMS = ("site_energy", "meter_energy", "storage_telemetry")


@pytest.fixture
def bench(world: Callable[..., Bench], house: Callable[..., House]) -> Bench:
    """Return a house with battery and meters on the morning after 9 June."""
    morning = dt.datetime(2026, 6, 10, 5, tzinfo=dt.UTC)
    bench = world(
        morning, house(1, since="2026-01-10"), start_date="2026-06-01",
        credits_per_month=1_000_000, calls_per_minute=100_000,
    )  # fmt: skip
    bench.settings["state_dir"] = str(bench.folder / "kept")
    return bench


def statuses(out: Collector, day: str = "2026-06-09") -> dict[str, str]:
    """Return what the ledger says of a day's streams, as far as they were fetched."""
    return {
        row["stream"]: row["status"]
        for row in out.records(LEDGER)
        if row["local_date"] == day and row["stream"] in STREAMS
    }


def morning_after(bench: Bench, state: Any, days: int) -> Collector:
    """Run the tap on a morning some days after 10 June."""
    bench.cloud.clock.set(dt.datetime(2026, 6, 10, 5, tzinfo=dt.UTC) + days * DAY)
    return bench.run(state)


def test_a_hole_that_is_filled_later_is_fetched_again(bench: Bench) -> None:
    """Whatever stream has one: partial, again the next morning, and then whole."""
    state = bench.run(end_date="2026-06-09").states[-1]
    switches = bench.cloud.switches
    for name in ("null_pv", "null_meters", "null_storage"):
        switches.set(f"solaredge.{name}", 1.0, **HOLE)
    first = morning_after(bench, state, 0)
    assert statuses(first) == dict.fromkeys(STREAMS, "partial")
    for name in ("null_pv", "null_meters", "null_storage"):
        switches.clear(f"solaredge.{name}")
    second = morning_after(bench, first.states[-1], 1)
    assert statuses(second) == dict.fromkeys(STREAMS, "complete")
    third = morning_after(bench, second.states[-1], 2)
    assert statuses(third) == {}


def test_a_hole_that_stays_is_given_up_and_the_next_is_not_waited_for(bench: Bench) -> None:
    """Fetched on three mornings more; a meter that is never whole then costs a day a day."""
    state = bench.run(end_date="2026-06-09").states[-1]
    hour = dt.timedelta(hours=1)
    for days in range(12):
        begin = NOON + days * DAY
        bench.cloud.switches.set("solaredge.null_meters", 1.0, start=begin, end=begin + hour)
    fetched = []
    for days in range(8):
        out = morning_after(bench, state, days)
        state = out.states[-1]
        fetched.append(sorted({row["local_date"][-2:] for row in out.records("meter_energy")}))
    assert fetched[:4] == [["09"], ["09", "10"], ["09", "10", "11"], ["09", "10", "11", "12"]]
    assert fetched[4:] == [["13"], ["14"], ["15"], ["16"]]


def test_a_day_without_a_value_is_no_empty_one_where_there_was_energy(bench: Bench) -> None:
    """The vendor's total tells of PV; a meter is known to have spoken before."""
    state = bench.run(end_date="2026-06-09").states[-1]
    midnight = dt.datetime(2026, 6, 8, 22, tzinfo=dt.UTC)
    for name in ("null_pv", "null_meters", "null_storage"):
        bench.cloud.switches.set(f"solaredge.{name}", 1.0, start=midnight, end=midnight + DAY)
    out = morning_after(bench, state, 0)
    assert statuses(out) == dict.fromkeys(STREAMS, "partial")
    points = {row["n_points"] for row in out.records(LEDGER) if row["stream"] in STREAMS}
    assert points == {0}


@pytest.mark.parametrize("api_version", ["v2", "v1"])
def test_a_second_run_of_a_day_changes_nothing(
    world: Callable[..., Bench], house: Callable[..., House], api_version: str
) -> None:
    """With a look-back of a week: what was settled stays so, and a hole stays a hole."""
    now = dt.datetime(2026, 6, 10, 8, tzinfo=dt.UTC)
    quota = {"calls_per_day": 100_000} if api_version == "v1" else {
        "calls_per_minute": 10_000, "credits_per_month": 1_000_000}  # fmt: skip
    bench = world(
        now, house(1, since="2026-01-10"), api_version=api_version, start_date="2026-06-02",
        lookback_days=7, **quota,
    )  # fmt: skip
    bench.settings["state_dir"] = str(bench.folder / "kept")
    bench.cloud.switches.set("solaredge.null_pv", 1.0, **HOLE)
    first = bench.run()
    second = bench.run(first.states[-1])
    for stream in (LEDGER, "site_energy", "meter_energy", "storage_telemetry"):
        keys = ("site_id", "stream", "recorded_at", "serial_number", "meter_type")
        before, after = (
            {
                tuple(row.get(key) for key in keys): {**row, "fetched_at": None}
                for row in out.records(stream)
            }
            for out in (first, second)
        )
        assert after or stream != LEDGER
        assert after == {key: before[key] for key in after}, stream
    assert {row["status"] for row in second.records(LEDGER)} <= {"complete", "empty", "partial"}
