"""Series that are wrong: each switch does what it says, and the totals by day stay right."""

from datetime import UTC, datetime
from typing import Any

import pytest

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SolarEdgeClient, SolarEdgeV1Client
from solar_simulator.testing.sites import MAPLE

NOON = datetime(2026, 6, 20, 16, tzinfo=UTC)
ONE = datetime(2026, 6, 20, 17, tzinfo=UTC)
"""Noon to one in New York."""

DAY = {"from_": "2026-06-20T00:00:00", "to": "2026-06-21T00:00:00"}
HOUR = [f"2026-06-20T12:{minute:02}:00-04:00" for minute in (0, 15, 30, 45)]
V1_DAY = {"startDate": "2026-06-20", "endDate": "2026-06-20"}
V1_TIMES = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 23:59:59"}
V1_HOUR = [f"2026-06-20 12:{minute:02}:00" for minute in (0, 15, 30, 45)]
IMPOSSIBLE_WH = 4_294_967_290.0


@pytest.fixture(autouse=True)
def open_cloud(simulator: SimulatorServer) -> None:
    """A later day, whole days at a time, and v1 alive."""
    simulator.clock.set(datetime(2026, 6, 25, tzinfo=UTC))
    simulator.switches.set("solaredge.span_limits", "none")
    simulator.switches.set("solaredge.v1_sunset", "alive")


def series_of(answer: Any) -> list[dict[str, Any]]:
    """Every series of values in an answer, wherever it is."""
    if isinstance(answer, list):
        return [found for item in answer for found in series_of(item)]
    if not isinstance(answer, dict):
        return []
    mine = [answer] if isinstance(answer.get("values"), list) else []
    return mine + [found for item in answer.values() for found in series_of(item)]


@pytest.mark.parametrize(
    ("switch", "path", "wrong"),
    [
        ("solaredge.null_pv", "energy", None),
        ("solaredge.null_pv", "power", None),
        ("solaredge.null_meters", "meters/telemetry", None),
        ("solaredge.impossible_pv", "energy", IMPOSSIBLE_WH),
    ],
)
def test_an_hour_of_v2(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, switch: str, path: str, wrong: Any
) -> None:
    """In the hour every value is the wrong one; nothing else changes, no total either."""
    clean = solaredge.data(f"/sites/{MAPLE}/{path}", **DAY)
    totals = solaredge.data(f"/sites/{MAPLE}/energy", **DAY, resolution="DAY")
    simulator.switches.set(switch, 1.0, site=MAPLE, start=NOON, end=ONE)
    found = solaredge.data(f"/sites/{MAPLE}/{path}", **DAY)
    assert series_of(found)
    for before, after in zip(series_of(clean), series_of(found), strict=True):
        for old, new in zip(before["values"], after["values"], strict=True):
            expected = wrong if old["timestamp"] in HOUR else old["value"]
            assert new == {**old, "value": expected}
    assert solaredge.data(f"/sites/{MAPLE}/energy", **DAY, resolution="DAY") == totals


@pytest.mark.parametrize(
    ("switch", "energies", "soc"),
    [
        ("solaredge.null_storage", lambda _: None, lambda old: old),
        ("solaredge.impossible_storage", lambda _: IMPOSSIBLE_WH, lambda old: old),
        ("solaredge.negative_energies", lambda old: -old - 1, lambda old: old),
        ("solaredge.impossible_soc", lambda old: old, lambda _: 6553.5),
    ],
)
def test_an_hour_of_a_battery(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, switch: str, energies: Any, soc: Any
) -> None:
    """Energies or the state of charge, never both."""
    path = f"/sites/{MAPLE}/storage/telemetry"
    clean = solaredge.data(path, **DAY)["storage"]
    simulator.switches.set(switch, 1.0, site=MAPLE, start=NOON, end=ONE)
    found = solaredge.data(path, **DAY)["storage"]
    for serial, metrics in found.items():
        for name in ("chargeEnergy", "dischargeEnergy", "stateOfEnergy"):
            for old, new in zip(
                clean[serial][name]["values"], metrics[name]["values"], strict=True
            ):
                expected = old["value"]
                if old["timestamp"] in HOUR:
                    expected = (soc if name == "stateOfEnergy" else energies)(expected)
                assert new["value"] == expected, name


def test_an_hour_of_v1(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Energy and power are null, the details have no value, the battery reads the impossible."""
    for switch in ("null_pv", "null_meters", "impossible_soc"):
        simulator.switches.set(f"solaredge.{switch}", 1.0, site=MAPLE, start=NOON, end=ONE)
    quarter = {"timeUnit": "QUARTER_OF_AN_HOUR"}
    energy = v1.data(f"/site/{MAPLE}/energy", **V1_DAY, **quarter)["energy"]["values"]
    power = v1.data(f"/site/{MAPLE}/power", **V1_TIMES)["power"]["values"]
    for rows in (energy, power):
        assert [row["date"] for row in rows if row["date"] in V1_HOUR and row["value"] is None] == (
            V1_HOUR
        )
    details = v1.data(f"/site/{MAPLE}/energyDetails", **V1_TIMES, **quarter)
    for meter in series_of(details):
        assert {row["date"] for row in meter["values"] if "value" not in row} == set(V1_HOUR)
    stored = v1.data(f"/site/{MAPLE}/storageData", **V1_TIMES)["storageData"]["batteries"][0]
    wrong = [r for r in stored["telemetries"] if r["batteryPercentageState"] == 6553.5]
    assert wrong
    assert all(r["timeStamp"][11:13] == "12" for r in wrong)


def test_totals_without_a_value(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, v1: SolarEdgeV1Client
) -> None:
    """Both APIs; the quarter-hours are as they were."""
    clean = solaredge.data(f"/sites/{MAPLE}/energy", **DAY)
    simulator.switches.set("solaredge.null_totals", value=True)
    by_day = solaredge.data(f"/sites/{MAPLE}/energy", **DAY, resolution="DAY")
    assert [item["value"] for item in by_day["values"]] == [None]
    assert v1.data(f"/site/{MAPLE}/energy", **V1_DAY)["energy"]["values"][0]["value"] is None
    assert solaredge.data(f"/sites/{MAPLE}/energy", **DAY) == clean
