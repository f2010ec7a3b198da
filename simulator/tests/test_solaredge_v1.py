"""SolarEdge v1 records, registers and series against their laws and the truth."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SolarEdgeV1Client
from solar_simulator.testing.sites import MAPLE, SAGUARO

DAY = date(2026, 6, 20)
TIMES = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 23:59:59"}
DATES = {"startDate": "2026-06-20", "endDate": "2026-06-20"}
QUARTER = {"timeUnit": "QUARTER_OF_AN_HOUR"}


def records(v1: SolarEdgeV1Client, site: str, serial: str, **times: str) -> list[dict]:
    """The records of an inverter."""
    found: list[dict] = v1.data(f"/equipment/{site}/{serial}/data", **(times or TIMES))["data"][
        "telemetries"
    ]
    return found


def bucket(text: str) -> str:
    """The quarter-hour that a record falls into."""
    at = datetime.fromisoformat(text)
    return f"{at.replace(minute=at.minute // 15 * 15, second=0):%Y-%m-%d %H:%M:%S}"


def test_law_1_power_is_the_mean_of_records(v1: SolarEdgeV1Client) -> None:
    """Each quarter-hour is the mean of its records, and null without any."""
    means: dict[str, list[float]] = {}
    for record in records(v1, SAGUARO, "7EDE0002-52"):
        means.setdefault(bucket(record["date"]), []).append(record["totalActivePower"])
    values = v1.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"]
    assert len(values) == 96
    for row in values:
        if row["date"] in means:
            assert row["value"] == pytest.approx(fmean(means[row["date"]]), abs=0.0001)
        else:
            assert row["value"] is None
    isolated = [
        row
        for before, row, after in zip(values, values[1:], values[2:], strict=False)
        if row["value"] == 0 and before["value"] is None and after["value"] is None
    ]
    assert isolated


def test_law_2_production_is_the_sum_over_inverters(last_days: Any) -> None:
    """Without meters, Production is the sum of each inverter's mean of its records."""
    v1, _ = last_days
    times = {"startTime": "2026-06-20 12:00:00", "endTime": "2026-06-20 12:14:59"}
    total = 0.0
    for number in range(1, 8):
        found = records(v1, "4400003", f"7EDE0443-0{number}", **times)
        assert len(found) == 3
        assert "L3Data" in found[0]
        assert "vL1To2" in found[0]
        total += fmean(record["totalActivePower"] for record in found)
    details = v1.data("/site/4400003/powerDetails", **times)["powerDetails"]["meters"]
    rows = {meter["type"]: meter["values"] for meter in details}
    assert set(rows) == {"Production", "Consumption", "FeedIn", "Purchased", "SelfConsumption"}
    assert rows["Production"][0]["value"] == pytest.approx(total, abs=0.001)
    assert rows["Consumption"] == [{"date": "2026-06-20 12:00:00"}]


