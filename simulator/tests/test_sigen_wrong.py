"""Day answers that are wrong: each switch does what it says, and the truth does not move."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from solar_simulator import SimulatorServer
from solar_simulator.sigen.oddities import ENERGIES, POWERS
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN

DAY = date(2026, 6, 20)
NOON = datetime(2026, 6, 20, 10, tzinfo=UTC)
ONE = datetime(2026, 6, 20, 11, tzinfo=UTC)
FIELDS = (*POWERS, *ENERGIES, "batSoc")


@pytest.fixture
def clean(sigen: SigenClient) -> dict[str, Any]:
    """The day as it is."""
    found: dict[str, Any] = sigen.history(BERLIN, DAY)
    return found


def hour_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the hour that switches are bound to."""
    return [row for row in answer["itemList"] if row["dataTime"][-5:-3] == "12"]


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("sigen.null_counters", None),
        ("sigen.counter_spikes", 999.99),
        ("sigen.negative_counters", -0.05),
    ],
)
def test_counters_of_an_hour(
    simulator: SimulatorServer,
    sigen: SigenClient,
    clean: dict[str, Any],
    switch: str,
    value: float | None,
) -> None:
    """In the hour every running energy reads the same wrong value; nothing else changes."""
    simulator.switches.set(switch, 1.0, site=BERLIN, start=NOON, end=ONE)
    found = sigen.history(BERLIN, DAY)
    assert len(hour_of(found)) == 12
    assert all(row[name] == value for row in hour_of(found) for name in ENERGIES)
    rest = [row for row in found["itemList"] if row not in hour_of(found)]
    assert rest == [row for row in clean["itemList"] if row not in hour_of(clean)]
    assert {**found, "itemList": 0} == {**clean, "itemList": 0}


def test_stale_counters_are_the_totals_of_the_day_before(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """A counter that has not been reset goes on showing yesterday's total."""
    simulator.switches.set("sigen.stale_counters", 1.0, start=NOON, end=ONE)
    before = sigen.history(BERLIN, date(2026, 6, 19))
    for row in hour_of(sigen.history(BERLIN, DAY)):
        assert row["powerGeneration"] == before["powerGenerationKwh"]
        assert row["esCharging"] == before["esChargingKwh"]


def test_frozen_rows(simulator: SimulatorServer, sigen: SigenClient, clean: dict[str, Any]) -> None:
    """Every value is that of the row before the freeze; labels go on."""
    simulator.switches.set("sigen.frozen_rows", 1.0, start=NOON, end=ONE)
    found = hour_of(sigen.history(BERLIN, DAY))
    last = next(row for row in clean["itemList"] if row["dataTime"].endswith("11:55"))
    assert [row["dataTime"] for row in found] == [row["dataTime"] for row in hour_of(clean)]
    assert all(row[name] == last[name] for row in found for name in FIELDS)


def test_impossible_state_of_charge(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """The raw value of a register that holds no reading."""
    simulator.switches.set("sigen.impossible_soc", 1.0, start=NOON, end=ONE)
    assert {row["batSoc"] for row in hour_of(sigen.history(BERLIN, DAY))} == {6553.5}


def test_a_day_in_wh(simulator: SimulatorServer, sigen: SigenClient, clean: dict[str, Any]) -> None:
    """Energies are a thousandfold, powers are not."""
    simulator.switches.set("sigen.energies_in_wh", value=True)
    found = sigen.history(BERLIN, DAY)
    assert found["powerUseKwh"] == pytest.approx(1000 * clean["powerUseKwh"])
    for row, good in zip(found["itemList"], clean["itemList"], strict=True):
        assert row["powerUse"] == pytest.approx(1000 * good["powerUse"])
        assert row["loadPower"] == good["loadPower"]


@pytest.mark.parametrize("form", ["yesterday", "double", "zero", "null", "absent"])
def test_totals_of_the_day(
    simulator: SimulatorServer, sigen: SigenClient, clean: dict[str, Any], form: str
) -> None:
    """The rows are right; what the answer says of the whole day is not."""
    before = sigen.history(BERLIN, date(2026, 6, 19))
    simulator.switches.set("sigen.day_totals", form)
    found = sigen.history(BERLIN, DAY)
    right = clean["powerUseKwh"]
    wrong = {
        "yesterday": before["powerUseKwh"],
        "double": round(2 * right, 2),
        "zero": 0.0,
        "null": None,
        "absent": "absent",
    }
    assert found.get("powerUseKwh", "absent") == wrong[form]
    assert found["itemList"] == clean["itemList"]
