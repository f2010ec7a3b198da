"""Plan, ledger and archive against the simulator: no call unforeseen, none twice, none early."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import load
from solar_simulator.server import SimulatorServer
from solar_tap_kit.errors import PartialFailure, SettingsError
from solar_tap_kit.forecast import forecast
from solar_tap_kit.run import Run
from solar_tap_kit.testing import Bench, SharedTime
from tap_sigen.tap import TapSigen

if TYPE_CHECKING:
    from pathlib import Path

    from solar_tap_kit.forecast import Forecast

pytestmark = pytest.mark.slow

BERLIN, KAROO = "LINDE1709625600", "KAROO1718870400"
NOW = dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)
KEY = ("system_id", "local_date", "seq")


def planned(bench: Bench, state: dict[str, Any] | None = None, **settings: Any) -> Forecast:
    """Return what a sync would ask for."""
    tap, _ = bench.tap(state, **settings)
    with tap.opened() as (cloud, archive):
        run = Run(tap, cloud, archive)
        plan = run.plan(run.read_sites().sites)
        now = tap.clock.now()
        return forecast(plan, cloud.session.ledger, now, "calls", with_steps=True)


def data_calls(bench: Bench) -> int:
    """Return how many calls went out, logins and the site list aside."""
    return sum(1 for call in bench.cloud.calls if call.endpoint not in
               ("sigen.login", "sigen.systems"))  # fmt: skip


def rows_without_fetch(rows: dict[Any, Any]) -> dict[Any, Any]:
    """Return rows without the time of their fetch."""
    return {
        key: {name: cell for name, cell in row.items() if name != "fetched_at"}
        for key, row in rows.items()
    }


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"start_date": "2026-01-15", "system_ids": [BERLIN]},
        {"start_date": "2026-03-31", "lookback_days": 0, "max_concurrent_requests": 3},
        {"end_date": "2026-04-09"},
    ],
    ids=["plain", "months", "side by side", "the running day"],
)
def test_a_sync_spends_what_the_plan_said(
    bench: Bench, tmp_path: Any, settings: dict[str, Any]
) -> None:
    """Calls by the cloud's own count equal the plan's, on a first and on a second run."""
    shared = {"state_dir": str(tmp_path), **settings}
    said = planned(bench, **shared)
    bench.cloud.calls.reset()
    out = bench.run(**shared)
    assert data_calls(bench) == said.cost == sum(step["cost"] for step in said.steps)
    bench.cloud.clock.advance(86400)
    again = planned(bench, out.states[-1], **shared)
    bench.cloud.calls.reset()
    bench.run(out.states[-1], **shared)
    assert data_calls(bench) == again.cost


def test_a_full_refresh_spends_no_call_on_history(bench: Bench, tmp_path: Any) -> None:
    """A lost state, a second warehouse: settled days come from the archive, as they were."""
    shared = {"state_dir": str(tmp_path), "lookback_days": 2}
    first = bench.run(**shared)
    said = planned(bench, **shared)
    bench.cloud.calls.reset()
    second = bench.run(**shared)
    days = [c for c in bench.cloud.calls.matching(endpoint="sigen.history")
            if c.query["level"] == "Day"]  # fmt: skip
    assert {call.query["date"] for call in days} == {"2026-03-31", "2026-04-01"}
    assert data_calls(bench) == said.cost
    keyed = second.keyed("history_intervals", KEY)
    assert rows_without_fetch(keyed) == rows_without_fetch(first.keyed("history_intervals", KEY))
    archived = {row["fetched_at"] for row in second.records("history_days")
                if row["local_date"] == "2026-03-28"}  # fmt: skip
    before = {row["fetched_at"] for row in first.records("history_days")
              if row["local_date"] == "2026-03-28"}  # fmt: skip
    assert archived == before, "an archived answer says when it was fetched"
    assert (
        second.states[-1]["bookmarks"]["history_intervals"]["sites"]
        == (first.states[-1]["bookmarks"]["history_intervals"]["sites"])
    )


def test_without_an_archive_everything_is_asked_again(bench: Bench, tmp_path: Any) -> None:
    """The setting does what it says."""
    shared = {"state_dir": str(tmp_path), "archive": False}
    bench.run(**shared)
    spent = data_calls(bench)
    bench.cloud.calls.reset()
    bench.run(**shared)
    assert data_calls(bench) == spent
    assert not (tmp_path / "archive.sqlite").exists()


def test_empty_and_running_days_are_never_final(bench: Bench, tmp_path: Any) -> None:
    """An empty answer is asked again, the running day is pending; neither is archived."""
    shared = {"state_dir": str(tmp_path), "end_date": "2026-04-09", "lookback_days": 0}
    nothing = json.dumps({"code": 0, "msg": "success", "data": json.dumps({"itemList": []})})
    faults = bench.cloud.world.faults
    faults.add(endpoint="sigen.history", nth=1, times=99, status=200, body=nothing)
    first = bench.run(**shared)
    entries = first.keyed("history_days", ("system_id", "local_date"))
    assert {entry["status"] for entry in entries.values()} == {"empty"}
    bench.cloud.world.reset()
    bench.cloud.clock.set(NOW)
    second = bench.run(first.states[-1], **shared)
    entries = second.keyed("history_days", ("system_id", "local_date"))
    assert entries[(BERLIN, "2026-04-01")]["status"] == "complete"
    assert entries[(BERLIN, "2026-04-02")]["status"] == "pending"
    until = second.states[-1]["bookmarks"]["history_intervals"]["sites"][BERLIN][1]
    assert until == "2026-04-01T22:00:00Z", "the bookmark stops before the running day"


def test_the_ledger_keeps_the_documented_limits_exactly(bench: Bench, tmp_path: Any) -> None:
    """Told the limits, no call comes too early: the cloud refuses none, and both count alike."""
    bench.cloud.switches.set("limits", "documented")
    time = SharedTime(bench.cloud.clock)
    out = bench.run(
        time=time, on_quota_exhausted="wait", call_spacing_seconds=300, calls_per_minute=10,
        state_dir=str(tmp_path), start_date="2026-03-25",
    )  # fmt: skip
    assert {call.outcome for call in bench.cloud.calls} == {"ok"}
    assert len(out.records("history_days")) == 16
    tap, _ = bench.tap(state_dir=str(tmp_path))
    with tap.opened() as (cloud, _):
        ledger = cloud.session.ledger
        assert ledger is not None
        (minute,) = [
            m
            for key, m in ledger.meters(bench.cloud.clock.now()).items()
            if key == ("calls a minute",)
        ]
        assert minute.used(bench.cloud.clock.now()) == len(
            [c for c in bench.cloud.calls
             if c.at_utc > bench.cloud.clock.now() - dt.timedelta(minutes=1)]
        )  # fmt: skip


def test_what_one_run_has_learned_the_next_one_keeps(bench: Bench, tmp_path: Any) -> None:
    """One refusal is enough for ever: the distance is in the ledger."""
    bench.cloud.switches.set("limits", "documented")
    shared = {"state_dir": str(tmp_path), "on_quota_exhausted": "wait"}
    first = bench.run(**shared, end_date="2026-03-30")
    refused = [call for call in bench.cloud.calls if call.outcome == "1201"]
    assert len(refused) >= 1
    bench.cloud.calls.reset()
    bench.run(first.states[-1], **shared)
    assert not [call for call in bench.cloud.calls if call.outcome == "1201"]


def test_history_waits_as_long_as_it_is_allowed_to(bench: Bench) -> None:
    """Under `stop`, max_wait_minutes buys history: two calls a system in eleven minutes."""
    bench.cloud.switches.set("limits", "documented")
    settings = {"start_date": "2026-03-01", "call_spacing_seconds": 310, "calls_per_minute": 10}
    time = SharedTime(bench.cloud.clock)
    bench.run(time=time, max_wait_minutes=0, **settings)
    # What is newest is waited for: totals of month, year and lifetime, and yesterday.
    assert 3 * 310 <= time.waited < 3 * 310 + 120
    asked_before = len(bench.cloud.calls.matching(endpoint="sigen.history"))
    bench.cloud.world.reset()
    bench.cloud.clock.set(NOW)
    bench.cloud.switches.set("limits", "documented")
    time = SharedTime(bench.cloud.clock)
    bench.run(time=time, max_wait_minutes=26, **settings)
    assert 5 * 310 <= time.waited <= 26 * 60 + 120
    assert (asked_before, len(bench.cloud.calls.matching(endpoint="sigen.history"))) == (8, 12)


def test_a_refused_date_is_proved_and_passed_over(bench: Bench, tmp_path: Any) -> None:
    """1201 for a date, spaced and three times, while yesterday answers: noted as refused."""
    bench.cloud.switches.set("sigen.outside_dates", "1201")
    settings = {
        "system_ids": [BERLIN], "start_date": "2025-02-27", "end_date": "2025-03-08",
        "state_dir": str(tmp_path), "on_quota_exhausted": "wait", "lookback_days": 0,
    }  # fmt: skip
    tap, out = bench.tap(**settings)
    for stream in tap.solar_streams.values():
        stream.selected = stream.name in ("systems", "history_intervals", "history_days")
    tap.sync_all()
    entries = out.keyed("history_days", ("system_id", "local_date"))
    refused = {day for (_, day), entry in entries.items() if entry["status"] == "refused"}
    assert refused == {"2025-02-27", "2025-02-28", "2025-03-01", "2025-03-02", "2025-03-03"}
    since, until, _ = out.states[-1]["bookmarks"]["history_intervals"]["sites"][BERLIN]
    assert (since[:10], until[:10]) == ("2025-02-26", "2025-03-07")
    assert entries[(BERLIN, "2025-03-04")]["status"] in ("complete", "partial")


def test_a_quota_used_by_others_is_not_taken_for_a_date(bench: Bench) -> None:
    """Yesterday is refused too, so nothing is noted and the window waits for a later run."""
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.switches.set("sigen.burst", value=0)
    tap, out = bench.tap(system_ids=[BERLIN], on_quota_exhausted="stop", max_wait_minutes=60)
    for stream in tap.solar_streams.values():
        stream.selected = stream.name in ("history_intervals", "history_days")
    tap.sync_all()
    assert not out.records("history_days")
    marks = out.states[-1].get("bookmarks", {}).get("history_intervals", {})
    assert not marks.get("sites")


def test_a_date_without_data_is_passed_over_where_others_answer(bench: Bench) -> None:
    """13001 before the installation is a date; at once and for all it is the system."""
    bench.cloud.switches.set("sigen.outside_dates", "13001")
    out = bench.run(system_ids=[BERLIN], start_date="2025-03-02", end_date="2025-03-08")
    entries = out.keyed("history_days", ("system_id", "local_date"))
    assert entries[(BERLIN, "2025-03-02")]["status"] == "refused"
    # A later run has answers of its own only after it has asked for a day that must work.
    earlier = bench.run(out.states[-1], system_ids=[BERLIN], start_date="2025-03-01",
                        end_date="2025-03-08", lookback_days=0)  # fmt: skip
    assert [row["status"] for row in earlier.records("history_days")
            if row["local_date"] == "2025-03-01"] == ["refused"]  # fmt: skip
    bench.cloud.world.reset()
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=1, times=99, code=13001)
    tap, _ = bench.tap(system_ids=[BERLIN])
    with pytest.raises(PartialFailure, match="13001"):
        tap.sync_all()


def test_a_stored_day_that_is_answered_empty_stays(bench: Bench) -> None:
    """Success without data, in the look-back: the ledger goes on vouching for the stored rows."""
    settings = {"system_ids": [BERLIN], "start_date": "2026-03-28"}
    first = bench.run(**settings)
    bench.cloud.clock.advance(dt.timedelta(days=1))
    bench.cloud.switches.set("sigen.null_data", 1.0, site=BERLIN)
    empty = bench.run(first.states[-1], **settings)
    stored = {row["local_date"] for row in first.records("history_days")}
    told = {row["local_date"]: row["status"] for row in empty.records("history_days")}
    assert told == {"2026-04-02": "empty"}
    assert not stored & told.keys()
    bench.cloud.switches.set("sigen.null_data", 0.0, site=BERLIN)
    back = bench.run(empty.states[-1], **settings)
    assert {row["status"] for row in back.records("history_days")} == {"complete"}


def test_a_system_that_is_gone_for_a_night_loses_nothing(bench: Bench) -> None:
    """13001 for everything: no stored day is noted as refused, no new one is passed over."""
    first = bench.run(system_ids=[BERLIN], end_date="2026-04-02", start_date="2026-03-28")
    bench.cloud.world.faults.add(endpoint="sigen.history", nth=1, times=99, code=13001)
    bench.cloud.clock.advance(dt.timedelta(days=2))
    tap, gone = bench.tap(first.states[-1], system_ids=[BERLIN], start_date="2026-03-28")
    with pytest.raises(PartialFailure, match="13001"):
        tap.sync_all()
    assert not gone.records("history_days")
    bench.cloud.world.faults.clear()
    state = gone.states[-1] if gone.states else first.states[-1]
    back = bench.run(state, system_ids=[BERLIN], start_date="2026-03-28")
    days = {row["local_date"]: row["status"] for row in back.records("history_days")}
    assert days.keys() >= {"2026-04-02", "2026-04-03"}
    assert set(days.values()) == {"complete"}


def test_a_refused_list_is_replaced_by_what_is_known(bench: Bench, tmp_path: Any) -> None:
    """Yesterday's list serves; without one, system_ids and time_zone do; else the run pauses."""
    shared = {"state_dir": str(tmp_path), "end_date": "2026-03-30"}
    bench.run(**shared)
    bench.cloud.switches.set("sigen.list_restricted", value=True)
    bench.cloud.clock.advance(86400)
    known = bench.run(**shared)
    assert len(known.records("history_days")) == 4
    told = bench.run(system_ids=[BERLIN], time_zone="Europe/Berlin", end_date="2026-03-30")
    assert len(told.records("history_days")) == 2
    tap, _ = bench.tap(system_ids=[BERLIN], time_zone="Europe/Nowhere", end_date="2026-03-30")
    with pytest.raises(SettingsError, match="not a known time zone"):
        tap.sync_all()