def test_law_3_meters_balance(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Production + Purchased = Consumption + FeedIn in each bucket; the day is the truth."""
    answer = v1.data(f"/site/{MAPLE}/energyDetails", **TIMES, **QUARTER)["energyDetails"]
    rows = {meter["type"]: [row["value"] for row in meter["values"]] for meter in answer["meters"]}
    assert set(rows) == {"Production", "Consumption", "FeedIn", "Purchased"}
    for made, bought, used, sold in zip(
        rows["Production"], rows["Purchased"], rows["Consumption"], rows["FeedIn"], strict=True
    ):
        assert made + bought == pytest.approx(used + sold, abs=1e-6)
    truth = simulator.truth.day(MAPLE, DAY)
    assert sum(rows["Purchased"]) == pytest.approx(truth.import_kwh * 1000, abs=0.1)
    assert sum(rows["Consumption"]) == pytest.approx(truth.load_kwh * 1000, abs=0.1)
    part = v1.data(f"/site/{MAPLE}/energyDetails", **TIMES, meters="FEEDIN,Purchased")
    assert {meter["type"] for meter in part["energyDetails"]["meters"]} == {"FeedIn", "Purchased"}


def test_law_4_energy_is_the_counter(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """A day's energy is what the counter moved, and what the inverter gave."""
    found = records(v1, SAGUARO, "7EDE0002-52")
    moved = found[-1]["totalEnergy"] - found[0]["totalEnergy"]
    assert all(record["totalEnergy"] % 10 == 0 for record in found)
    day = v1.data(f"/site/{SAGUARO}/energy", **DATES)["energy"]["values"]
    assert day[0]["value"] == pytest.approx(moved, abs=20)
    truth = simulator.truth.day(SAGUARO, DAY)
    assert day[0]["value"] == pytest.approx(truth.pv_kwh * 1000, abs=0.51)
    quarters = v1.data(f"/site/{SAGUARO}/energy", **DATES, **QUARTER)["energy"]["values"]
    assert sum(row["value"] or 0 for row in quarters) == pytest.approx(day[0]["value"], abs=1)
    maple = v1.data(f"/site/{MAPLE}/energy", **DATES)["energy"]["values"][0]["value"]
    truth = simulator.truth.day(MAPLE, DAY)
    ac = truth.pv_kwh + truth.discharge_kwh - truth.charge_kwh
    assert maple == pytest.approx(ac * 1000, abs=0.51)


def test_law_5_nights_and_dawns(v1: SolarEdgeV1Client) -> None:
    """At night one or two records that it sleeps; dawn begins throttled, then MPPT."""
    found = records(v1, SAGUARO, "7EDE0002-52")
    modes = [record["inverterMode"] for record in found]
    assert 1 <= modes.count("SLEEPING") <= 2
    dawn = modes.index("THROTTLED")
    assert dawn < modes.index("MPPT")
    for record in found:
        assert (record["dcVoltage"] is None) == (record["inverterMode"] == "SLEEPING")
        if record["inverterMode"] == "SLEEPING":
            assert record["powerLimit"] == 0
            assert "groundFaultResistance" not in record
    assert any("groundFaultResistance" not in record for record in found[dawn:])
    assert {"vL1ToN", "vL2ToN"} <= set(found[0])


def test_law_6_devices_keep_their_second(v1: SolarEdgeV1Client) -> None:
    """Every five minutes at the device's own second, now and then a second early."""
    times = [datetime.fromisoformat(r["date"]) for r in records(v1, SAGUARO, "7EDE0002-52")]
    usual = max({t.second for t in times}, key=[t.second for t in times].count)
    assert {t.second for t in times} == {usual, usual - 1}
    assert [t.second for t in times].count(usual - 1) < len(times) / 10
    gaps = {round((b - a).total_seconds() / 60) for a, b in pairwise(times[1:-1])}
    assert gaps == {5}


def test_registers_are_lifetime_readings(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """A reading is the register at the device's own time; differences are the energies."""
    body = v1.data(f"/site/{MAPLE}/meters", **TIMES, **QUARTER)["meterEnergyDetails"]
    by_type = {meter["meterType"]: meter for meter in body["meters"]}
    assert set(by_type) == {"Production", "FeedIn", "Purchased"}
    assert by_type["FeedIn"]["meterSerialNumber"] == by_type["Purchased"]["meterSerialNumber"]
    values = by_type["Purchased"]["values"]
    assert len(values) == 96
    assert [row["value"] for row in values] == sorted(row["value"] for row in values)
    stamp = datetime.fromisoformat(values[40]["date"])
    assert stamp.second
    at = stamp.replace(second=0, tzinfo=UTC) + timedelta(hours=4)
    life = simulator.truth.counters(MAPLE, at).import_kwh
    assert values[40]["value"] == pytest.approx(life * 1000, abs=1)
    assert v1.data(f"/site/{SAGUARO}/meters", **TIMES)["meterEnergyDetails"]["meters"] == []


def test_a_swapped_meter_begins_anew(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """From the rule's beginning on the register counts from 0."""
    start = datetime(2026, 6, 20, 16, 0, tzinfo=UTC)
    simulator.switches.set("solaredge.v1_meter_swap", value=True, start=start)
    body = v1.data(f"/site/{MAPLE}/meters", **TIMES, **QUARTER, meters="FeedIn")
    values = [row["value"] for row in body["meterEnergyDetails"]["meters"][0]["values"]]
    assert values[47] > 1_000_000
    assert values[48] == 0


def test_storage_records(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Counters, state and power of the battery are the truth at the record's minute."""
    body = v1.data(f"/site/{MAPLE}/storageData", **TIMES)["storageData"]
    battery = body["batteries"][0]
    assert battery["telemetryCount"] == len(battery["telemetries"]) == 288
    truth = simulator.truth.day(MAPLE, DAY)
    first, last = battery["telemetries"][0], battery["telemetries"][-1]
    moved = last["lifeTimeEnergyCharged"] - first["lifeTimeEnergyCharged"]
    assert moved == pytest.approx(truth.charge_kwh * 1000, abs=60)
    states = {
        (r["power"] > 0) - (r["power"] < 0): r["batteryState"] for r in battery["telemetries"]
    }
    assert states == {1: 3, -1: 4, 0: 6}
    assert {record["ACGridCharging"] for record in battery["telemetries"]} == {0.0}
    assert v1.data(f"/site/{SAGUARO}/storageData", **TIMES)["storageData"] == {
        "batteryCount": 0,
        "batteries": [],
    }
    none = v1.data(f"/site/{MAPLE}/storageData", **TIMES, serials="other")
    assert none["storageData"]["batteryCount"] == 0
    simulator.switches.set("solaredge.v1_no_storage_counters", value=True)
    simulator.switches.set("solaredge.v1_state_of_charge", "stateOfCharge")
    again = v1.data(f"/site/{MAPLE}/storageData", **TIMES)["storageData"]["batteries"][0]
    assert again["telemetries"][-1]["lifeTimeEnergyCharged"] == 0
    assert (
        again["telemetries"][5]["stateOfCharge"]
        == battery["telemetries"][5]["batteryPercentageState"]
    )


def test_grid_charging_is_counted_within_the_window(last_days: Any) -> None:
    """ACGridCharging grows from 0 at the window's start."""
    v1, server = last_days
    times = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 06:00:00"}
    body = v1.data("/site/4400002/storageData", **times)["storageData"]["batteries"][0]
    bought = [record["ACGridCharging"] for record in body["telemetries"]]
    assert bought[0] == 0
    assert bought == sorted(bought)
    truth = server.truth.energy(
        "4400002", datetime(2026, 6, 19, 23, tzinfo=UTC), datetime(2026, 6, 20, 4, tzinfo=UTC)
    )
    assert bought[-1] == pytest.approx(truth.charge_kwh * 1000, rel=0.1)


def test_a_replaced_inverter(last_days: Any) -> None:
    """The old serial is gone from the inventory, its records stay, the counter begins anew."""
    v1, server = last_days
    inventory = v1.data("/site/4400004/inventory")["Inventory"]["inverters"]
    assert [inverter["SN"] for inverter in inventory] == ["7EDE0444-45"]
    old = records(v1, "4400004", "7EDE0444-44")
    assert old == []
    times = {"startTime": "2026-06-09 00:00:00", "endTime": "2026-06-12 00:00:00"}
    old = records(v1, "4400004", "7EDE0444-44", **times)
    new = records(v1, "4400004", "7EDE0444-45", **times)
    assert max(r["date"] for r in old) < "2026-06-10 11:00:00" <= min(r["date"] for r in new)
    assert old[-1]["totalEnergy"] > 1_000_000
    assert new[0]["totalEnergy"] < 1_000
    server.switches.set("solaredge.v1_sunset", "alive")
    log = v1.data("/equipment/4400004/7EDE0444-45/changeLog")["ChangeLog"]
    assert [entry["serialNumber"] for entry in log["list"]] == ["7EDE0444-45", "7EDE0444-44"]
    assert [entry["date"] for entry in log["list"]] == ["2026-06-10", "2026-02-03"]
