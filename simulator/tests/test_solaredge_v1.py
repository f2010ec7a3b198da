"""SolarEdge v1 data against its laws and the truth."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer, load
from solar_simulator.testing.clients import SolarEdgeV1Client
from solar_simulator.testing.sites import MAPLE, SAGUARO

DAY = date(2026, 6, 20)
TIMES = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 23:59:59"}
DATES = {"startDate": "2026-06-20", "endDate": "2026-06-20"}
QUARTER = {"timeUnit": "QUARTER_OF_AN_HOUR"}


@pytest.fixture
def client(simulator: SimulatorServer, session: requests.Session) -> SolarEdgeV1Client:
    """A client of the home scenario, while v1 was alive."""
    return SolarEdgeV1Client(simulator, session)


@pytest.fixture
def last_days(session: requests.Session) -> Any:
    """A client of the sunset scenario, v1 kept alive."""
    with SimulatorServer(load("sunset")) as server:
        server.switches.set("solaredge.v1_sunset", "alive")
        yield SolarEdgeV1Client(server, session), server


def records(client: SolarEdgeV1Client, site: str, serial: str, **times: str) -> list[dict]:
    """The records of an inverter."""
    found: list[dict] = client.data(f"/equipment/{site}/{serial}/data", **(times or TIMES))["data"][
        "telemetries"
    ]
    return found


def bucket(text: str) -> str:
    """The quarter-hour that a record falls into."""
    at = datetime.fromisoformat(text)
    return f"{at.replace(minute=at.minute // 15 * 15, second=0):%Y-%m-%d %H:%M:%S}"


def test_law_1_power_is_the_mean_of_records(client: SolarEdgeV1Client) -> None:
    """Each quarter-hour is the mean of its records, and null without any."""
    means: dict[str, list[float]] = {}
    for record in records(client, SAGUARO, "7EDE0002-52"):
        means.setdefault(bucket(record["date"]), []).append(record["totalActivePower"])
    values = client.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"]
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
    client, _ = last_days
    times = {"startTime": "2026-06-20 12:00:00", "endTime": "2026-06-20 12:14:59"}
    total = 0.0
    for number in range(1, 8):
        found = records(client, "4400003", f"7EDE0443-0{number}", **times)
        assert len(found) == 3
        assert "L3Data" in found[0]
        assert "vL1To2" in found[0]
        total += fmean(record["totalActivePower"] for record in found)
    details = client.data("/site/4400003/powerDetails", **times)["powerDetails"]["meters"]
    rows = {meter["type"]: meter["values"] for meter in details}
    assert set(rows) == {"Production", "Consumption", "FeedIn", "Purchased", "SelfConsumption"}
    assert rows["Production"][0]["value"] == pytest.approx(total, abs=0.001)
    assert rows["Consumption"] == [{"date": "2026-06-20 12:00:00"}]


def test_law_3_meters_balance(simulator: SimulatorServer, client: SolarEdgeV1Client) -> None:
    """Production + Purchased = Consumption + FeedIn in each bucket; the day is the truth."""
    answer = client.data(f"/site/{MAPLE}/energyDetails", **TIMES, **QUARTER)["energyDetails"]
    rows = {meter["type"]: [row["value"] for row in meter["values"]] for meter in answer["meters"]}
    assert set(rows) == {"Production", "Consumption", "FeedIn", "Purchased"}
    for made, bought, used, sold in zip(
        rows["Production"], rows["Purchased"], rows["Consumption"], rows["FeedIn"], strict=True
    ):
        assert made + bought == pytest.approx(used + sold, abs=1e-6)
    truth = simulator.truth.day(MAPLE, DAY)
    assert sum(rows["Purchased"]) == pytest.approx(truth.import_kwh * 1000, abs=0.1)
    assert sum(rows["Consumption"]) == pytest.approx(truth.load_kwh * 1000, abs=0.1)
    part = client.data(f"/site/{MAPLE}/energyDetails", **TIMES, meters="FEEDIN,Purchased")
    assert {meter["type"] for meter in part["energyDetails"]["meters"]} == {"FeedIn", "Purchased"}


def test_law_4_energy_is_the_counter(simulator: SimulatorServer, client: SolarEdgeV1Client) -> None:
    """A day's energy is what the counter moved, and what the inverter gave."""
    found = records(client, SAGUARO, "7EDE0002-52")
    moved = found[-1]["totalEnergy"] - found[0]["totalEnergy"]
    assert all(record["totalEnergy"] % 10 == 0 for record in found)
    day = client.data(f"/site/{SAGUARO}/energy", **DATES)["energy"]["values"]
    assert day[0]["value"] == pytest.approx(moved, abs=20)
    truth = simulator.truth.day(SAGUARO, DAY)
    assert day[0]["value"] == pytest.approx(truth.pv_kwh * 1000, abs=0.51)
    quarters = client.data(f"/site/{SAGUARO}/energy", **DATES, **QUARTER)["energy"]["values"]
    assert sum(row["value"] or 0 for row in quarters) == pytest.approx(day[0]["value"], abs=1)
    maple = client.data(f"/site/{MAPLE}/energy", **DATES)["energy"]["values"][0]["value"]
    truth = simulator.truth.day(MAPLE, DAY)
    ac = truth.pv_kwh + truth.discharge_kwh - truth.charge_kwh
    assert maple == pytest.approx(ac * 1000, abs=0.51)


