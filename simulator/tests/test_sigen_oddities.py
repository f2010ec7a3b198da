"""Oddities of history rows: each does what it says, and the truth does not move."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from solar_simulator import SimulatorServer
from solar_simulator.sigen.oddities import ENERGIES, POWERS
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN, KAROO

DAY = date(2026, 6, 20)
Rows = list[dict[str, Any]]


@pytest.fixture
def clean(sigen: SigenClient) -> Rows:
    """The day as it is without oddities."""
    rows: Rows = sigen.history(BERLIN, DAY)["itemList"]
    return rows


def odd_rows(sigen: SigenClient) -> Rows:
    """The day again."""
    rows: Rows = sigen.history(BERLIN, DAY)["itemList"]
    return rows


def test_missing_rows(simulator: SimulatorServer, sigen: SigenClient, clean: Rows) -> None:
    """Some rows are gone, the same at every look; the others are untouched."""
    before = simulator.truth.day(BERLIN, DAY)
    simulator.switches.set("sigen.missing_rows", 0.1)
    found = odd_rows(sigen)
    assert 10 < len(clean) - len(found) < 60
    assert found == odd_rows(sigen)
    assert all(row in clean for row in found)
    assert simulator.truth.day(BERLIN, DAY) == before


def test_missing_rows_may_turn_up(
    simulator: SimulatorServer, sigen: SigenClient, clean: Rows
) -> None:
    """With a time to heal, old days are whole and the young one is not."""
    simulator.switches.set("sigen.missing_rows", 0.5)
    simulator.switches.set("sigen.missing_for_hours", 48)
    assert odd_rows(sigen) == clean
    assert len(sigen.history(BERLIN, "2026-06-30")["itemList"]) < 200


def test_zero_counters(simulator: SimulatorServer, sigen: SigenClient, clean: Rows) -> None:
    """In a struck row every running energy is 0, powers and state are right."""
    simulator.switches.set("sigen.zero_counters", 0.05)
    struck = 0
    for row, good in zip(odd_rows(sigen), clean, strict=True):
        if any(row[name] != good[name] for name in ENERGIES):
            struck += 1
            assert all(row[name] == 0 for name in ENERGIES)
        assert all(row[name] == good[name] for name in (*POWERS, "batSoc"))
    assert 3 < struck < 40


def test_flicker(simulator: SimulatorServer, sigen: SigenClient, clean: Rows) -> None:
    """A struck row reads a hundredth low, never below 0."""
    simulator.switches.set("sigen.flicker", 0.2)
    drops = {
        round(good["powerUse"] - row["powerUse"], 2)
        for row, good in zip(odd_rows(sigen), clean, strict=True)
    }
    assert drops == {0.0, 0.01}


def test_dips(simulator: SimulatorServer, sigen: SigenClient, clean: Rows) -> None:
    """Whole half hours sag by some kWh and come back."""
    simulator.switches.set("sigen.dips", 0.2)
    simulator.switches.set("sigen.dip_kwh", 2.5)
    low = [
        round(good["powerUse"] - row["powerUse"], 2)
        for row, good in zip(odd_rows(sigen), clean, strict=True)
    ]
    by_half_hour = [set(low[n : n + 6]) for n in range(60, 288, 6)]
    assert {0.0} in by_half_hour
    assert {2.5} in by_half_hour
    # Early in the day a dip stops at 0.
    assert all(part in ({0.0}, {2.5}) for part in by_half_hour[20:])


def test_sentinels_and_nulls(simulator: SimulatorServer, sigen: SigenClient, clean: Rows) -> None:
    """Powers become the vendor's not-available number, null, or are left out."""
    simulator.switches.set("sigen.sentinels", 0.05)
    simulator.switches.set("sigen.null_fields", 0.05)
    simulator.switches.set("sigen.missing_fields", 0.05)
    rows = odd_rows(sigen)
    assert any(row.get("loadPower") == 4294967.295 for row in rows)
    assert any("loadPower" in row and row["loadPower"] is None for row in rows)
    assert any("loadPower" not in row and "batSoc" not in row for row in rows)
    assert [row["powerUse"] for row in rows] == [row["powerUse"] for row in clean]


def test_undocumented_fields(simulator: SimulatorServer, sigen: SigenClient, clean: Rows) -> None:
    """Clouds grow fields overnight: some rows have one more, nothing else changes."""
    simulator.switches.set("sigen.unknown_fields", 0.5)
    rows = odd_rows(sigen)
    more = [row.pop("heatPumpPower", None) for row in rows]
    assert {None, 0.0} == set(more)
    assert rows == clean


def test_power_oddities(simulator: SimulatorServer, sigen: SigenClient, clean: Rows) -> None:
    """Standby leakage, PV power lost in a hard discharge, no counter of battery to load."""
    assert any(row["powerFromBattery"] for row in clean)
    for name in ("sigen.standby_leak", "sigen.no_power_from_battery", "sigen.low_pv_power"):
        simulator.switches.set(name, value=True)
    rows = odd_rows(sigen)
    idle = [
        row for row, good in zip(rows, clean, strict=True) if not good["esChargeDischargePower"]
    ]
    assert idle
    assert all(0.01 <= row["esDischargePower"] <= 0.02 for row in idle)
    assert not any(row["powerFromBattery"] for row in rows)
    hard = [row for row in clean if row["esDischargePower"] > 0.7 * 9.6 and row["pvTotalPower"]]
    again = {row["dataTime"]: row for row in rows}
    assert all(again[row["dataTime"]]["pvTotalPower"] == 0 for row in hard)


