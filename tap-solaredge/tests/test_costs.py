"""What it costs: counted at the cloud, against what the old harvester and the free tier spend."""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.solaredge.v1.access import V1Access
from solar_tap_kit.forecast import forecast
from solar_tap_kit.run import Run
from solar_tap_kit.testing import Bench, Collector, SharedTime

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from solar_simulator.site import Site

pytestmark = pytest.mark.slow

NOON = dt.datetime(2026, 3, 20, 11, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
OF_THE_OLD_HARVESTER = {
    "sites", "devices", "energy_days", "site_power", "power_flow", "meter_power",
    "storage_telemetry", "meter_readings", "environmental_benefits", "alerts",
    "inverter_telemetry", "sync_days",
}  # fmt: skip
"""What seh reads, by our names."""

SLOW = {"inventory", "envBenefits", "alerts"}


def run(
    bench: Bench, streams: Collection[str], state: dict[str, Any] | None = None, **settings: Any
) -> Collector:
    """Sync some streams."""
    tap, out = bench.tap(state, **settings)
    for stream in tap.streams.values():
        stream.selected = stream.name in streams
    tap.sync_all()
    return out


def planned(bench: Bench, streams: Collection[str], **settings: Any) -> int:
    """Return what the plan says that a sync of some streams would cost."""
    tap, _ = bench.tap(**settings)
    for stream in tap.streams.values():
        stream.selected = stream.name in streams
    with tap.opened() as (cloud, archive):
        sync = Run(tap, cloud, archive)
        steps = sync.plan(sync.read_sites().sites)
        return forecast(steps, cloud.session.ledger, tap.clock.now(), "calls").cost


def test_an_incremental_run_costs_half_of_the_old_harvesters(
    world: Callable[..., Bench], house: Callable[..., Site]
) -> None:
    """v1, 5 sites with 2 inverters: 33 calls, and the slow ones once a day (seh: 66 each time)."""
    sites = [house(number, inverters=2, since="2026-03-01") for number in range(1, 6)]
    folder = "kept"
    bench = world(NOON, *sites, api_version="v1", start_date="2026-03-18")
    bench.settings["state_dir"] = str(bench.folder / folder)
    state = run(bench, OF_THE_OLD_HARVESTER).states[-1]
    bench.cloud.clock.set(NOON + DAY)
    bench.cloud.calls.reset()
    out = run(bench, OF_THE_OLD_HARVESTER, state)
    state = out.states[-1]
    slow = [call for call in bench.cloud.calls if call.endpoint.split(".")[-1] in SLOW]
    assert len(bench.cloud.calls) - len(slow) == 33
    assert len(slow) <= 11
    assert len(out.records("inverter_telemetry")) > 10 * 100
    bench.cloud.calls.reset()
    run(bench, OF_THE_OLD_HARVESTER, state)
    # Later on the same day only what is of this moment, and the look-back of the readings.
    assert len(bench.cloud.calls) <= 5 + 5 + 10


def test_a_year_of_history_costs_no_more_than_the_arithmetic_says(
    world: Callable[..., Bench], house: Callable[..., Site]
) -> None:
    """v1, 2 inverters and a battery: 202 calls a year; a leap year has no day more to ask for."""
    site = house(1, inverters=2, since="2023-12-20")
    bench = world(NOON, site, api_version="v1", calls_per_day=10_000)
    bench.settings["state_dir"] = str(bench.folder / "kept")
    run(bench, {"devices"}, start_date="2026-03-18")
    for year, most in ((2025, 202), (2024, 202)):
        span = {"start_date": f"{year}-01-01", "end_date": f"{year + 1}-01-01"}
        assert planned(bench, OF_THE_OLD_HARVESTER - {"alerts"}, **span) <= most


def test_three_calls_are_in_flight_and_never_four(
    world: Callable[..., Bench], house: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """v1 refuses a fourth call at once; with room for two only, the third shows itself."""
    refused = threading.Event()
    refused.set()
    start, count = V1Access._start, V1Access._count  # noqa: SLF001 - the very place

    def starting(access: V1Access) -> None:
        try:
            start(access)
        except ProblemError:
            # Whoever else was calling has gone: the next try finds room.
            bench.cloud.switches.set("solaredge.v1_concurrency", 3)
            refused.set()
            raise

    def held(access: V1Access, key: Any, site_ids: list[str]) -> None:
        if site_ids:
            refused.wait(timeout=20)
        count(access, key, site_ids)

    monkeypatch.setattr(V1Access, "_start", starting)
    monkeypatch.setattr(V1Access, "_count", held)
    sites = [house(number, inverters=2, since="2026-03-01") for number in range(1, 6)]
    bench = world(NOON, *sites, api_version="v1", start_date="2026-03-19",
                  max_concurrent_requests=3)  # fmt: skip
    bench.cloud.switches.set("limits", "documented")
    out = bench.run()
    assert {call.status for call in bench.cloud.calls} <= {200, 403}
    bench.cloud.world.reset()
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.switches.set("solaredge.v1_sunset", "alive")
    bench.cloud.switches.set("solaredge.v1_concurrency", 2)
    # The first two calls stay where they are until a third has come.
    refused.clear()
    again = bench.run()
    assert "429 concurrency" in {call.outcome for call in bench.cloud.calls}
    # Refused for the moment, not for the day: nothing is missing.
    assert again.counts == out.counts


@pytest.mark.parametrize(
    ("span_hours", "allowed", "most"), [(None, "documented", 15), (25, "whole_day", 10)]
)
def test_a_site_day_costs_what_the_reference_says(
    world: Callable[..., Bench],
    house: Callable[..., Site],
    span_hours: int | None,
    allowed: str,
    most: int,
) -> None:
    """v2, everything of one day from nothing: 15 credits at documented spans, 10 a day a call."""
    bench = world(NOON, house(1), start_date="2026-03-19", end_date="2026-03-20",
                  calls_per_minute=1000, span_hours=span_hours)  # fmt: skip
    bench.cloud.switches.set("solaredge.span_limits", allowed)
    out = bench.run()
    assert len(bench.cloud.calls) == most
    assert {call.outcome for call in bench.cloud.calls} == {"ok"}
    series = [call for call in bench.cloud.calls if call.query.get("resolution") == "QUARTER_HOUR"]
    assert len(series) == most - 5
    assert len(out.records("meter_energy")) == 4 * 96


def test_a_refused_span_is_halved_and_remembered(
    world: Callable[..., Bench], house: Callable[..., Site], caplog: pytest.LogCaptureFixture
) -> None:
    """A day a call where 12 hours are allowed: one refusal, then halves, in the next run too."""
    bench = world(NOON, house(1), start_date="2026-03-17", calls_per_minute=1000, span_hours=24,
                  credits_per_month=100_000)  # fmt: skip
    bench.settings["state_dir"] = str(bench.folder / "kept")
    out = bench.run()
    assert [call.status for call in bench.cloud.calls].count(400) == 1
    assert len(out.records("site_energy")) == 3 * 96
    assert any("refuses" in record.getMessage() for record in caplog.records)
    bench.cloud.calls.reset()
    bench.cloud.clock.set(NOON + DAY)
    bench.run(state=out.states[-1])
    assert {call.status for call in bench.cloud.calls} == {200}


def test_a_month_of_four_sites_stays_inside_the_free_tier(
    world: Callable[..., Bench], house: Callable[..., Site], capsys: pytest.CaptureFixture[str]
) -> None:
    """v2, limits enforced, default reserve: every day whole, under 1,800 credits, as planned."""
    sites = [
        house(1), house(2, "America/New_York"),
        house(3, stores=False), house(4, "America/New_York", stores=False),
    ]  # fmt: skip
    start = dt.datetime(2026, 2, 1, 14, tzinfo=dt.UTC)
    bench = world(start, *sites, start_date="2026-01-31")
    bench.cloud.switches.set("limits", "documented")
    bench.settings["state_dir"] = str(bench.folder / "kept")
    state, spent = None, []
    whole: set[tuple[str, str, str]] = set()
    for day in range(28):
        bench.cloud.clock.set(start + day * DAY)
        if day == 2:
            tap, _ = bench.tap(state)
            tap.show_plan("json")
        before = len(bench.cloud.calls)
        out = bench.run(state=state, time=SharedTime(bench.cloud.clock))
        state = out.states[-1]
        spent.append(len(bench.cloud.calls) - before)
        whole |= {
            (e["site_id"], e["stream"], e["local_date"])
            for e in out.records("sync_days")
            if e["status"] in ("complete", "empty")
        }
    plan = json.loads(capsys.readouterr().out)
    # The day was planned to the credit, and the month from that day on.
    assert plan["cost"] == spent[2]
    assert plan["upkeep"]["cost_a_day"] == pytest.approx(sum(spent) / 28, rel=0.05)
    assert sum(spent) <= plan["upkeep"]["limits"][0]["cost"] <= 1800
    assert plan["upkeep"]["limits"][0]["fits"] is True
    assert "429 month" not in {call.outcome for call in bench.cloud.calls}
    # All 28 days from 31 January to 27 February, of four sites and seven streams.
    assert len(whole) == 28 * 4 * 7