def test_law_5_nights_and_dawns(client: SolarEdgeV1Client) -> None:
    """At night one or two records that it sleeps; dawn begins throttled, then MPPT."""
    found = records(client, SAGUARO, "7EDE0002-52")
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


def test_law_6_devices_keep_their_second(client: SolarEdgeV1Client) -> None:
    """Every five minutes at the device's own second, now and then a second early."""
    times = [datetime.fromisoformat(r["date"]) for r in records(client, SAGUARO, "7EDE0002-52")]
    usual = max({t.second for t in times}, key=[t.second for t in times].count)
    assert {t.second for t in times} == {usual, usual - 1}
    assert [t.second for t in times].count(usual - 1) < len(times) / 10
    gaps = {round((b - a).total_seconds() / 60) for a, b in pairwise(times[1:-1])}
    assert gaps == {5}


def test_registers_are_lifetime_readings(
    simulator: SimulatorServer, client: SolarEdgeV1Client
) -> None:
    """A reading is the register at the device's own time; differences are the energies."""
    body = client.data(f"/site/{MAPLE}/meters", **TIMES, **QUARTER)["meterEnergyDetails"]
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
    assert client.data(f"/site/{SAGUARO}/meters", **TIMES)["meterEnergyDetails"]["meters"] == []


def test_a_swapped_meter_begins_anew(simulator: SimulatorServer, client: SolarEdgeV1Client) -> None:
    """From the rule's beginning on the register counts from 0."""
    start = datetime(2026, 6, 20, 16, 0, tzinfo=UTC)
    simulator.switches.set("solaredge.v1_meter_swap", value=True, start=start)
    body = client.data(f"/site/{MAPLE}/meters", **TIMES, **QUARTER, meters="FeedIn")
    values = [row["value"] for row in body["meterEnergyDetails"]["meters"][0]["values"]]
    assert values[47] > 1_000_000
    assert values[48] == 0


def test_storage_records(simulator: SimulatorServer, client: SolarEdgeV1Client) -> None:
    """Counters, state and power of the battery are the truth at the record's minute."""
    body = client.data(f"/site/{MAPLE}/storageData", **TIMES)["storageData"]
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
    assert client.data(f"/site/{SAGUARO}/storageData", **TIMES)["storageData"] == {
        "batteryCount": 0,
        "batteries": [],
    }
    none = client.data(f"/site/{MAPLE}/storageData", **TIMES, serials="other")
    assert none["storageData"]["batteryCount"] == 0
    simulator.switches.set("solaredge.v1_no_storage_counters", value=True)
    simulator.switches.set("solaredge.v1_state_of_charge", "stateOfCharge")
    again = client.data(f"/site/{MAPLE}/storageData", **TIMES)["storageData"]["batteries"][0]
    assert again["telemetries"][-1]["lifeTimeEnergyCharged"] == 0
    assert (
        again["telemetries"][5]["stateOfCharge"]
        == battery["telemetries"][5]["batteryPercentageState"]
    )


def test_grid_charging_is_counted_within_the_window(last_days: Any) -> None:
    """ACGridCharging grows from 0 at the window's start."""
    client, server = last_days
    times = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 06:00:00"}
    body = client.data("/site/4400002/storageData", **times)["storageData"]["batteries"][0]
    bought = [record["ACGridCharging"] for record in body["telemetries"]]
    assert bought[0] == 0
    assert bought == sorted(bought)
    truth = server.truth.energy(
        "4400002", datetime(2026, 6, 19, 23, tzinfo=UTC), datetime(2026, 6, 20, 4, tzinfo=UTC)
    )
    assert bought[-1] == pytest.approx(truth.charge_kwh * 1000, rel=0.1)


