"""Stopped anywhere and resumed; limits told apart; sites fail by themselves."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from solar_tap_kit.errors import AuthError, PartialFailure, SettingsError
from solar_tap_kit.run import Run
from solar_tap_kit.testing import Bench, Collector, SharedTime
from tap_solaredge.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solar_simulator.calls import CallLog

pytestmark = pytest.mark.slow

METERED, UNMETERED = "4100001", "4100002"
NOW = dt.datetime(2026, 3, 11, 18, tzinfo=dt.UTC)
KEYS = {kind.name: tuple(kind.primary_keys or ()) for kind in STREAMS}
DATED = ("energy_days", "site_energy", "site_power", "meter_energy", "meter_power",
         "meter_readings", "inverter_telemetry", "storage_telemetry")  # fmt: skip


def rows(*outs: Collector) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the dated rows of several runs by stream and key, as a loader would keep them."""
    return {
        (stream, *(row[part] for part in KEYS[stream])): {**row, "fetched_at": None}
        for out in outs
        for stream in DATED
        for row in out.records(stream)
    }


def series_calls(bench: Bench) -> list[Any]:
    """Return the calls for series, by day or finer."""
    names = ("energy", "power", "telemetry")
    return [call for call in bench.cloud.calls if call.endpoint.endswith(names)]


@pytest.mark.parametrize(("days", "cuts"), [(1, range(1, 15)), (2, (14, 17, 20, 24))])
def test_stopped_at_any_call_and_resumed_it_is_exact(
    bench: Bench, days: int, cuts: Iterable[int]
) -> None:
    """A budget of n calls, then the rest: the union is what one run would have brought."""
    span = {"site_ids": [METERED], "start_date": "2026-03-08", "end_date": f"2026-03-{8 + days:02}"}
    whole = rows(bench.run(**span))
    # The list, three readings, a month of totals, and five series of two calls a day.
    assert len(bench.cloud.calls) == 5 + 10 * days
    for calls in cuts:
        folder = str(bench.folder / f"cut{calls}")
        cut = bench.run(max_requests_per_run=calls, state_dir=folder, **span)
        rest = bench.run(state=cut.states[-1], state_dir=folder, **span)
        assert rows(cut, rest) == whole, calls


def test_killed_after_any_state_and_resumed_it_is_exact(bench: Bench) -> None:
    """Whatever STATE a loader has kept when the tap dies: with the rows before it, all comes."""
    span = {"site_ids": [METERED], "start_date": "2026-03-09", "end_date": "2026-03-10"}
    out = bench.run(**span)
    whole = rows(out)
    marks = [i for i, message in enumerate(out.messages) if message["type"] == "STATE"]
    assert len(marks) > 3
    for mark in marks[:-1]:
        kept = Collector()
        kept.messages = out.messages[: mark + 1]
        rest = bench.run(state=kept.states[-1], **span)
        assert rows(kept, rest) == whole


class StoppedAt(SharedTime):
    """A clock that says stop once so many calls have been made: a signal, without a process."""

    log: CallLog
    calls: int = 0

    @property  # type: ignore[override]
    def stopping(self) -> bool:
        """Whether the signal has come."""
        return len(self.log) >= self.calls

    @stopping.setter
    def stopping(self, value: bool) -> None:
        del value


@pytest.mark.parametrize("calls", [1, 4, 6, 9, 14])
def test_stopped_by_a_signal_it_pauses_and_goes_on(bench: Bench, calls: int) -> None:
    """The call in flight is kept, the rest is left; no failure, and the union is exact."""
    span = {"site_ids": [METERED], "start_date": "2026-03-09", "end_date": "2026-03-10"}
    whole = rows(bench.run(**span))
    bench.cloud.calls.reset()
    time = StoppedAt(bench.cloud.clock)
    time.log, time.calls = bench.cloud.calls, calls
    cut = bench.run(time=time, **span)
    assert len(bench.cloud.calls) == calls
    assert rows(cut, bench.run(state=cut.states[-1], **span)) == whole


@pytest.mark.parametrize("nth", [3, 9, 17])
def test_failed_at_a_call_and_resumed_it_is_exact(bench: Bench, nth: int) -> None:
    """A call that fails for good leaves its source, no more; the next run makes it whole."""
    span = {"site_ids": [METERED], "start_date": "2026-03-08", "end_date": "2026-03-10"}
    whole = rows(bench.run(**span))
    bench.cloud.calls.reset()
    bench.cloud.world.faults.add(endpoint="solaredge.v2.*", nth=nth, times=4, status=500)
    tap, out = bench.tap(**span)
    with pytest.raises(PartialFailure):
        tap.sync_all()
    bench.cloud.world.faults.clear()
    assert rows(out, bench.run(state=out.states[-1], **span)) == whole