def test_future_rows_of_zeros(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """By switch the rest of today is there, all zero; other days have nothing more."""
    assert len(sigen.history(BERLIN, "2026-07-01")["itemList"]) == 96
    simulator.switches.set("sigen.future_rows", value=True)
    rows = sigen.history(BERLIN, "2026-07-01")["itemList"]
    assert len(rows) == 288
    assert not any(value for row in rows[96:] for name, value in row.items() if name != "dataTime")
    assert len(odd_rows(sigen)) == 288
    assert sigen.history(BERLIN, "2026-07-02")["itemList"] == []


def test_a_rule_holds_for_its_site_and_period(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """A rate bound to a site and two hours strikes there and nowhere else."""
    start = datetime(2026, 6, 20, 8, tzinfo=UTC)
    end = start + timedelta(hours=2)
    simulator.switches.set("sigen.missing_rows", 1.0, site=BERLIN, start=start, end=end)
    labels = [row["dataTime"][9:] for row in odd_rows(sigen)]
    assert len(labels) == 288 - 24
    assert "09:55" in labels
    assert "10:00" not in labels
    assert "11:55" not in labels
    assert "12:00" in labels
    assert len(sigen.history(KAROO, DAY)["itemList"]) == 288


def test_live_oddities(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """The summary a hundredth for one poll; PV or grid power read as 0."""
    simulator.clock.set(datetime(2026, 6, 20, 10, 3, tzinfo=UTC))
    whole = sigen.data(f"/systems/{BERLIN}/summary")
    simulator.switches.set("sigen.summary_hundredth", 1.0)
    odd = sigen.data(f"/systems/{BERLIN}/summary")
    lifetime = whole["lifetimePowerGeneration"]
    assert odd["lifetimePowerGeneration"] == pytest.approx(lifetime / 100, abs=0.0001)
    assert odd["lifetimeCo2"] == whole["lifetimeCo2"]
    good = sigen.data(f"/systems/{BERLIN}/energyFlow")
    simulator.switches.set("sigen.flow_pv_zero", 1.0)
    simulator.switches.set("sigen.flow_grid_zero", 1.0)
    flow = sigen.data(f"/systems/{BERLIN}/energyFlow")
    assert good["pvPower"] > 0
    assert (flow["pvPower"], flow["gridPower"]) == (0.0, 0.0)
    assert flow["loadPower"] == good["loadPower"]


def test_battery_in_ampere_hours(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """`ratedEnergy` 279.861 Ah at 28.8 V is the cottage's 8.06 kWh."""
    simulator.switches.set("sigen.rated_energy_ah", value=True)
    devices = [json.loads(text) for text in sigen.get(f"/system/{KAROO}/devices").json()["data"]]
    rated = [json.loads(device["attrMap"]).get("ratedEnergy") for device in devices]
    assert rated[2] == pytest.approx(8060 / 28.8, abs=0.001)


def residual_kwh(answer: dict[str, Any]) -> float:
    """Of the day's totals, as a plain site reports them."""
    come = answer["powerGeneration"] + answer["powerFromGrid"] + answer["esDischarging"]
    gone = answer["powerUse"] + answer["powerToGrid"] + answer["esCharging"]
    return float(come - gone)


def test_the_residual_is_what_was_injected(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Without oddities the balance closes to rounding; with a bias of 50 W, 1.2 kWh are amiss."""
    plain = sigen.history(BERLIN, DAY)
    assert residual_kwh(plain) == pytest.approx(0, abs=0.03)
    simulator.switches.set("load_bias_w", 50, site=BERLIN)
    biased = sigen.history(BERLIN, DAY)
    assert residual_kwh(biased) == pytest.approx(-1.2, abs=0.03)
    for field, amount in (("powerUse", 0.6), ("loadPower", 0.05)):
        before, after = (answer["itemList"][144][field] for answer in (plain, biased))
        assert after - before == pytest.approx(amount, abs=0.011)
    assert residual_kwh(sigen.history(KAROO, DAY)) == pytest.approx(0, abs=0.03)


def test_late_revision(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Days younger than the revision are low by its share, older ones final."""
    final = sigen.history(BERLIN, "2026-06-29")["powerUseKwh"]
    older = sigen.history(BERLIN, "2026-06-20")["powerUseKwh"]
    simulator.switches.set("revision_days", 5)
    simulator.switches.set("revision_share", 0.1)
    assert sigen.history(BERLIN, "2026-06-29")["powerUseKwh"] == pytest.approx(
        final * 0.9, abs=0.02
    )
    assert sigen.history(BERLIN, "2026-06-20")["powerUseKwh"] == older
    simulator.clock.advance(timedelta(days=6))
    sigen.token = SigenClient(simulator, sigen.session).token
    assert sigen.history(BERLIN, "2026-06-29")["powerUseKwh"] == final