def test_lists_are_asked_once_a_day(bench: Bench, tmp_path: Any) -> None:
    """Three runs in an hour read the list of systems once, unless told to refresh it."""
    shared = {"state_dir": str(tmp_path), "start_date": "2026-04-01"}
    for _ in range(3):
        bench.run(**shared)
    assert len(bench.cloud.calls.matching(endpoint="sigen.systems")) == 1
    bench.run(**shared, refresh_lists=True)
    assert len(bench.cloud.calls.matching(endpoint="sigen.systems")) == 2
    bench.cloud.clock.advance(86400)
    bench.run(**shared)
    assert len(bench.cloud.calls.matching(endpoint="sigen.systems")) == 3


def test_unknown_fields_are_kept_where_they_are_wanted(bench: Bench) -> None:
    """What Sigen adds is a column only by setting, and in the schema only then."""
    settings = {"system_ids": [BERLIN], "start_date": "2026-04-01"}
    plain = bench.run(**settings)
    assert "unknown_fields" not in plain.records("systems")[0]
    tap, out = bench.tap(keep_unknown_fields=True, **settings)
    assert "unknown_fields" in tap.solar_streams["history_intervals"].schema["properties"]
    projection = tap.solar_streams["history_intervals"].projection
    stream = tap.solar_streams["history_intervals"]
    stream.write_records([projection({"dataTime": "x", "brandNew": 1})])
    assert out.records("history_intervals")[0]["unknown_fields"] == {"brandNew": 1}


