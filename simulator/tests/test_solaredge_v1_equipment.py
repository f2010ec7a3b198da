"""Replaced devices, sensors, pictures and the late revision of records on SolarEdge v1."""

import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.climate import climate
from solar_simulator.testing.clients import SolarEdgeV1Client
from solar_simulator.testing.sites import MAPLE, SAGUARO

BROOK = "4500001"
QUARTER = {"timeUnit": "QUARTER_OF_AN_HOUR"}
SWAP_DAY = {"startTime": "2026-01-20 00:00:00", "endTime": "2026-01-20 23:59:59"}


@pytest.fixture
def brook(equipment: SimulatorServer, session: requests.Session) -> SolarEdgeV1Client:
    """A v1 client of the ``equipment`` scenario."""
    return SolarEdgeV1Client(equipment, session)


def registers(client: SolarEdgeV1Client, **words: str) -> dict[tuple[str, str], list[Any]]:
    """The readings by serial and role."""
    body = client.data(f"/site/{BROOK}/meters", **words)["meterEnergyDetails"]
    return {(m["meterSerialNumber"], m["meterType"]): m["values"] for m in body["meters"]}


def test_lists_show_what_stands_there_now(
    equipment: SimulatorServer, brook: SolarEdgeV1Client
) -> None:
    """Inventory and equipment list change with the day; the log names all, newest first."""

    def serials() -> list[str]:
        found = brook.data(f"/site/{BROOK}/inventory")["Inventory"]
        (reporter,) = brook.data(f"/equipment/{BROOK}/list")["reporters"]["list"]
        assert reporter["serialNumber"] == found["inverters"][0]["SN"]
        assert found["meters"][0]["connectedSolaredgeDeviceSN"] == reporter["serialNumber"]
        meters = {meter["type"]: meter.get("SN") for meter in found["meters"]}
        return [reporter["serialNumber"], found["batteries"][0]["SN"], meters["Purchased"]]

    assert serials() == ["7EDE0451-52", "48DEM0-000452", "706000453"]
    log = brook.data(f"/equipment/{BROOK}/706000451/changeLog")["ChangeLog"]
    assert [(entry["serialNumber"], entry["date"]) for entry in log["list"]] == [
        ("706000453", "2026-01-20"),
        ("706000452", "2025-12-10"),
        ("706000451", "2025-11-05"),
    ]
    equipment.switches.set("solaredge.v1_bare_lists", value=True)
    printed = brook.data(f"/equipment/{BROOK}/48DEM0-000451/changeLog")["ChangeLog"]
    assert printed["list"]["serialNumber"] == "48DEM0-000452"
    assert "kWpDC" not in brook.data(f"/equipment/{BROOK}/list")["list"][0]
    assert brook.get(f"/equipment/{BROOK}/48DEM0-000000/changeLog").status_code == 403
    equipment.switches.clear("solaredge.v1_bare_lists")
    equipment.clock.set(datetime(2026, 1, 15, 10, tzinfo=UTC))
    assert serials() == ["7EDE0451-51", "48DEM0-000451", "706000452"]
    assert brook.data(f"/equipment/{BROOK}/7EDE0451-51/changeLog")["ChangeLog"]["count"] == 1
    new = f"/equipment/{BROOK}/7EDE0451-52"
    assert brook.get(f"{new}/changeLog").status_code == 403
    assert brook.get(f"{new}/data", **SWAP_DAY).status_code == 403
    assert brook.data(f"/site/{BROOK}/overview")["overview"]["lastUpdateTime"] is not None


def test_a_new_meter_has_a_register_of_its_own(
    equipment: SimulatorServer, brook: SolarEdgeV1Client
) -> None:
    """The old register ends, the new begins with what it showed; energies do not mind."""
    found = registers(brook, **SWAP_DAY, **QUARTER)
    old, new = (found[serial, "Purchased"] for serial in ("706000452", "706000453"))
    assert old[-1]["date"] < "2026-01-20 09:00:00" <= new[0]["date"]
    assert len(old) + len(new) == 96
    # The first reading comes minutes after the swap.
    assert 850_000 <= new[0]["value"] < 851_000
    assert [row["value"] for row in new] == sorted(row["value"] for row in new)
    assert len(found["606000451", "Production"]) == 96
    begun = datetime(2025, 12, 10, 8, tzinfo=UTC)
    at = datetime.fromisoformat(old[-1]["date"]).replace(second=0, tzinfo=UTC) - timedelta(hours=1)
    bought = equipment.truth.energy(BROOK, begun, at).import_kwh
    assert old[-1]["value"] == pytest.approx(bought * 1000, abs=1)
    later = registers(brook, startTime="2026-02-01 00:00:00", endTime="2026-02-01 23:59:59")
    assert {serial for serial, _ in later} == {"606000451", "706000453"}

    def bought_wh() -> float:
        words = {**SWAP_DAY, **QUARTER, "meters": "Purchased"}
        details = brook.data(f"/site/{BROOK}/energyDetails", **words)["energyDetails"]["meters"]
        return float(sum(row["value"] for row in details[0]["values"]))

    plain = bought_wh()
    day = equipment.truth.day(BROOK, datetime(2026, 1, 20, tzinfo=UTC).date())
    assert plain == pytest.approx(day.import_kwh * 1000, abs=0.1)
    equipment.switches.set("solaredge.v1_meter_spike", value=True)
    assert bought_wh() == pytest.approx(plain + 850_000, abs=0.1)


