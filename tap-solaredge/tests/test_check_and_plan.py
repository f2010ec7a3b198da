"""What a credential may use, and what a sync would cost, before anything is spent on data."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from solar_tap_kit.testing import SharedTime

if TYPE_CHECKING:
    from solar_tap_kit.testing import Bench

METERED, UNMETERED = "4100001", "4100002"


def test_check_says_in_words_what_a_fleet_key_may_use(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each endpoint of each site, the paid one refused in words, the calls counted."""
    bench.settings["state_dir"] = str(bench.folder / "kept")
    tap, _ = bench.tap()
    assert tap.show_check("json")
    said = json.loads(capsys.readouterr().out)
    assert said["calls"] == len(bench.cloud.calls)
    found = {(f["site"], f["source"]): f for f in said["findings"]}
    assert found[METERED, "meters"]["verdict"] == "ok"
    # Alerts come for all sites at once, and the site's power is as open as its energy.
    assert found[METERED, "site_energy"]["words"] == "as energy_days"
    assert found[METERED, "site_power"]["words"] == "as energy_days"
    assert said["calls"] == 1 + 1 + 2 * (1 + 2 + 4) + 1
    # A whole day was tried in place of half a day, and refused.
    assert [call.status for call in bench.cloud.calls].count(400) == 1
    assert found[METERED, "meters"]["words"].startswith("access is right")
    assert "two calls of 12 hours" in found["", "span_hours"]["words"]
    assert found[METERED, "power_flow"]["verdict"] == "not served"
    assert "plan" in found[METERED, "power_flow"]["words"]
    for site in (METERED, UNMETERED):
        for source in ("energy_days", "site_energy", "site_power", "inverter_telemetry",
                       "storage_telemetry", "overview", "environmental_benefits"):  # fmt: skip
            assert found[site, source]["verdict"] == "ok", source


