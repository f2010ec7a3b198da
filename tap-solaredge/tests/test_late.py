"""Late devices, foreign machine zones: every interval exactly once and right, over both APIs."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest

from tap_solaredge.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solar_simulator.site import Site
    from solar_tap_kit.testing import Bench, Collector

pytestmark = pytest.mark.slow

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kathmandu")
END = "2025-10-28"
SPAN = {"start_date": "2025-10-26", "end_date": END}
"""Two days; on the first the clocks of Berlin go back."""

SINCE = "2025-10-15"

AFTER = dt.datetime(2025, 10, 28, 14, 10, tzinfo=dt.UTC)
"""The last of the days is over everywhere; each morning after it is a run."""

KEYS = {kind.name: tuple(kind.primary_keys or ()) for kind in STREAMS}
DATED = ("energy_days", "site_energy", "site_power", "meter_energy", "meter_power",
         "meter_readings", "inverter_telemetry", "storage_telemetry")  # fmt: skip
SUMMED_IN_THE_REQUEST = "ac_grid_charging"


MACHINE_ZONES = itertools.cycle(["UTC", "America/Los_Angeles", "Pacific/Auckland"])


@pytest.fixture
def move_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return what puts the machine into another zone: each call takes the next of the three."""

    def move() -> None:
        monkeypatch.setenv("TZ", next(MACHINE_ZONES))
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


MINUTES_40, HOURS_12 = dt.timedelta(minutes=40), dt.timedelta(hours=12)
DAYS_9 = dt.timedelta(days=9)
RUNS = ((MINUTES_40, HOURS_12, (0, 1, 2)), (HOURS_12, MINUTES_40, (0, 1, 2)),
        (DAYS_9, DAYS_9, (0, 7, 9, 10)))  # fmt: skip
"""By how late intervals and v1's readings of devices come, which of them first in turn, and the
days after the last one on which the tap runs."""


def stored(*outs: Collector) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return what a loader and the day ledger would keep of several runs.

    Rows are upserted by key, and count if their fetch time is that of their day's entry.
    """
    ledger = {
        (row["site_id"], row["stream"], row["local_date"]): row["fetched_at"]
        for out in outs
        for row in out.records("sync_days")
    }
    kept = {
        (stream, *(row[part] for part in KEYS[stream])): row
        for out in outs
        for stream in DATED
        for row in out.records(stream)
    }
    volatile = ("fetched_at", SUMMED_IN_THE_REQUEST)
    return {
        key: {name: cell for name, cell in row.items() if name not in volatile}
        for key, row in kept.items()
        if ledger[row["site_id"], key[0], row["local_date"]] == row["fetched_at"]
    }


def late_by(bench: Bench, intervals: dt.timedelta, readings: dt.timedelta) -> None:
    """Let devices report late: what makes up intervals, and v1's own readings of devices."""
    switches = bench.cloud.switches
    switches.set("solaredge.data_delay_minutes", intervals / dt.timedelta(minutes=1))
    switches.set("solaredge.v1_missing_records", 0.0)
    silent_from = bench.cloud.clock.now() - readings
    switches.set("solaredge.v1_missing_records", 1.0, start=silent_from)


@pytest.mark.parametrize("api_version", ["v2", "v1"])
def test_late_devices_lose_nothing(
    world: Callable[..., Bench],
    house: Callable[..., Site],
    move_machine: Callable[[], None],
    only: Callable[..., Collector],
    api_version: str,
) -> None:
    """A run a day while the data trickles in, against one run when all of it is there.

    Each run takes place in another zone than the one before: whatever the machine's zone had
    to do with it would show where two of them meet.
    """
    sites = [house(number, zone, since=SINCE) for number, zone in enumerate(ZONES, start=1)]
    sites.append(house(9, "Europe/Berlin", stores=False, since=SINCE))
    quota = {"calls_per_day": 100_000} if api_version == "v1" else {
        "calls_per_minute": 10_000, "credits_per_month": 1_000_000}  # fmt: skip
    bench = world(AFTER, *sites, api_version=api_version, **SPAN, **quota)
    switches, clock = bench.cloud.switches, bench.cloud.clock
    switches.set("solaredge.v1_autumn", "duplicate")
    clock.set(AFTER + dt.timedelta(days=40))
    streams = {*DATED, "sync_days"}
    whole = stored(only(bench, streams))
    # 25 hours in Berlin, 24 elsewhere: nothing collapsed, nothing doubled.
    instants = {key[-1] for key in whole if key[0] == "site_energy" and key[1] == "4200001"}
    assert len(instants) == 100 + 96
    for intervals, readings, days in RUNS:
        # v1's powers are means of the readings, and late with them: days that go on being added
        # are what makes the look-back read them again.
        goes_on = {"end_date": None} if api_version == "v1" and readings > intervals else {}
        outs: list[Collector] = []
        state = None
        for day in days:
            move_machine()
            clock.set(AFTER + dt.timedelta(days=day))
            late_by(bench, intervals, readings)
            outs.append(only(bench, streams, state, **goes_on))
            state = outs[-1].states[-1]
        found = {k: row for k, row in stored(*outs).items() if row["local_date"] < END}
        assert found == whole, intervals
        # Nothing is left open, so that nothing is asked for again.
        entries = [e for e in outs[-1].records("sync_days") if e["local_date"] < END]
        open_days = {entry["status"] for entry in entries}
        assert open_days <= {"complete", "empty"}, intervals


def test_a_device_that_never_comes_back_is_given_up(
    world: Callable[..., Bench], house: Callable[..., Site]
) -> None:
    """Dead for good: for two weeks the first silent day is asked for, then it is called empty."""
    sites = [house(number, zone, since=SINCE) for number, zone in enumerate(ZONES, start=1)]
    sites.append(house(9, "Europe/Berlin", stores=False, since=SINCE))
    bench = world(AFTER, *sites, calls_per_minute=10_000, credits_per_month=1_000_000,
                  site_ids=["4200001"], start_date="2025-10-23")  # fmt: skip
    state = bench.run(end_date="2025-10-24").states[-1]
    bench.cloud.switches.set("solaredge.data_delay_minutes", 100_000)
    costs, entries = {}, []
    for day in (0, 8, 16, 17):
        bench.cloud.clock.set(AFTER + dt.timedelta(days=day))
        bench.cloud.calls.reset()
        out = bench.run(state, end_date="2025-10-27")
        state = out.states[-1]
        costs[day] = len([c for c in bench.cloud.calls if c.query.get("resolution")])
        entries = out.records("sync_days") or entries
    # The month's totals, and of three silent days the first: the others can hold nothing yet.
    # After two weeks each is asked a last time; one of them has 25 hours.
    assert costs == {0: 1 + 10, 8: 1 + 10, 16: 1 + 5 * (2 + 2 + 3), 17: 0}
    assert {entry["status"] for entry in entries} == {"empty"}