def test_a_new_battery_has_counters_of_its_own(brook: SolarEdgeV1Client) -> None:
    """Both are listed where both have records; elsewhere the one, or the present one."""

    def batteries(first: str, last: str, **words: str) -> dict[str, list[Any]]:
        times = {"startTime": f"2026-{first} 00:00:00", "endTime": f"2026-{last} 23:59:59"}
        body = brook.data(f"/site/{BROOK}/storageData", **times, **words)["storageData"]
        assert body["batteryCount"] == len(body["batteries"])
        return {b["serialNumber"]: b["telemetries"] for b in body["batteries"]}

    found = batteries("02-02", "02-04")
    old, new = found["48DEM0-000451"], found["48DEM0-000452"]
    assert old[-1]["timeStamp"] < "2026-02-03 10:00:00" <= new[0]["timeStamp"]
    assert old[-1]["lifeTimeEnergyCharged"] > 10_000
    assert new[0]["lifeTimeEnergyCharged"] < 500
    assert set(batteries("02-10", "02-11")) == {"48DEM0-000452"}
    only = batteries("01-10", "01-11", serials="48DEM0-000451")
    assert len(only["48DEM0-000451"]) == 576


def test_sensors_feel_the_weather_of_the_model(
    equipment: SimulatorServer, brook: SolarEdgeV1Client
) -> None:
    """Irradiance, temperatures and wind every five minutes are those behind the PV power."""
    (group,) = brook.data(f"/equipment/{BROOK}/sensors")["SiteSensors"]["list"]
    assert (group["connectedTo"], group["count"]) == ("Gateway 1", 5)
    assert {sensor["type"] for sensor in group["sensors"]} == {"IRRADIANCE", "TEMPERATURE", "WIND"}
    inventory = brook.data(f"/site/{BROOK}/inventory")["Inventory"]
    assert len(inventory["sensors"]) == 5
    assert inventory["gateways"][0]["SN"] == inventory["sensors"][0]["connectedSolaredgeDeviceSN"]
    words = {"startDate": "2026-02-10", "endDate": "2026-02-11"}
    (found,) = brook.data(f"/site/{BROOK}/sensors", **words)["siteSensors"]["data"]
    assert found["count"] == len(found["telemetries"]) == 576
    site = equipment.world.scenario.sites[BROOK]
    felt = climate(equipment.world.scenario.seed, site, 20_494)
    at_noon = next(r for r in found["telemetries"] if r["date"] >= "2026-02-10 12:00:00")
    minute = int(at_noon["date"][14:16]) + 11 * 60
    assert at_noon["directIrradiance"] == pytest.approx(felt.plane_wm2[minute], abs=0.0001)
    assert at_noon["ambientTemperature"] == pytest.approx(felt.ambient_celsius[minute], abs=0.0001)
    assert at_noon["moduleTemperature"] > at_noon["ambientTemperature"]
    night = found["telemetries"][0]
    assert night["globalHorizontalIrradiance"] == night["directIrradiance"] == 0
    assert all(0 <= record["windSpeed"] < 25 for record in found["telemetries"])
    flows = equipment.world.model.minute_day(BROOK, 20_494)
    assert flows.inverter_pv.argmax() in range(
        int(felt.plane_wm2.argmax()) - 1, int(felt.plane_wm2.argmax()) + 2
    )
    part = {"startDate": "2026-02-10 12:00:00", "endDate": "2026-02-10 12:59:59"}
    (hour,) = brook.data(f"/site/{BROOK}/sensors", **part)["siteSensors"]["data"]
    assert hour["count"] == 12
    long = {"startDate": "2026-02-01", "endDate": "2026-02-09"}
    assert brook.get(f"/site/{BROOK}/sensors", **long).status_code == 403
    assert brook.get(f"/site/{BROOK}/sensors").status_code == 400


