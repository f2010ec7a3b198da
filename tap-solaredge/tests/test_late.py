"""Late devices, foreign machine zones: every interval exactly once and right, over both APIs."""

from __future__ import annotations

import datetime as dt
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
SPAN = {"start_date": "2025-10-25", "end_date": "2025-10-28"}
"""Three days; on the second the clocks of Berlin go back."""

SINCE = "2025-10-15"

AFTER = dt.datetime(2025, 10, 28, 14, 10, tzinfo=dt.UTC)
"""The last of the days is over everywhere; each morning after it is a run."""

KEYS = {kind.name: tuple(kind.primary_keys or ()) for kind in STREAMS}
DATED = ("energy_days", "site_energy", "site_power", "meter_energy", "meter_power",
         "meter_readings", "inverter_telemetry", "storage_telemetry")  # fmt: skip
SUMMED_IN_THE_REQUEST = "ac_grid_charging"


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Pacific/Auckland"])
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put the machine into a zone, and back."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


RUNS = {"UTC": range(3), "America/Los_Angeles": range(3), "Pacific/Auckland": (0, 5, 7, 8, 9, 10)}
"""On which days after the last one the tap runs, by the machine's zone."""

LATE = {"UTC": dt.timedelta(minutes=40), "America/Los_Angeles": dt.timedelta(hours=12),
        "Pacific/Auckland": dt.timedelta(days=9)}  # fmt: skip


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


def run(bench: Bench, state: dict[str, Any] | None = None, **settings: Any) -> Collector:
    """Sync what comes late: the simulator's v1 readings of devices never do."""
    tap, out = bench.tap(state, **settings)
    if bench.settings["api_version"] == "v1":
        for name in ("inverter_telemetry", "storage_telemetry", "sensor_telemetry"):
            tap.streams[name].selected = False
    tap.sync_all()
    return out


@pytest.mark.parametrize("api_version", ["v2", "v1"])
def test_late_devices_lose_nothing(
    world: Callable[..., Bench],
    house: Callable[..., Site],
    machine_zone: str,
    api_version: str,
) -> None:
    """A run a day while the data trickles in, against one run when all of it is there."""
    sites = [house(number, zone, since=SINCE) for number, zone in enumerate(ZONES, start=1)]
    sites.append(house(9, "Europe/Berlin", stores=False, since=SINCE))
    quota = {"calls_per_day": 100_000} if api_version == "v1" else {
        "calls_per_minute": 10_000, "credits_per_month": 1_000_000}  # fmt: skip
    bench = world(AFTER, *sites, api_version=api_version, **SPAN, **quota)
    switches, clock = bench.cloud.switches, bench.cloud.clock
    switches.set("solaredge.v1_autumn", "duplicate")
    switches.set("solaredge.data_delay_minutes", LATE[machine_zone] / dt.timedelta(minutes=1))
    outs: list[Collector] = []
    state = None
    for day in RUNS[machine_zone]:
        clock.set(AFTER + dt.timedelta(days=day))
        outs.append(run(bench, state))
        state = outs[-1].states[-1]
    switches.set("solaredge.data_delay_minutes", 0)
    clock.set(AFTER + dt.timedelta(days=40))
    whole = stored(run(bench, state_dir=str(bench.folder / "anew")))
    assert stored(*outs) == whole
    # 25 hours in Berlin, 24 elsewhere: nothing collapsed, nothing doubled.
    instants = {key[-1] for key in whole if key[0] == "site_energy" and key[1] == "4200001"}
    assert len(instants) == 96 + 100 + 96
    # Nothing is left open, so that nothing is asked for again.
    assert {e["status"] for e in outs[-1].records("sync_days")} <= {"complete", "empty"}


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
