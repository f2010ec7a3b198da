"""Snapshots, devices and flows of the Sigen cloud against history and truth."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN, KAROO, grid_charger

NOON = datetime(2026, 6, 20, 10, 7, 30, tzinfo=UTC)
INVERTER, BATTERY = "110A900L0001", "110B900L0001"


def test_summary_is_the_history_row_of_five_minutes_before(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """At 12:07:30 the summary shows what history shows at 12:00."""
    simulator.clock.set(NOON)
    summary = sigen.data(f"/systems/{BERLIN}/summary")
    rows = {row["dataTime"]: row for row in sigen.history(BERLIN, "2026-06-20")["itemList"]}
    assert summary["dailyPowerGeneration"] == rows["20260620 12:00"]["powerGeneration"]
    at = NOON.replace(minute=0, second=0)
    life = simulator.truth.counters(BERLIN, at).pv_kwh
    assert summary["lifetimePowerGeneration"] == pytest.approx(life, abs=0.00501)
    assert summary["lifetimeCo2"] == pytest.approx(life * 0.000475, abs=0.00501)


def test_summary_turns_over_after_midnight(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Just after midnight the day is still yesterday's; at 00:05 it is 0; sums only grow."""
    midnight = datetime(2026, 6, 20, 22, tzinfo=UTC)
    simulator.clock.set(midnight + timedelta(seconds=1))
    before = sigen.data(f"/systems/{BERLIN}/summary")
    assert before["dailyPowerGeneration"] > 0
    simulator.clock.set(midnight + timedelta(minutes=5, seconds=2))
    after = sigen.data(f"/systems/{BERLIN}/summary")
    assert after["dailyPowerGeneration"] == 0.0
    for name in ("monthlyPowerGeneration", "annualPowerGeneration", "lifetimePowerGeneration"):
        assert after[name] == before[name]


@pytest.mark.parametrize("hours", range(0, 24, 3))
@pytest.mark.parametrize("site", [BERLIN, KAROO])
def test_energy_flow_closes(
    simulator: SimulatorServer, sigen: SigenClient, site: str, hours: int
) -> None:
    """PV = grid + battery + load + car, grid + is export, battery + is charging."""
    at = NOON + timedelta(hours=hours)
    simulator.clock.set(at)
    flow = sigen.data(f"/systems/{site}/energyFlow")
    parts = ("gridPower", "batteryPower", "loadPower", "evPower", "heatPumpPower")
    assert sum(flow[part] for part in parts) == pytest.approx(flow["pvPower"], abs=1e-9)
    minute = at.replace(second=0)
    truth = simulator.truth.energy(site, minute - timedelta(minutes=1), minute)
    assert flow["gridPower"] == pytest.approx((truth.export_kwh - truth.import_kwh) * 60, abs=0.006)
    net = (truth.charge_kwh - truth.discharge_kwh) * 60
    assert flow["batteryPower"] == pytest.approx(net, abs=0.051)