def test_a_site_without_sensors(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Both endpoints answer without a row."""
    simulator.switches.set("solaredge.v1_sunset", "alive")
    words = {"startDate": "2026-06-20", "endDate": "2026-06-20"}
    assert v1.data(f"/equipment/{MAPLE}/sensors") == {"SiteSensors": {"count": 0, "list": []}}
    assert v1.data(f"/site/{MAPLE}/sensors", **words) == {"siteSensors": {"data": []}}


def picture_size(body: bytes) -> tuple[int, int]:
    """Width and height of a PNG whose checksums and pixels hold."""
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    at, pixels, size = 8, b"", (0, 0)
    while at < len(body):
        length, kind = struct.unpack(">I4s", body[at : at + 8])
        data = body[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", body[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + data)
        if kind == b"IHDR":
            size = struct.unpack(">2I", data[:8])
        pixels += data if kind == b"IDAT" else b""
        at += 12 + length
    assert len(zlib.decompress(pixels)) == size[1] * (3 * size[0] + 1)
    return size


def test_pictures(brook: SolarEdgeV1Client) -> None:
    """The uploaded file, smaller where asked, 304 by its hash, 404 for any other name."""
    uris = brook.data(f"/site/{BROOK}/details")["details"]["uris"]
    assert uris["INSTALLER_IMAGE"].endswith("/installerImage/logo%20box.png")
    answer = brook.get(uris["SITE_IMAGE"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert picture_size(answer.content) == (96, 64)
    assert picture_size(brook.get(uris["SITE_IMAGE"], maxWidth=48).content) == (48, 32)
    assert picture_size(brook.get(uris["SITE_IMAGE"], maxHeight=16, maxWidth=90).content) == (
        24,
        16,
    )
    known = answer.headers["ETag"].strip('"')
    assert brook.get(uris["SITE_IMAGE"], hash=known).status_code == 304
    assert brook.get(uris["SITE_IMAGE"], hash=known, maxWidth=48).status_code == 200
    assert brook.get(uris["SITE_IMAGE"], hash="1").status_code == 200
    assert brook.get(uris["SITE_IMAGE"], maxWidth="wide").status_code == 400
    assert brook.get(f"/site/{BROOK}/siteImage/other.png").status_code == 404
    assert picture_size(brook.get(uris["INSTALLER_IMAGE"]).content) == (96, 64)


def test_no_logo_was_uploaded(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Most sites list no logo and answer 404; from March 2026 on the endpoint is gone."""
    assert "INSTALLER_IMAGE" not in v1.data(f"/site/{SAGUARO}/details")["details"]["uris"]
    assert v1.get(f"/site/{SAGUARO}/installerImage/logo.png").status_code == 410
    simulator.switches.set("solaredge.v1_sunset", "alive")
    assert v1.get(f"/site/{SAGUARO}/installerImage/logo.png").status_code == 404


def test_a_late_revision_reaches_the_records(
    simulator: SimulatorServer, v1: SolarEdgeV1Client
) -> None:
    """Young records, registers and series are low by the same share; old ones are final."""
    young = {"startTime": "2026-06-29 00:00:00", "endTime": "2026-06-29 23:59:59"}
    path = f"/equipment/{SAGUARO}/7EDE0002-52/data"

    def seen(times: dict[str, str]) -> tuple[list[Any], list[Any], list[Any], list[float]]:
        inverter = v1.data(path, **times)["data"]["telemetries"]
        storage = v1.data(f"/site/{MAPLE}/storageData", **times)["storageData"]["batteries"][0]
        meters = v1.data(f"/site/{MAPLE}/meters", **times, **QUARTER)["meterEnergyDetails"]
        power = v1.data(f"/site/{SAGUARO}/power", **times)["power"]["values"]
        values = [row["value"] for row in meters["meters"][0]["values"]]
        return inverter, storage["telemetries"], power, values

    final = seen(young)
    simulator.switches.set("revision_days", 5)
    simulator.switches.set("revision_share", 0.1)
    early = seen(young)
    for before, after in zip(final[0], early[0], strict=True):
        assert before["date"] == after["date"]
        assert before["inverterMode"] == after["inverterMode"]
        expected = before["totalActivePower"] * 0.9
        assert after["totalActivePower"] == pytest.approx(expected, abs=0.51)
    grown = [rows[0][-1]["totalEnergy"] - rows[0][0]["totalEnergy"] for rows in (final, early)]
    assert grown[1] == pytest.approx(grown[0] * 0.9, abs=25)
    for before, after in zip(final[1], early[1], strict=True):
        assert after["power"] == pytest.approx(before["power"] * 0.9, abs=0.51)
        assert after["batteryPercentageState"] == before["batteryPercentageState"]
    charged = [rows[1][-1]["lifeTimeEnergyCharged"] for rows in (final, early)]
    assert charged[1] < charged[0]
    for before, after in zip(final[2], early[2], strict=True):
        if before["value"]:
            assert after["value"] == pytest.approx(before["value"] * 0.9, abs=0.51)
    moved = [rows[3][-1] - rows[3][0] for rows in (final, early)]
    assert moved[1] == pytest.approx(moved[0] * 0.9, abs=2)
    simulator.clock.advance(timedelta(days=6))
    assert seen(young) == final