def test_the_forecast_knows_how_long_history_takes(bench: Bench) -> None:
    """At one call a system and 310 seconds, however many systems there are."""
    one = planned(bench, system_ids=[BERLIN], start_date="2025-10-01")
    two = planned(bench, start_date="2025-10-01")
    assert two.cost > 1.9 * one.cost - 10
    assert two.days == pytest.approx(one.days, rel=0.02)
    history = one.lines["history_intervals", "backfill"].cost
    assert one.days * 24 == pytest.approx((history + 4) * 310 / 3600, rel=0.05)
    assert json.loads(json.dumps(one.as_json()))["days_to_done"] == round(one.days, 3)
    assert "calls; done by" in one.as_text()


TWENTY = """
title = "Twenty systems"
now = 2026-04-02T09:00:00Z
seed = 20
[fleet]
sigen = 20
installed_at = 2026-01-01T00:00:00Z
"""


def test_twenty_systems_finish_in_the_time_of_one(tmp_path: Path) -> None:
    """Their waits overlap, no call comes too early, and both sides count the same calls."""
    path = tmp_path / "twenty.toml"
    path.write_text(TWENTY, encoding="utf-8")
    with SimulatorServer(load(str(path)), VirtualClock(NOW)) as server:
        settings = {
            "api_url": server.sigen_url,
            "username": server.credentials.sigen_username,
            "password": server.credentials.sigen_password,
            "start_date": "2026-03-25",
            "on_quota_exhausted": "wait",
            "call_spacing_seconds": 300,
            "calls_per_minute": 10,
            "max_concurrent_requests": 1,
        }
        twenty = Bench(TapSigen, server, settings, tmp_path)
        said = planned(twenty)
        site = said.steps[0]["sites"][0]
        server.world.reset()
        server.clock.set(NOW)
        server.switches.set("limits", "documented")
        waited = {}
        for name, ids in (("one", [site]), ("all", None)):
            server.world.reset()
            server.clock.set(NOW)
            server.switches.set("limits", "documented")
            time = SharedTime(server.clock)
            out = twenty.run(time=time, system_ids=ids)
            waited[name] = time.waited
            assert {call.outcome for call in server.calls} == {"ok"}
            assert len(out.records("history_days")) == 8 * (1 if ids else 20)
        assert waited["all"] < waited["one"] + 20 * 60
        calls = len(list(server.calls))
        ledger = sqlite3.connect(tmp_path / str(twenty.runs) / "ledger.sqlite")
        assert ledger.execute("SELECT count(*) FROM calls").fetchone() == (calls,)
        ledger.close()
        assert said.days * 86400 == pytest.approx(waited["all"], rel=0.1)