def test_calls_spent_are_the_calls_planned(bench: Bench) -> None:
    """What the plan lists is what a sync spends, credit for credit; short days get cheaper.

    The first run learns which site is dark at night: the one without a battery.
    """
    folder = str(bench.folder / "planned")
    spent = []
    for first in (1, 5):
        span = {"start_date": f"2025-12-{first:02}", "end_date": f"2025-12-{first + 3:02}"}
        tap, _ = bench.tap(state_dir=folder, **span)
        with tap.opened() as (cloud, archive):
            run = Run(tap, cloud, archive)
            planned = sum(step.cost for step in run.plan(run.read_sites().sites))
        bench.cloud.calls.reset()
        bench.run(state_dir=folder, **span)
        assert len(bench.cloud.calls) == planned
        spent.append(len(series_calls(bench)))
    assert spent == [2 * (1 + 3 * 10), 2 * (1 + 3 * 10) - 3 * 2]


def test_a_full_refresh_spends_nothing_on_settled_days(bench: Bench) -> None:
    """Without state, but with the archive: the same rows, and only totals and lists asked."""
    span = {"site_ids": [METERED], "start_date": "2026-03-06", "end_date": "2026-03-09"}
    folder = str(bench.folder / "kept")
    first = bench.run(state_dir=folder, **span)
    bench.cloud.calls.reset()
    again = bench.run(state_dir=folder, **span)
    assert rows(again) == rows(first)
    assert not [call for call in series_calls(bench) if "QUARTER" in call.query["resolution"]]


def test_a_second_run_reads_nothing_again(bench: Bench) -> None:
    """A finished history costs nothing but what is due; with a look-back, its days."""
    first = bench.run()
    bench.cloud.calls.reset()
    second = bench.run(state=first.states[-1])
    assert series_calls(bench) == []
    assert second.states[-1] == first.states[-1]
    third = bench.run(state=first.states[-1], lookback_days=1)
    days = {(e["site_id"], e["local_date"]) for e in third.records("sync_days")}
    assert days == {(site, "2026-03-10") for site in (METERED, UNMETERED)}
    assert len(series_calls(bench)) == 2 * 5 * 2


def test_three_days_later_three_days_more(bench: Bench) -> None:
    """Upkeep goes forward from the bookmark and never includes the running day."""
    state = bench.run(site_ids=[METERED]).states[-1]
    bench.cloud.clock.set(NOW + dt.timedelta(days=3))
    later = bench.run(state=state, site_ids=[METERED])
    days = {e["local_date"] for e in later.records("sync_days") if e["stream"] == "site_energy"}
    assert days == {"2026-03-11", "2026-03-12", "2026-03-13"}


def test_the_running_day_is_fetched_when_asked_for_and_stays_pending(bench: Bench) -> None:
    """`end_date` beyond today: what there is of today comes, and comes again whole."""
    soon = {"site_ids": [METERED], "start_date": "2026-03-10", "end_date": "2026-04-01"}
    first = bench.run(**soon)
    today = [e for e in first.records("sync_days") if e["local_date"] == "2026-03-11"]
    assert {entry["status"] for entry in today} == {"pending"}
    bench.cloud.clock.set(NOW + dt.timedelta(days=1))
    second = bench.run(state=first.states[-1], **soon)
    entries = {(e["stream"], e["local_date"]): e for e in second.records("sync_days")}
    assert entries["site_energy", "2026-03-11"]["status"] == "complete"
    assert entries["meter_energy", "2026-03-11"]["status"] == "complete"


def test_a_stream_switched_on_later_gets_its_history(bench: Bench) -> None:
    """Each stream remembers its own days, so a new one starts at the beginning."""
    whole = bench.run(site_ids=[METERED]).states[-1]
    del whole["bookmarks"]["storage_telemetry"]
    out = bench.run(state=whole, site_ids=[METERED])
    fetched = [e for e in out.records("sync_days") if e["stream"] != "energy_days"]
    assert {entry["stream"] for entry in fetched} == {"storage_telemetry"}
    assert len({entry["local_date"] for entry in fetched}) == 4


