"""Stopped anywhere and resumed; limits told apart; sites fail by themselves."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from solar_tap_kit.errors import AuthError, PartialFailure, SettingsError
from solar_tap_kit.testing import Bench, SharedTime

pytestmark = pytest.mark.slow

METERED, UNMETERED = "4100001", "4100002"
NOW = dt.datetime(2026, 3, 11, 12, tzinfo=dt.UTC)
STREAMS = ("site_energy", "meter_energy", "inverter_telemetry", "storage_telemetry")
KEY = ("site_id", "serial_number", "meter_type", "recorded_at")


def rows(*outs: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the rows of several runs by stream and key, the time of their fetch left out."""
    return {
        (stream, *(row.get(part) for part in KEY)): {
            name: cell for name, cell in row.items() if name != "fetched_at"
        }
        for out in outs
        for stream in STREAMS
        for row in out.records(stream)
    }


@pytest.mark.parametrize("calls", range(1, 40, 3))
def test_stopped_at_any_call_and_resumed_it_is_exact(bench: Bench, calls: int) -> None:
    """A budget of n calls, then the rest: the union is what one run would have brought."""
    span = {"start_date": "2026-03-08", "end_date": "2026-03-10", "lookback_days": 0}
    whole = rows(bench.run(**span))
    cut = bench.run(max_requests_per_run=calls, **span)
    rest = bench.run(state=cut.states[-1] if cut.states else None, **span)
    assert rows(cut, rest) == whole


def test_a_second_run_reads_only_the_look_back_again(bench: Bench) -> None:
    """A settled history costs the list and one day of look-back for each site."""
    first = bench.run()
    bench.cloud.calls.reset()
    second = bench.run(state=first.states[-1], lookback_days=1)
    days = {(e["site_id"], e["local_date"]) for e in second.records("sync_days")}
    assert days == {(site, "2026-03-10") for site in (METERED, UNMETERED)}
    assert len(bench.cloud.calls) == 1 + 2 * 4 * 2
    assert second.states[-1] == first.states[-1]


def test_three_days_later_three_days_more(bench: Bench) -> None:
    """Upkeep goes forward from the bookmark and never includes the running day."""
    state = bench.run(lookback_days=0).states[-1]
    bench.cloud.clock.set(NOW + dt.timedelta(days=3))
    later = bench.run(state=state, lookback_days=0)
    days = {entry["local_date"] for entry in later.records("sync_days")}
    assert days == {"2026-03-11", "2026-03-12", "2026-03-13"}


def test_a_stream_switched_on_later_gets_its_history(bench: Bench) -> None:
    """Each stream remembers its own days, so a new one starts at the beginning."""
    whole = bench.run(lookback_days=0).states[-1]
    del whole["bookmarks"]["meter_energy"]
    bench.cloud.calls.reset()
    out = bench.run(state=whole, lookback_days=0)
    assert {entry["stream"] for entry in out.records("sync_days")} == {"meter_energy"}
    assert len({entry["local_date"] for entry in out.records("sync_days")}) == 4


def test_the_default_budget_keeps_a_month_of_days_inside_the_free_credits(bench: Bench) -> None:
    """A long history is not fetched at one go: 64 calls a run, the newest days first."""
    bench.run(start_date="2026-01-01", max_requests_per_run=None)
    assert len(bench.cloud.calls) == 64
    assert 64 * 31 <= 2000


def test_the_minute_limit_is_waited_for(bench: Bench) -> None:
    """Ten calls a minute: the 429 says how long, the run waits and misses nothing."""
    span = {"site_ids": [METERED], "start_date": "2026-03-09", "end_date": "2026-03-11"}
    whole = rows(bench.run(**span))
    bench.cloud.switches.set("limits", "documented")
    time = SharedTime(bench.cloud.clock)
    assert rows(bench.run(time=time, **span)) == whole
    assert 0 < time.waited <= 120


def test_the_months_credits_stop_the_run_cleanly(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A 429 without retry-after is the month's: no retry, state kept, one line says so."""
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.switches.set("solaredge.credits_per_month", 12)
    bench.cloud.switches.set("solaredge.calls_per_minute", 1000)
    out = bench.run()
    refused = [call for call in bench.cloud.calls if call.status == 429]
    assert len(refused) == 1
    assert len(out.records("sync_days")) > 2
    lines = [record.getMessage() for record in caplog.records]
    assert any("paused" in line and "credits are used up" in line for line in lines)


def test_a_failing_site_does_not_stop_the_other(bench: Bench) -> None:
    """403 for one site: its windows are left, the other site is complete, the run fails."""
    bench.cloud.world.faults.add(
        endpoint="solaredge.v2.*", site=METERED, nth=1, times=0, status=403, body="{}"
    )
    tap, out = bench.tap(lookback_days=0)
    with pytest.raises(PartialFailure, match=METERED):
        tap.sync_all()
    done = {(e["site_id"], e["stream"]) for e in out.records("sync_days")}
    assert done == {(UNMETERED, stream) for stream in STREAMS}
    bench.cloud.world.faults.clear()
    rest = bench.run(state=out.states[-1], lookback_days=0)
    assert {entry["site_id"] for entry in rest.records("sync_days")} == {METERED}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500}, {"status": 503, "body": "html", "content_type": "text/html"},
        {"status": 200, "body": ""}, {"cut": "before"}, {"cut": "middle"},
        {"status": 429, "headers": {"Retry-After": "20"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_passing_fault_costs_nothing_but_calls(bench: Bench, fault: dict[str, Any]) -> None:
    """Whatever goes wrong once is tried again, and the rows are all there."""
    span = {"start_date": "2026-03-09", "end_date": "2026-03-10"}
    whole = rows(bench.run(**span))
    bench.cloud.world.faults.add(endpoint="solaredge.v2.*", nth=5, times=2, **fault)
    assert rows(bench.run(**span)) == whole


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (410, SettingsError)])
def test_what_nobody_can_mend_stops_at_once(
    bench: Bench, status: int, error: type[Exception]
) -> None:
    """A dead key or a dead API is not asked again for every window."""
    fault = {"nth": 6, "times": 0, "status": status, "body": "{}"}
    bench.cloud.world.faults.add(endpoint="solaredge.v2.*", **fault)
    tap, out = bench.tap()
    with pytest.raises(error):
        tap.sync_all()
    assert len(bench.cloud.calls) == 6
    assert out.states


def test_more_sites_than_a_page_are_all_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is read page by page until one is not full."""
    monkeypatch.setattr("tap_solaredge.cloud.SITES_IN_PAGE", 1)
    out = bench.run()
    assert len(out.records("sites")) == 2
    assert len(bench.cloud.calls.matching(endpoint="solaredge.v2.sites")) == 3
