"""Oddities of SolarEdge v1: each switch does what it says and leaves the rest alone."""

import re
from datetime import UTC, date, datetime
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SolarEdgeV1Client
from solar_simulator.testing.sites import MAPLE, SAGUARO

TIMES = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 23:59:59"}
DATES = {"startDate": "2026-06-20", "endDate": "2026-06-20"}
QUARTER = {"timeUnit": "QUARTER_OF_AN_HOUR"}


def details(v1: SolarEdgeV1Client, **words: str) -> dict[str, list[Any]]:
    """Energies of a day's quarter-hours by meter type."""
    body = v1.data(f"/site/{MAPLE}/energyDetails", **TIMES, **QUARTER, **words)
    meters = body["energyDetails"]["meters"]
    return {meter["type"]: [row.get("value") for row in meter["values"]] for meter in meters}


def test_self_consumption(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """By switch a metered site lists it: what was made and not sold."""
    assert "SelfConsumption" not in details(v1)
    simulator.switches.set("solaredge.v1_self_consumption", value=True)
    found = details(v1)
    for made, sold, own in zip(
        found["Production"], found["FeedIn"], found["SelfConsumption"], strict=True
    ):
        assert own == pytest.approx(made - sold, abs=1e-4)


def test_fractions_of_32_bits(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Fractions have a float32's digits; whole numbers and texts are untouched."""
    path = f"/equipment/{SAGUARO}/7EDE0002-52/data"
    exact = v1.data(path, **TIMES)["data"]["telemetries"]
    simulator.switches.set("solaredge.v1_float32", value=True)
    answer = v1.get(path, **TIMES)
    for before, after in zip(exact, answer.json()["data"]["telemetries"], strict=True):
        assert after["date"] == before["date"]
        assert after["operationMode"] == before["operationMode"]
        assert np.float32(after["dcVoltage"] or 0) == np.float32(before["dcVoltage"] or 0)
        assert np.float32(after["temperature"]) == np.float32(before["temperature"])
    digits = re.findall(r":(\d+\.\d+)[,}]", answer.text)
    assert digits
    assert all(len(text.replace(".", "").strip("0")) <= 9 for text in digits)


def test_storage_oddities(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Counters that have missed a part, and the states that the document knows."""
    path = f"/site/{MAPLE}/storageData"
    plain = v1.data(path, **TIMES)["storageData"]["batteries"][0]["telemetries"]
    simulator.switches.set("solaredge.v1_storage_counter_loss", 0.25)
    simulator.switches.set("solaredge.v1_battery_state", "printed")
    odd = v1.data(path, **TIMES)["storageData"]["batteries"][0]["telemetries"]
    for before, after in zip(plain, odd, strict=True):
        for name in ("lifeTimeEnergyCharged", "lifeTimeEnergyDischarged"):
            assert after[name] == pytest.approx(before[name] * 0.75, abs=1)
        assert after["batteryState"] == (3 if before["power"] else 1)


def test_missing_records(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Some records are gone, the same at every look; power is the mean of those left."""
    path = f"/equipment/{SAGUARO}/7EDE0002-52/data"
    whole = v1.data(path, **TIMES)["data"]["telemetries"]
    simulator.switches.set("solaredge.v1_missing_records", 0.3)
    found = v1.data(path, **TIMES)["data"]["telemetries"]
    assert 0.5 * len(whole) < len(found) < 0.85 * len(whole)
    assert found == v1.data(path, **TIMES)["data"]["telemetries"]
    assert [record["date"] for record in found] == [
        record["date"] for record in whole if record in found
    ]
    means: dict[str, list[float]] = {}
    for record in found:
        at = datetime.fromisoformat(record["date"])
        start = at.replace(minute=at.minute // 15 * 15, second=0)
        means.setdefault(f"{start:%Y-%m-%d %H:%M:%S}", []).append(record["totalActivePower"])
    for row in v1.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"]:
        expected = (
            pytest.approx(fmean(means[row["date"]]), abs=1e-4) if row["date"] in means else None
        )
        assert row["value"] == expected
    stored = v1.data(f"/site/{MAPLE}/storageData", **TIMES)["storageData"]["batteries"][0]
    assert 144 < stored["telemetryCount"] < 245


def test_gaps_in_registers(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Struck readings are null or have no value; the others are right."""
    words = {**TIMES, **QUARTER, "meters": "Purchased"}

    def readings() -> list[dict[str, Any]]:
        meters = v1.data(f"/site/{MAPLE}/meters", **words)["meterEnergyDetails"]["meters"]
        found: list[dict[str, Any]] = meters[0]["values"]
        return found

    whole = readings()
    simulator.switches.set("solaredge.v1_register_gaps", 0.3)
    kinds = set()
    for before, after in zip(whole, readings(), strict=True):
        assert after["date"] == before["date"]
        kinds.add(after.get("value", "none") if after.get("value") is None else "right")
        assert after.get("value") in {None, before["value"]}
    assert kinds == {None, "none", "right"}


def test_the_rest_of_today(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Buckets after now are left out, or there without a value."""
    simulator.clock.set(datetime(2026, 6, 20, 20, 3, tzinfo=UTC))

    def rows() -> list[list[dict[str, Any]]]:
        month = {"startDate": "2026-06-01", "endDate": "2026-06-30"}
        return [
            v1.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"],
            v1.data(f"/site/{SAGUARO}/energy", **DATES, **QUARTER)["energy"]["values"],
            v1.data(f"/site/{SAGUARO}/energy", **month)["energy"]["values"],
        ]

    running = rows()
    assert [len(values) for values in running] == [53, 53, 20]
    simulator.switches.set("solaredge.future_rows", "null")
    for before, after, count in zip(running, rows(), (96, 96, 30), strict=True):
        assert after[: len(before)] == before
        assert [row["value"] for row in after[len(before) :]] == [None] * (count - len(before))
    assert details(v1)["Purchased"][70:] == [None] * 26
    words = {"startTime": "2026-06-19 00:00:00", "endTime": "2026-06-22 23:59:59"}
    body = v1.data(f"/site/{MAPLE}/energyDetails", **words, timeUnit="DAY", meters="Purchased")
    days = body["energyDetails"]["meters"][0]["values"]
    assert ["value" in row for row in days] == [True, True, False, False]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("inner_empty", {"siteCurrentPowerFlow": {}}),
        ("empty", {}),
        ("no_connections", {"siteCurrentPowerFlow": {"updateRefreshRate": 3, "unit": "W"}}),
    ],
)
def test_no_live_flow(
    simulator: SimulatorServer, v1: SolarEdgeV1Client, shape: str, expected: dict[str, Any]
) -> None:
    """A site that cannot measure its flow says so in one of three ways."""
    simulator.switches.set("solaredge.no_flow", shape)
    assert v1.data(f"/site/{SAGUARO}/currentPowerFlow") == expected
    assert "LOAD" in v1.data(f"/site/{MAPLE}/currentPowerFlow")["siteCurrentPowerFlow"]


def test_the_flow_has_the_bias(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """A biased reading of the load is in the live flow, and in nothing else of it."""
    path = f"/site/{MAPLE}/currentPowerFlow"
    simulator.switches.set("solaredge.v1_flow_unit", "W")
    plain = v1.data(path)["siteCurrentPowerFlow"]
    simulator.switches.set("load_bias_w", 250)
    biased = v1.data(path)["siteCurrentPowerFlow"]
    assert biased["LOAD"]["currentPower"] == plain["LOAD"]["currentPower"] + 250
    assert biased["GRID"] == plain["GRID"]


def test_refusals_in_other_words(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Long windows as 400, stricter months, missing parameters as JSON, the earlier end."""
    month = {"startDate": "2026-05-01", "endDate": "2026-05-30", **QUARTER}
    assert v1.get(f"/site/{SAGUARO}/energy", **month).status_code == 200
    simulator.switches.set("solaredge.v1_month_days", 29)
    assert v1.get(f"/site/{SAGUARO}/energy", **month).status_code == 403
    shorter = {**month, "endDate": "2026-05-28"}
    assert v1.get(f"/site/{SAGUARO}/energy", **shorter).status_code == 200
    simulator.switches.set("solaredge.v1_span_status", "400", site=SAGUARO)
    assert v1.get(f"/site/{SAGUARO}/energy", **month).status_code == 400
    assert v1.get(f"/site/{MAPLE}/energy", **month).status_code == 403
    simulator.switches.set("solaredge.v1_json_400", value=True)
    refused = v1.get(f"/site/{MAPLE}/energy")
    assert (refused.status_code, refused.json()["status"]) == (400, 400)
    assert "startDate" in refused.json()["detail"]
    simulator.switches.set("solaredge.v1_coefficient_scaled", value=True, site=MAPLE)
    modules = [
        v1.data(f"/site/{site}/details")["details"]["primaryModule"]["temperatureCoef"]
        for site in (MAPLE, SAGUARO)
    ]
    assert modules == [-10, -0.38]
    simulator.clock.set(datetime(2026, 11, 1, tzinfo=UTC))
    assert v1.get("/sites/list").status_code == 200
    simulator.switches.set("solaredge.v1_sunset", "as_announced")
    assert v1.get("/sites/list").status_code == 410
    simulator.clock.set(datetime(2026, 10, 31, 23, 59, tzinfo=UTC))
    assert v1.get("/sites/list").status_code == 200
    assert v1.get("/version/current").status_code == 410


def test_the_truth_does_not_move(simulator: SimulatorServer) -> None:
    """No switch of v1 has a part in what happened."""
    before = simulator.truth.day(MAPLE, date(2026, 6, 20))
    for name in ("solaredge.v1_missing_records", "solaredge.v1_register_gaps"):
        simulator.switches.set(name, 1.0)
    simulator.switches.set("revision_days", 400)
    assert simulator.truth.day(MAPLE, date(2026, 6, 20)) == before