def test_a_replaced_inverter(last_days: Any) -> None:
    """The old serial is gone from the inventory, its records stay, the counter begins anew."""
    client, server = last_days
    inventory = client.data("/site/4400004/inventory")["Inventory"]["inverters"]
    assert [inverter["SN"] for inverter in inventory] == ["7EDE0444-45"]
    old = records(client, "4400004", "7EDE0444-44")
    assert old == []
    times = {"startTime": "2026-06-09 00:00:00", "endTime": "2026-06-12 00:00:00"}
    old = records(client, "4400004", "7EDE0444-44", **times)
    new = records(client, "4400004", "7EDE0444-45", **times)
    assert max(r["date"] for r in old) < "2026-06-10 11:00:00" <= min(r["date"] for r in new)
    assert old[-1]["totalEnergy"] > 1_000_000
    assert new[0]["totalEnergy"] < 1_000
    server.switches.set("solaredge.v1_sunset", "alive")
    log = client.data("/equipment/4400004/7EDE0444-45/changeLog")["ChangeLog"]
    assert [entry["serialNumber"] for entry in log["list"]] == ["7EDE0444-45", "7EDE0444-44"]
    assert [entry["date"] for entry in log["list"]] == ["2026-06-10", "2026-02-03"]


def test_a_pending_site_has_nulls(last_days: Any) -> None:
    """Listed as pending, without period, energy or report."""
    client, _ = last_days
    sites = client.data("/sites/list", status="Pending")["sites"]
    assert [site["id"] for site in sites["site"]] == [4400005]
    assert sites["site"][0]["status"] == "Pending Communication"
    period = client.data("/site/4400005/dataPeriod")["dataPeriod"]
    assert period == {"startDate": None, "endDate": None}
    dates = {"startDate": "2026-10-01", "endDate": "2026-10-02"}
    values = client.data("/site/4400005/energy", **dates)["energy"]["values"]
    assert [row["value"] for row in values] == [None, None]


def test_overview_so_far(simulator: SimulatorServer, client: SolarEdgeV1Client) -> None:
    """Lifetime, year, month and day to date, never growing towards the finer."""
    simulator.clock.set(datetime(2026, 6, 20, 20, 3, tzinfo=UTC))
    body = client.data(f"/site/{SAGUARO}/overview")["overview"]
    names = ("lifeTimeData", "lastYearData", "lastMonthData", "lastDayData")
    energies = [body[name]["energy"] for name in names]
    assert energies == sorted(energies, reverse=True)
    truth = simulator.truth.energy(
        SAGUARO, datetime(2026, 6, 20, 7, tzinfo=UTC), datetime(2026, 6, 20, 20, 3, tzinfo=UTC)
    )
    assert energies[-1] == pytest.approx(truth.pv_kwh * 1000, abs=0.51)
    assert body["currentPower"]["power"] > 0
    assert body["lastUpdateTime"].startswith("2026-06-20 1")


def test_overview_oddities(simulator: SimulatorServer, client: SolarEdgeV1Client) -> None:
    """Each oddity changes its own number and no other."""
    path = f"/site/{SAGUARO}/overview"
    simulator.clock.set(datetime(2026, 6, 20, 20, 3, tzinfo=UTC))
    good = client.data(path)["overview"]
    changes: dict[str, Any] = {
        "solaredge.v1_lifetime_zero": lambda b: b["lifeTimeData"]["energy"] == 0,
        "solaredge.v1_incident": lambda b: (
            b["lastDayData"]["energy"] == 0
            and b["measuredBy"] == ""
            and b["currentPower"] == good["currentPower"]
        ),
        "solaredge.v1_day_resets_utc": lambda b: (
            b["lastDayData"]["energy"] > good["lastDayData"]["energy"]
        ),
    }
    for name, holds in changes.items():
        simulator.switches.set(name, value=True)
        assert holds(client.data(path)["overview"]), name
        simulator.switches.clear(name)
    simulator.switches.set("solaredge.v1_lifetime_dip", 1.0)
    dipped = client.data(path)["overview"]["lifeTimeData"]["energy"]
    assert dipped == pytest.approx(good["lifeTimeData"]["energy"] * 0.95, abs=1)
    simulator.clock.set(datetime(2026, 6, 21, 7, 5, tzinfo=UTC))
    assert client.data(path)["overview"]["lastDayData"]["energy"] == 0
    simulator.switches.set("solaredge.v1_day_lingers", value=True)
    assert client.data(path)["overview"]["lastDayData"]["energy"] > 10_000