def test_the_months_credits_are_spread_over_its_days(bench: Bench) -> None:
    """A long history is not fetched at one go: a day's share, the newest days first."""
    free = {"start_date": "2026-01-01", "credits_per_month": 2000, "state_dir": "here"}
    free["state_dir"] = str(bench.folder / "free")
    first = bench.run(**free)
    days_left = 31 - NOW.day + 1
    share = -(-1800 // days_left)
    assert share - 2 <= len(bench.cloud.calls) <= share
    newest = {e["local_date"] for e in first.records("sync_days") if e["stream"] == "site_energy"}
    assert max(newest) == "2026-03-10"
    again = len(bench.cloud.calls)
    bench.run(state=first.states[-1], **free)
    assert len(bench.cloud.calls) - again <= 2
    bench.cloud.clock.set(NOW + dt.timedelta(days=1))
    bench.run(state=first.states[-1], **free)
    assert len(bench.cloud.calls) > again + share / 2


def test_the_minute_limit_is_waited_for(bench: Bench) -> None:
    """Ten calls a minute, as the headers say: the run waits and is never refused."""
    span = {"site_ids": [METERED], "start_date": "2026-03-09", "end_date": "2026-03-11"}
    whole = rows(bench.run(**span))
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.clock.advance(60)
    bench.cloud.calls.reset()
    time = SharedTime(bench.cloud.clock)
    assert rows(bench.run(time=time, calls_per_minute=None, **span)) == whole
    assert 60 <= time.waited <= 240
    assert {call.outcome for call in bench.cloud.calls} <= {"ok", "403"}


def test_a_minute_limit_of_another_account_is_learned(bench: Bench) -> None:
    """The headers say 60 a minute: two hundred calls do not take twenty minutes."""
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.switches.set("solaredge.calls_per_minute", 60)
    bench.cloud.switches.set("solaredge.credits_per_month", 100_000)
    time = SharedTime(bench.cloud.clock)
    bench.run(time=time, calls_per_minute=None)
    assert len(bench.cloud.calls) > 80
    assert time.waited <= 180


def test_the_months_credits_stop_the_run_cleanly(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A 429 without retry-after is the month's: no retry, state kept, one line says so."""
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.switches.set("solaredge.credits_per_month", 14)
    bench.cloud.switches.set("solaredge.calls_per_minute", 1000)
    folder = str(bench.folder / "month")
    out = bench.run(state_dir=folder)
    refused = [call for call in bench.cloud.calls if call.status == 429]
    assert len(refused) == 1
    assert len(out.records("sync_days")) > 2
    lines = [record.getMessage() for record in caplog.records]
    assert any("paused" in line and "credits are used up" in line for line in lines)
    # Nobody asks again before the month is over, and the next run knows.
    bench.cloud.calls.reset()
    bench.run(state=out.states[-1], state_dir=folder)
    assert len(bench.cloud.calls) == 0
    bench.cloud.clock.set(dt.datetime(2026, 4, 1, 1, tzinfo=dt.UTC))
    bench.run(state=out.states[-1], state_dir=folder)
    assert len(bench.cloud.calls) > 0


def test_a_failing_site_does_not_stop_the_other(bench: Bench) -> None:
    """403 for one site: its windows are left, the other site is complete, the run fails."""
    bench.cloud.world.faults.add(
        endpoint="solaredge.v2.*", site=METERED, nth=1, times=0, status=403, body="{}"
    )
    tap, out = bench.tap()
    with pytest.raises(PartialFailure, match=METERED):
        tap.sync_all()
    done = {(e["site_id"], e["stream"]) for e in out.records("sync_days")}
    assert {site for site, _ in done} == {UNMETERED}
    assert len(done) == 7
    bench.cloud.world.faults.clear()
    rest = bench.run(state=out.states[-1])
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
    span = {"site_ids": [METERED], "start_date": "2026-03-09", "end_date": "2026-03-10"}
    whole = rows(bench.run(**span))
    bench.cloud.world.faults.add(endpoint="solaredge.v2.*", nth=7, times=2, **fault)
    assert rows(bench.run(**span)) == whole


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (410, SettingsError)])
def test_what_nobody_can_mend_stops_at_once(
    bench: Bench, status: int, error: type[Exception]
) -> None:
    """A dead key or a dead API is not asked again for every window."""
    fault = {"nth": 12, "times": 0, "status": status, "body": "{}"}
    bench.cloud.world.faults.add(endpoint="solaredge.v2.*", **fault)
    tap, out = bench.tap()
    with pytest.raises(error):
        tap.sync_all()
    assert len(bench.cloud.calls) == 12
    assert out.states


def test_more_sites_than_a_page_are_all_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is read page by page until one is not full."""
    monkeypatch.setattr("tap_solaredge.v2.cloud.SITES_IN_PAGE", 1)
    out = bench.run(start_date="2026-03-10")
    assert len(out.records("sites")) == 2
    assert len(bench.cloud.calls.matching(endpoint="solaredge.v2.sites")) == 3