def test_a_day_in_one_call_is_tried_once(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused: never again, half a day tells as much as a whole one."""
    bench.settings["state_dir"] = str(bench.folder / "kept")
    for refused in (1, 0):
        bench.cloud.calls.reset()
        tap, _ = bench.tap()
        assert tap.show_check("json")
        assert [call.status for call in bench.cloud.calls].count(400) == refused
    findings = json.loads(capsys.readouterr().out.splitlines()[-1])["findings"]
    found = {(f["site"], f["source"]): f["words"] for f in findings}
    assert found[METERED, "meters"] == "192 meter_energy, 192 meter_power, 2 sync_days"
    assert ("", "span_hours") not in found


def test_a_day_that_is_answered_halves_the_cost(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the cloud allows it: no call more, remembered, and the plan counts by it."""
    bench.settings.update(state_dir=str(bench.folder / "kept"), start_date="2026-03-10")
    bench.cloud.switches.set("solaredge.span_limits", "whole_day")
    costs = []
    for _ in range(2):
        tap, _ = bench.tap(site_ids=[METERED])
        tap.show_plan("json")
        costs.append(json.loads(capsys.readouterr().out)["cost"])
        if len(costs) == 1:
            before = len(bench.cloud.calls)
            tap, _ = bench.tap(site_ids=[METERED])
            assert tap.show_check("json")
            assert "half the credits" in capsys.readouterr().out
            assert len(bench.cloud.calls) - before == 1 + 4 + 1 + 4
    # Five series of one day, ten calls before and five after.
    assert costs[0] - costs[1] == 5
    out = bench.run(site_ids=[METERED])
    assert len(out.records("meter_energy")) == 4 * 96
    assert {call.status for call in bench.cloud.calls} <= {200, 403}


def test_check_says_what_a_v1_key_may_use(old: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Withdrawn and restricted endpoints are told apart from those that work."""
    old.cloud.switches.set("solaredge.v1_sunset", "by_clock")
    old.cloud.world.faults.add(
        endpoint="solaredge.v1.storageData", site=METERED, times=0, status=403, body="{}"
    )
    tap, _ = old.tap()
    assert tap.show_check("table")
    text = capsys.readouterr().out
    lines = {tuple(line.split()[:2]): line for line in text.splitlines() if line}
    assert "withdrawn" in lines[METERED, "sensors"]
    assert "HTTP 403" in lines[METERED, "alerts"]
    # Withdrawn is withdrawn for all; a site that the key may not read says nothing of others.
    assert "HTTP 403" in lines[METERED, "storage_telemetry"]
    assert lines[UNMETERED, "storage_telemetry"].split()[2] == "ok"
    assert (UNMETERED, "sensors") not in lines
    assert "96 site_power" in lines[UNMETERED, "site_power"]
    assert "inverter_telemetry" in lines[METERED, "inverter_telemetry"]
    assert f"{len(old.cloud.calls)} calls spent" in text


def test_a_check_of_one_site_waits_for_no_limit(bench: Bench) -> None:
    """At ten calls a minute, as documented, an owner hears at once what the grant is good for."""
    bench.cloud.switches.set("limits", "documented")
    time = SharedTime(bench.cloud.clock)
    known = bench.cloud.credentials
    tap, _ = bench.tap(
        time=time, api_key=None, client_id=known.solaredge_client_id,
        client_secret=known.solaredge_client_secret, credits_per_month=2000, calls_per_minute=None,
        refresh_token=known.solaredge_refresh_token(METERED), site_ids=[METERED],
    )  # fmt: skip
    assert tap.show_check("json")
    assert time.waited == 0
    assert {call.outcome for call in bench.cloud.calls} <= {"ok", "403", "400"}


def test_a_check_of_a_fleet_spends_no_days_credits(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first sites stand for all; which those are is said."""
    monkeypatch.setattr("solar_tap_kit.check.MOST_SITES", 1)
    tap, _ = bench.tap()
    assert tap.show_check("json")
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["site"] for finding in findings} == {"", METERED}
    assert "the first 1 are asked" in findings[0]["words"]


def test_the_plan_names_every_budget_of_v2(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Credits by source, the month's and the day's share left, the date of completion."""
    settings = {"start_date": "2026-02-01", "credits_per_month": 2000, "calls_per_minute": None}
    tap, _ = bench.tap(**settings)
    tap.show_plan("json")
    plan = json.loads(capsys.readouterr().out)
    limits = {limit["name"]: limit for limit in plan["limits"]}
    assert limits["credits a month"]["amount"] == 2000
    assert limits["credits a month"]["reserve"] == 200
    assert limits["credits a month"]["resets_at"] == "2026-04-01T00:00:00Z"
    assert plan["cost_unit"] == "credits"
    # 38 days of two sites at ten credits, the lists and totals: more than the month has.
    assert 2 * 38 * 10 < plan["cost"] < 2 * 38 * 10 + 20
    done = dt.datetime.fromisoformat(plan["done_at"])
    share = -(-1800 // 21)
    # The first share goes today, each further one at midnight UTC.
    shares = -(-plan["cost"] // share)
    assert (done.date() - bench.cloud.clock.now().date()).days == pytest.approx(shares - 1, abs=1)
    # Two sites at 10 credits, one of them short of a call for each dark night, and the lists.
    assert 20 < plan["upkeep"]["cost_a_day"] < 26
    assert len(bench.cloud.calls) == 1
    tap, _ = bench.tap(**{**settings, "credits_per_month": 500})
    tap.show_plan("table")
    assert "of 450 under credits a month (NOT ENOUGH" in capsys.readouterr().out


def test_the_plan_names_both_budgets_of_v1(old: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The key's calls and each site's: what they allow decides when all is there."""
    tap, _ = old.tap(start_date="2025-06-01", calls_per_day=30, quota_reserve="0")
    tap.show_plan("table")
    text = capsys.readouterr().out
    assert "calls a day of the key: 29 of 30 left" in text
    assert "calls a day of each site: 30 of 30 left" in text
    tap.show_plan("json")
    plan = json.loads(capsys.readouterr().out)
    metered = plan["cost_by_site"][METERED]
    assert metered > 100
    assert plan["days_to_done"] >= metered // 30 - 1