def test_time_frame_is_a_difference_of_readings(client: SolarEdgeV1Client) -> None:
    """Energy is end minus start, and the sum of the days between."""
    dates = {"startDate": "2026-06-01", "endDate": "2026-06-10"}
    body = client.data(f"/site/{SAGUARO}/timeFrameEnergy", **dates)["timeFrameEnergy"]
    moved = body["endLifetimeEnergy"]["energy"] - body["startLifetimeEnergy"]["energy"]
    assert body["energy"] == moved
    days = client.data(f"/site/{SAGUARO}/energy", **dates)["energy"]["values"]
    assert sum(row["value"] for row in days) == pytest.approx(moved, abs=10)


@pytest.mark.parametrize(
    ("mode", "rows", "distinct"), [("collapse", 96, 96), ("duplicate", 100, 96)]
)
def test_autumn(
    simulator: SimulatorServer, client: SolarEdgeV1Client, mode: str, rows: int, distinct: int
) -> None:
    """The hour that comes twice: one value for both, or all rows in order of time."""
    simulator.clock.set(datetime(2026, 11, 2, 12, tzinfo=UTC))
    simulator.switches.set("solaredge.v1_autumn", mode)
    dates = {"startDate": "2026-11-01", "endDate": "2026-11-01"}
    values = client.data(f"/site/{MAPLE}/energy", **dates, **QUARTER)["energy"]["values"]
    assert len(values) == rows
    assert len({row["date"] for row in values}) == distinct
    details = client.data(
        f"/site/{MAPLE}/energyDetails",
        **QUARTER,
        startTime="2026-11-01 00:00:00",
        endTime="2026-11-01 23:59:59",
        meters="Purchased",
    )["energyDetails"]["meters"][0]["values"]
    truth = simulator.truth.day(MAPLE, date(2026, 11, 1))
    assert sum(row["value"] for row in details) == pytest.approx(truth.import_kwh * 1000, abs=0.1)


@pytest.mark.parametrize(("mode", "rows"), [("skip", 92), ("null", 96)])
def test_spring(
    simulator: SimulatorServer, client: SolarEdgeV1Client, mode: str, rows: int
) -> None:
    """The skipped hour: no rows, or rows with null."""
    simulator.switches.set("solaredge.v1_spring", mode)
    dates = {"startDate": "2026-03-08", "endDate": "2026-03-08"}
    values = client.data(f"/site/{MAPLE}/energy", **dates, **QUARTER)["energy"]["values"]
    assert len(values) == rows
    gap = [row for row in values if "02:00" <= row["date"][11:16] < "03:00"]
    assert [row["value"] for row in gap] == [None] * (rows - 92)


@pytest.mark.parametrize(
    ("unit", "dates", "first", "count"),
    [
        ("DAY", ("2026-05-30", "2026-06-02"), "2026-05-30", 4),
        ("WEEK", ("2026-06-14", "2026-06-22"), "2026-06-08", 3),
        ("MONTH", ("2026-03-15", "2026-05-01"), "2026-03-01", 3),
        ("YEAR", ("2025-12-31", "2026-01-01"), "2025-01-01", 2),
        ("HOUR", ("2026-06-20", "2026-06-20"), "2026-06-20", 24),
    ],
)
def test_units_of_time(
    client: SolarEdgeV1Client, unit: str, dates: tuple[str, str], first: str, count: int
) -> None:
    """Buckets begin on or before the start; weeks on Mondays; the end is included."""
    words = {"startDate": dates[0], "endDate": dates[1], "timeUnit": unit}
    values = client.data(f"/site/{SAGUARO}/energy", **words)["energy"]["values"]
    assert values[0]["date"] == f"{first} 00:00:00"
    assert len(values) == count


def test_late_data_on_v1(simulator: SimulatorServer, client: SolarEdgeV1Client) -> None:
    """With a delay the youngest quarter-hours have no value yet."""
    simulator.clock.set(datetime(2026, 6, 20, 20, 1, tzinfo=UTC))
    before = client.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"]
    simulator.switches.set("solaredge.data_delay_minutes", 60)
    after = client.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"]
    assert before[47]["value"] is not None
    assert after[49]["value"] is None
