"""Stopped anywhere and resumed: every row once, no window twice, no hole passed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from solar_tap_kit.clock import parse_utc
from solar_tap_kit.errors import PartialFailure, QuotaError
from solar_tap_kit.testing import Bench, SharedTime

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

BERLIN, KAROO = "LINDE1709625600", "KAROO1718870400"
NOW = dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)
KEY = ("system_id", "local_date", "seq")


def histories(bench: Bench) -> list[tuple[str | None, str]]:
    """Return system and date of every history call that was answered."""
    calls = bench.cloud.calls.matching(endpoint="sigen.history", outcome="ok")
    return [(call.site, call.query["date"]) for call in calls if call.query["level"] == "Day"]


def strip(rows: dict[tuple[Any, ...], Any]) -> dict[tuple[Any, ...], Any]:
    """Return rows without the time of their fetch."""
    return {
        key: {name: cell for name, cell in row.items() if name != "fetched_at"}
        for key, row in rows.items()
    }


def test_a_second_run_reads_only_the_look_back_again(bench: Bench) -> None:
    """A settled history costs the list and the look-back; devices are asked once a day."""
    first = bench.run()
    bench.cloud.calls.reset()
    second = bench.run(state=first.states[-1], lookback_days=2)
    assert sorted(histories(bench)) == [
        (site, day) for site in (KAROO, BERLIN) for day in ("2026-03-31", "2026-04-01")
    ]
    assert not bench.cloud.calls.matching(endpoint="sigen.devices")
    assert second.states[-1] == first.states[-1]


def test_three_days_later_three_days_more(bench: Bench) -> None:
    """Upkeep goes forward from the bookmark and never includes the running day."""
    state = bench.run(lookback_days=0).states[-1]
    bench.cloud.clock.set(NOW + dt.timedelta(days=3))
    bench.cloud.calls.reset()
    later = bench.run(state=state, lookback_days=0)
    assert sorted({day for _, day in histories(bench)}) == [
        "2026-04-02",
        "2026-04-03",
        "2026-04-04",
    ]
    assert later.counts["devices"] == 7


def test_an_earlier_start_date_fetches_the_past_that_lacks(bench: Bench) -> None:
    """What is stored is not fetched again when somebody wants more history."""
    state = bench.run(start_date="2026-03-30", lookback_days=0).states[-1]
    bench.cloud.calls.reset()
    bench.run(state=state, start_date="2026-03-28", lookback_days=0)
    assert sorted({day for _, day in histories(bench)}) == ["2026-03-28", "2026-03-29"]


def test_days_that_lacked_data_can_be_asked_again(bench: Bench, tmp_path: Path) -> None:
    """A refresh replays what the archive holds; `ask_again` asks the cloud, and keeps that."""
    bench.cloud.switches.set("sigen.missing_rows", 1.0, site=BERLIN)
    bench.cloud.switches.set("sigen.missing_rows", 0.5, site=KAROO)
    days = {"start_date": "2026-03-20", "end_date": "2026-03-21", "lookback_days": 0}
    span = {**days, "state_dir": str(tmp_path)}
    lacking = len(bench.run(**span).records("history_intervals"))
    assert 0 < lacking < 288
    for site in (BERLIN, KAROO):
        bench.cloud.switches.set("sigen.missing_rows", 0.0, site=site)
    assert len(bench.run(**span).keyed("history_intervals", KEY)) == lacking + 288
    again = bench.run(**span, ask_again=True).keyed("history_intervals", KEY)
    assert len(again) == 2 * 288
    bench.cloud.calls.reset()
    assert bench.run(**span).keyed("history_intervals", KEY).keys() == again.keys()
    assert not histories(bench), "the new answers are in the archive"


@pytest.mark.parametrize("calls", range(1, 13))
def test_stopped_at_any_call_and_resumed_it_is_exact(bench: Bench, calls: int) -> None:
    """A budget of n calls, then the rest: the union is what one run would have brought."""
    whole = strip(bench.run(lookback_days=0).keyed("history_intervals", KEY))
    bench.cloud.world.reset()
    bench.cloud.clock.set(NOW)
    cut = bench.run(max_requests_per_run=calls, lookback_days=0)
    rest = bench.run(state=cut.states[-1] if cut.states else None, lookback_days=0)
    union = {**cut.keyed("history_intervals", KEY), **rest.keyed("history_intervals", KEY)}
    assert strip(union) == whole
    asked = histories(bench)
    assert len(asked) == len(set(asked)), "a window was fetched twice"


@pytest.mark.parametrize("nth", range(1, 9))
def test_a_failure_at_any_history_call_costs_only_its_system(bench: Bench, nth: int) -> None:
    """The other system is complete, the run says that it failed, the next one is exact."""
    whole = strip(bench.run(lookback_days=0).keyed("history_intervals", KEY))
    bench.cloud.world.reset()
    bench.cloud.clock.set(NOW)
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=nth, code=1106)
    tap, out = bench.tap(lookback_days=0)
    with pytest.raises(PartialFailure, match=r"1 site\(s\) failed"):
        tap.sync_all()
    done = out.keyed("history_days", ("system_id", "local_date"))
    assert max(sum(1 for site, _ in done if site == one) for one in (BERLIN, KAROO)) == 5
    rest = bench.run(state=out.states[-1], lookback_days=0)
    union = {**out.keyed("history_intervals", KEY), **rest.keyed("history_intervals", KEY)}
    assert strip(union) == whole


def test_the_bookmark_covers_only_what_was_written(bench: Bench) -> None:
    """At each STATE, every day that it claims has been written before."""
    out = bench.run()
    written: set[tuple[str, str]] = set()
    checked = 0
    for message in out.messages:
        if message["type"] == "RECORD" and message["stream"] == "history_days":
            written.add((message["record"]["system_id"], message["record"]["local_date"]))
        if message["type"] == "STATE":
            spans = message["value"]["bookmarks"].get("history_intervals", {}).get("sites", {})
            for site, (since, until, _) in spans.items():
                noon = parse_utc(since) + dt.timedelta(hours=12)
                while noon < parse_utc(until):
                    assert (site, str(noon.date())) in written
                    noon += dt.timedelta(days=1)
                    checked += 1
    assert checked > 10


def test_the_documented_quota_is_waited_for(bench: Bench) -> None:
    """With `wait` all is fetched, at one call per system and five minutes, none too early."""
    bench.cloud.switches.set("limits", "documented")
    time = SharedTime(bench.cloud.clock)
    out = bench.run(time=time, on_quota_exhausted="wait", end_date="2026-04-02")
    assert len(out.records("history_days")) == 10
    refused = [call for call in bench.cloud.calls if call.outcome != "ok"]
    # The limit of a minute is kept once a second system and the list have met it, the distance
    # of a system after its first refusal.
    assert len(refused) <= 4
    assert time.waited == pytest.approx(8 * 310, abs=330)


def test_the_quota_stops_history_but_not_upkeep(bench: Bench) -> None:
    """With `stop`, yesterday is brought in whatever it waits; the past is left for later."""
    state = bench.run(start_date="2026-03-31", lookback_days=0).states[-1]
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.clock.set(NOW + dt.timedelta(days=2))
    out = bench.run(state=state, start_date="2026-03-20", lookback_days=0)
    days = {(e["system_id"], e["local_date"]) for e in out.records("history_days")}
    assert {(s, d) for s in (BERLIN, KAROO) for d in ("2026-04-02", "2026-04-03")} <= days
    assert len(days) < 2 * 13
    spans = out.states[-1]["bookmarks"]["history_intervals"]["sites"]
    assert all(until.startswith("2026-04-03T2") for _, until, _ in spans.values())


def test_the_quota_fails_the_run_when_asked_to(bench: Bench) -> None:
    """With `fail` the first refusal ends the run, state kept."""
    bench.cloud.switches.set("limits", "documented")
    tap, out = bench.tap(on_quota_exhausted="fail")
    with pytest.raises(QuotaError, match="1201"):
        tap.sync_all()
    assert out.states[-1]["bookmarks"]["daily_totals"]["sites"]


def test_a_list_that_is_refused_for_now_pauses_the_run(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """1201 on the list is no failure: one line says when to come back."""
    bench.cloud.switches.set("sigen.list_restricted", value=True)
    bench.run()
    assert any(
        "paused" in r.getMessage() and "again after" in r.getMessage() for r in caplog.records
    )


def test_an_expired_token_is_renewed(bench: Bench) -> None:
    """A token that dies mid-run costs one more login, nothing else."""
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=3, status=401, body="{}")
    out = bench.run()
    assert len(out.records("history_days")) == 10
    assert len(bench.cloud.calls.matching(endpoint="sigen.login")) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500}, {"status": 503}, {"status": 200, "body": ""}, {"cut": "before"},
        {"cut": "middle"}, {"status": 200, "body": "html", "content_type": "text/html"},
        {"code": 1109}, {"code": 1502}, {"code": 1110}, {"code": 99999},
        {"status": 429, "headers": {"Retry-After": "30"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_passing_fault_costs_nothing_but_calls(bench: Bench, fault: dict[str, Any]) -> None:
    """Whatever goes wrong once is tried again, and the rows are all there."""
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=2, times=2, **fault)
    out = bench.run()
    assert len(out.records("history_days")) == 10
    assert {entry["status"] for entry in out.records("history_days")} == {"complete"}