def test_realtime_of_each_device(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Inverters share the site's PV; energies are text; battery power + is discharging."""
    simulator.clock.set(NOON)
    made = 0.0
    for serial in ("110A900K0001", "110A900K0002"):
        answer = sigen.data(f"/systems/{KAROO}/devices/{serial}/realtimeInfo")
        assert answer["deviceType"] == "Inverter"
        info = answer["realTimeInfo"]
        made += info["pVPower"]
        assert info["activePower"] == pytest.approx(info["pVPower"] + info["batPower"], abs=0.0011)
        assert isinstance(info["pvEnergyDaily"], str)
    end = NOON.replace(minute=5, second=0)
    truth = simulator.truth.energy(KAROO, end - timedelta(minutes=5), end)
    assert made == pytest.approx(truth.pv_kwh * 12, abs=0.0011)
    battery = sigen.data(f"/systems/{KAROO}/devices/110B900K0001/realtimeInfo")
    assert set(battery["realTimeInfo"]) == {"batSoc"}
    gateway = sigen.data(f"/systems/{KAROO}/devices/110G18870400/realtimeInfo")
    assert gateway["deviceType"] == "Gateway"
    assert gateway["realTimeInfo"]["voltageA"] > 200
    unknown = sigen.get(f"/systems/{KAROO}/devices/110A000X0000/realtimeInfo").json()
    assert unknown["code"] == 1101


def test_device_history(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """A device's day has the station's labels; its counters end at the day's truth."""
    day = "2026-06-20"
    words = {"level": "Day", "date": day}
    station = [row["dataTime"] for row in sigen.history(BERLIN, day)["itemList"]]
    inverter = sigen.data(f"/systems/{BERLIN}/devices/{INVERTER}/history", **words)["itemList"]
    battery = sigen.data(f"/systems/{BERLIN}/devices/{BATTERY}/history", **words)["itemList"]
    assert [row["dataTime"] for row in inverter] == station
    assert [row["dataTime"] for row in battery] == station
    assert max(row["pVPower"] for row in inverter) > 5
    truth = simulator.truth.energy(
        BERLIN, datetime(2026, 6, 19, 22, tzinfo=UTC), datetime(2026, 6, 20, 21, 55, tzinfo=UTC)
    )
    assert battery[-1]["chargeEnergy"] == pytest.approx(truth.charge_kwh, abs=0.00501)
    gateway = sigen.data(f"/systems/{BERLIN}/devices/110G09625600/history", **words)
    assert gateway["itemList"] == []
    month = sigen.data(f"/systems/{BERLIN}/devices/{INVERTER}/history", level="Month", date=day)
    assert month["itemList"] == []


def test_v1_history_has_the_real_flows(
    serve: Callable[..., SimulatorServer], session: requests.Session
) -> None:
    """Nodes are meters, links add up to them, battery to grid is there to see."""
    site = grid_charger()
    server = serve(site)
    data = SigenClient(server, session).data(
        f"/systems/{site.site_id}/v1/history", level="Day", date="2026-06-20"
    )
    nodes = {node["id"]: node["value"] for node in data["sankeyData"]["nodes"]}
    truth = server.truth.day(site.site_id, date(2026, 6, 20))
    assert nodes["TO_GRID"] == pytest.approx(truth.export_kwh, abs=0.00501)
    assert nodes["FROM_GRID"] == pytest.approx(truth.import_kwh, abs=0.00501)
    assert nodes["TO_BATTERY"] == pytest.approx(truth.charge_kwh, abs=0.00501)
    links = data["sankeyData"]["links"]
    pairs = {(link["sourceId"], link["targetId"]) for link in links}
    assert {("FROM_BATTERY", "TO_GRID"), ("FROM_GRID", "TO_BATTERY")} <= pairs
    for node in ("FROM_SOLAR", "FROM_BATTERY", "FROM_GRID", "TO_LOAD", "TO_GRID", "TO_BATTERY"):
        through = sum(link["value"] for link in links if node in link.values())
        assert through == pytest.approx(nodes[node], abs=0.03)
    lines = {line["id"]: line["points"] for line in data["chartData"]["dataSeries"]}
    assert len(lines["GRID"]) == 288
    night = next(point for point in lines["BATTERY"] if point["time"] == "20260620 01:00")
    assert night["value"] < 0
    bought = next(point for point in lines["GRID"] if point["time"] == "20260620 01:00")
    assert bought["value"] > 0


def test_v1_lifetime_dips_by_switch(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """With the switch the lifetime's sums sag for half an hour after local midnight."""
    simulator.clock.set(datetime(2026, 6, 20, 22, 10, tzinfo=UTC))

    def made() -> float:
        data = sigen.data(f"/systems/{BERLIN}/v1/history", level="Lifetime", date="2026-06-20")
        return float(data["sankeyData"]["nodes"][0]["value"])

    whole = made()
    simulator.switches.set("sigen.lifetime_dip", value=True)
    assert made() == pytest.approx(whole * 0.99, abs=0.01)
    simulator.clock.advance(timedelta(minutes=25))
    assert made() == pytest.approx(whole, abs=0.01)


def test_pages_and_settings(sigen: SigenClient) -> None:
    """Page 0 is page 1; a page holds strings; too large a page is refused."""
    page = sigen.data("/system/page", pageNum=0, pageSize=1)
    assert (page["total"], page["pages"], page["current"], page["size"]) == (2, 2, 1, 1)
    assert json.loads(page["records"][0])["systemId"] == BERLIN
    second = sigen.data("/system/page", pageNum=2, pageSize=1)
    assert json.loads(second["records"][0])["systemId"] == KAROO
    assert sigen.get("/system/page", pageNum=1, pageSize=101).json()["code"] == 1000
    assert sigen.get("/system/page").json()["code"] == 1000
    assert sigen.data(f"/instruction/{BERLIN}/settings") == {"energyStorageOperationMode": 0}
