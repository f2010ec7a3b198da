"""Chargers, heat pumps and replaced devices in the Sigen cloud and SolarEdge v2."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.physics import Flow
from solar_simulator.scenario import ScenarioError, parse
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient

BIRCH, CEDAR, BROOK = "BIRCH1748736000", "CEDAR1748736000", "4500001"
OLD_INVERTER, NEW_INVERTER = "110A900B0002", "110A900B0003"
INVERTER_SWAP = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
GRID_METERS = ("706000451", "706000452", "706000453")


@pytest.fixture
def station(equipment: SimulatorServer, session: requests.Session) -> SigenClient:
    """A Sigen client of the ``equipment`` scenario."""
    return SigenClient(equipment, session)


@pytest.fixture
def house(equipment: SimulatorServer, session: requests.Session) -> SolarEdgeClient:
    """A SolarEdge client of the ``equipment`` scenario."""
    return SolarEdgeClient(equipment, session)


def listed(client: SigenClient, site: str) -> dict[str, dict[str, Any]]:
    """The devices of a station by type; of several, the last."""
    texts = client.get(f"/system/{site}/devices").json()["data"]
    return {device["deviceType"]: device for device in map(json.loads, texts)}


def evening(server: SimulatorServer, site: str, flow: Flow) -> datetime:
    """The last minute before the scenario's now in which something was on."""
    model = server.world.model
    end = int(server.clock.now().timestamp()) // 60
    for day in range(end // 1440, end // 1440 - 10, -1):
        on = model.minute_day(site, day).flows[flow].nonzero()[0]
        on = on[day * 1440 + on < end]
        if len(on):
            return datetime.fromtimestamp((day * 1440 + int(on[-1]) + 1) * 60, UTC)
    raise AssertionError(flow)


def test_the_charger_is_a_device(equipment: SimulatorServer, station: SigenClient) -> None:
    """It is listed, its status says whether the car charges, and no values are known of it."""
    charger = listed(station, BIRCH)["AcCharger"]
    assert (charger["serialNumber"], charger["status"]) == ("110E900B0001", "IdleUnplugged")
    assert json.loads(charger["attrMap"]) == {}
    answer = station.data(f"/systems/{BIRCH}/devices/110E900B0001/realtimeInfo")
    assert (answer["deviceType"], answer["realTimeInfo"]) == ("AcCharger", {})
    equipment.clock.set(evening(equipment, BIRCH, Flow.EV))
    station = SigenClient(equipment, station.session)
    assert listed(station, BIRCH)["AcCharger"]["status"] == "Charging"
    flow = station.data(f"/systems/{BIRCH}/energyFlow")
    assert flow["evPower"] == 11.0


def test_the_heat_pump_is_a_part_of_the_load(
    equipment: SimulatorServer, station: SigenClient
) -> None:
    """In winter it draws, beside the house's load; history has it in the load."""
    minute = evening(equipment, BIRCH, Flow.HEAT_PUMP)
    equipment.clock.set(minute)
    flow = SigenClient(equipment, station.session).data(f"/systems/{BIRCH}/energyFlow")
    assert 0.4 < flow["heatPumpPower"] <= 3.5
    truth = equipment.truth.energy(BIRCH, minute - timedelta(minutes=1), minute)
    drawn = flow["loadPower"] + flow["heatPumpPower"] + flow["evPower"]
    assert drawn == pytest.approx(truth.load_kwh * 60, abs=0.11)
    july = equipment.world.model.minute_day(BIRCH, 20_650).flows[Flow.HEAT_PUMP]
    assert july.sum() < 3 * 60_000
    summer = SigenClient(equipment, station.session).data(f"/systems/{CEDAR}/energyFlow")
    assert summer["heatPumpPower"] == 0.0


def test_a_dc_charger_has_nodes_of_its_own(
    equipment: SimulatorServer, station: SigenClient
) -> None:
    """V1 history shows the car apart from the load, and the links add up to both."""
    words = {"level": "Month", "date": "2026-01-10"}
    data = station.data(f"/systems/{CEDAR}/v1/history", **words)["sankeyData"]
    nodes = {node["id"]: node["value"] for node in data["nodes"]}
    month = range(20_454, 20_485)
    flows = sum(equipment.world.model.minute_day(CEDAR, day).flows.sum(axis=1) for day in month)
    # Brisbane's month begins ten hours earlier: the car charges in the evening.
    assert nodes["TO_EVDC"] == pytest.approx(int(flows[Flow.EV]) / 60_000, rel=0.15)
    first = datetime(2025, 12, 31, 14, tzinfo=UTC)
    truth = equipment.truth.energy(CEDAR, first, first + timedelta(days=31))
    assert nodes["TO_EVDC"] + nodes["TO_LOAD"] == pytest.approx(truth.load_kwh, abs=0.02)
    for node in ("TO_EVDC", "TO_LOAD", "FROM_SOLAR", "FROM_BATTERY", "FROM_GRID"):
        through = sum(link["value"] for link in data["links"] if node in link.values())
        assert through == pytest.approx(nodes[node], abs=0.03)
    assert listed(station, CEDAR)["DcCharger"]["status"] in {"Idle", "Normal"}
    birch = station.data(f"/systems/{BIRCH}/v1/history", **words)["sankeyData"]["nodes"]
    assert {node["id"]: node["value"] for node in birch}["TO_EVDC"] == 0.0


def test_lists_show_what_stands_there_now(equipment: SimulatorServer, station: SigenClient) -> None:
    """Before the replacements the old serials are listed, after them the new ones."""
    now = {kind: device["serialNumber"] for kind, device in listed(station, BIRCH).items()}
    assert (now["Inverter"], now["Battery"]) == (NEW_INVERTER, "110B900B0002")
    assert now["Meter"] == "110M900B0002"
    equipment.clock.set(datetime(2026, 1, 15, 10, 29, tzinfo=UTC))
    station = SigenClient(equipment, station.session)
    before = {kind: device["serialNumber"] for kind, device in listed(station, BIRCH).items()}
    assert (before["Inverter"], before["Battery"]) == (OLD_INVERTER, "110B900B0001")
    assert before["Meter"] == "110M900B0001"
    realtime = f"/systems/{BIRCH}/devices/{{}}/realtimeInfo"
    assert station.get(realtime.format(NEW_INVERTER)).json()["code"] == 1101
    assert station.get(realtime.format(OLD_INVERTER)).json()["code"] == 0
    meter = station.data(realtime.format("110M900B0001"))["realTimeInfo"]
    assert {"voltageA", "activePower", "powerFactor", "gridFrequency"} <= set(meter)


def test_device_history_goes_by_the_date(equipment: SimulatorServer, station: SigenClient) -> None:
    """On the day of the replacement both have rows, one after the other; counters begin anew."""

    def rows(serial: str, day: str) -> list[dict[str, Any]]:
        path = f"/systems/{BIRCH}/devices/{serial}/history"
        found: list[dict[str, Any]] = station.data(path, level="Day", date=day)["itemList"]
        return found

    old, new = (rows(serial, "2026-01-15") for serial in (OLD_INVERTER, NEW_INVERTER))
    assert (old[-1]["dataTime"], new[0]["dataTime"]) == ("20260115 11:25", "20260115 11:30")
    assert len(old) + len(new) == 288
    assert rows(OLD_INVERTER, "2026-01-16") == []
    assert rows(NEW_INVERTER, "2026-01-14") == []
    assert len(rows(OLD_INVERTER, "2026-01-14")) == 288
    parts = [rows(serial, "2026-02-07") for serial in ("110B900B0001", "110B900B0002")]
    assert parts[1][0]["dataTime"] == "20260207 15:00"
    edges = [datetime(2026, 2, 6, 23, tzinfo=UTC), datetime(2026, 2, 7, 13, 55, tzinfo=UTC)]
    edges += [datetime(2026, 2, 7, 14, tzinfo=UTC), datetime(2026, 2, 7, 22, 55, tzinfo=UTC)]
    for part, begin, end in zip(parts, edges[::2], edges[1::2], strict=True):
        truth = equipment.truth.energy(BIRCH, begin, end)
        assert truth.charge_kwh > 0.5
        assert part[-1]["chargeEnergy"] == pytest.approx(truth.charge_kwh, abs=0.00501)
        assert part[-1]["dischargeEnergy"] == pytest.approx(truth.discharge_kwh, abs=0.00501)
    gone = f"/systems/{BIRCH}/devices/{OLD_INVERTER}/realtimeInfo"
    assert station.get(gone).json()["code"] == 1101
    info = station.data(f"/systems/{BIRCH}/devices/{NEW_INVERTER}/realtimeInfo")["realTimeInfo"]
    first = station.data(f"/systems/{BIRCH}/devices/110A900B0001/realtimeInfo")["realTimeInfo"]
    assert float(info["pvEnergyTotal"]) < float(first["pvEnergyTotal"]) / 2


def test_v2_lists_what_stands_there_now(equipment: SimulatorServer, house: SolarEdgeClient) -> None:
    """New serials since the replacement; by the switch old ones beside them, not active."""
    path = f"/sites/{BROOK}/devices"
    words = {"types": ["INVERTER", "METER", "BATTERY", "EV_CHARGER", "GATEWAY"]}
    found = {device["name"]: device for device in house.data(path, **words)}
    assert found["Inverter 1"]["serialNumber"] == "7EDE0451-52"
    assert found["Inverter 1"]["createdAt"] == "2026-01-15T11:30:00+01:00"
    assert found["Import Meter"]["serialNumber"] == found["Export Meter"]["serialNumber"]
    assert found["Import Meter"]["serialNumber"] == GRID_METERS[2]
    assert found["Battery 1.1"]["connectedTo"] == "7EDE0451-52"
    assert found["EV Charger 1"]["serialNumber"] == "7E0EC451-51"
    assert found["Gateway 1"]["type"] == "GATEWAY"
    equipment.switches.set("solaredge.replaced_devices", "inactive")
    meters = house.data(path, types="METER")
    imports = [(d["serialNumber"], d["active"]) for d in meters if d["meterType"] == "Purchased"]
    assert imports == [(GRID_METERS[2], True), (GRID_METERS[1], False), (GRID_METERS[0], False)]
    equipment.clock.set(datetime(2025, 12, 1, tzinfo=UTC))
    meters = house.data(path, types="METER")
    assert {d["serialNumber"] for d in meters if d["meterType"] == "FeedIn"} == {GRID_METERS[0]}
    assert house.data(path)[0]["serialNumber"] == "7EDE0451-51"


@pytest.mark.parametrize("resolution", ["QUARTER_HOUR", "HOUR", "DAY", "MONTH"])
def test_v2_telemetry_goes_by_the_date(
    equipment: SimulatorServer, house: SolarEdgeClient, resolution: str
) -> None:
    """Each serial has values of its own time only; together they are the truth."""
    equipment.switches.set("solaredge.span_limits", "none")
    days = {"MONTH": 31, "DAY": 4}.get(resolution, 1)
    first = datetime(2025, 12, 31, 23, tzinfo=UTC) + timedelta(
        days=0 if resolution == "MONTH" else 19
    )
    end = first + timedelta(days=days)
    words = {"from_": first.isoformat(), "to": end.isoformat(), "resolution": resolution}
    found = house.data(f"/sites/{BROOK}/meters/telemetry", **words)["meters"]
    assert set(found) == {"606000451", *GRID_METERS[1:]}
    truth = equipment.truth.energy(BROOK, first, end)
    for name, wanted in (("import", truth.import_kwh), ("export", truth.export_kwh)):
        total, together = 0.0, 0
        parts = [found[serial][f"{name}Energy"]["values"] for serial in GRID_METERS[1:]]
        for old, new in zip(*parts, strict=True):
            together += old["value"] is not None and new["value"] is not None
            total += (old["value"] or 0) + (new["value"] or 0)
        assert total == pytest.approx(wanted * 1000, abs=0.11 * days)
        # Only the bucket of the replacement itself can belong to both.
        assert together == (resolution in {"DAY", "MONTH"})
    for made, *grid in zip(
        found["606000451"]["productionEnergy"]["values"],
        *(found[s][f"{n}Energy"]["values"] for s in GRID_METERS[1:] for n in ("import", "export")),
        *(found[s]["consumptionEnergy"]["values"] for s in GRID_METERS[1:]),
        strict=True,
    ):
        bought, sold, bought_new, sold_new, used, used_new = (row["value"] or 0 for row in grid)
        come = made["value"] + bought + bought_new
        assert come == pytest.approx(sold + sold_new + used + used_new, abs=0.11)


def test_v2_single_devices_go_by_the_date(house: SolarEdgeClient) -> None:
    """One metric of an old inverter is there for its time, and empty after it."""
    path = f"/sites/{BROOK}/inverters/7EDE0451-51/energy"
    words = {"from_": "2026-01-15T06:00:00", "to": "2026-01-15T18:00:00"}
    values = {row["timestamp"][11:16]: row["value"] for row in house.data(path, **words)["values"]}
    new = house.data(path.replace("-51/energy", "-52/energy"), **words)["values"]
    after = {row["timestamp"][11:16]: row["value"] for row in new}
    assert values["11:15"] is not None
    assert values["11:30"] is None
    assert after["11:15"] is None
    assert after["11:30"] is not None
    late = house.data(path, from_="2026-01-20T06:00:00", to="2026-01-20T18:00:00")
    assert late["values"] == []
    assert house.get(f"/sites/{BROOK}/inverters/7EDE0000-00/energy", **words).status_code == 403
    storage = house.data(f"/sites/{BROOK}/storage/telemetry", **words)["storage"]
    assert set(storage) == {"48DEM0-000451"}
    state = storage["48DEM0-000451"]["stateOfEnergy"]["values"]
    assert all(row["value"] is not None for row in state)


def test_replacements_are_checked() -> None:
    """A successor that is no device, an unknown charger or sensor: one line that says so."""
    site = (
        "seed = 1\nnow = 2026-01-01T00:00:00Z\n[[sites]]\nvendor = 'solaredge'\nsite_id = '1'\n"
        "name = 'x'\nzone = 'UTC'\nlatitude = 1.0\nlongitude = 1.0\n"
        "installed_at = 2025-01-01T00:00:00Z\n"
        "inverters = [{ serial = 'I2', rated_kw = 1.0, pv_kwp = 1.0 }]\n"
    )
    swap = "replacements = [{{ serial = '{}', successor = '{}', at = 2025-06-01T00:00:00Z }}]"
    assert parse("good", site + swap.format("I1", "I2")).sites["1"].inverter_index("I1") == 0
    for text, complaint in {
        swap.format("I1", "I3"): "I1 is replaced by I3, which no device is",
        swap.format("I2", "I2"): "which no device is",
        "charger = { serial = 'C', kind = 'Plug' }": "'Plug' is none of AcCharger",
        "sensors = [{ name = 'x', measurement = 'Mood' }]": "'Mood' is none of Sensor",
    }.items():
        with pytest.raises(ScenarioError, match=complaint):
            parse("bad", site + text)
