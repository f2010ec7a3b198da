"""Sites and devices (docs/vendors/solaredge.md, v2 shapes)."""

from datetime import timedelta

from solar_simulator.site import Site
from solar_simulator.solaredge.devices import (
    grid_meter_serial,
    part_number,
    production_meter_serial,
    shuffled,
)
from solar_simulator.solaredge.v2.windows import stamp
from solar_simulator.world import World
from solar_simulator.zones import day_start, from_minute, local_date

DEVICE_TYPES = (
    "INVERTER",
    "BATTERY",
    "BATTERY_MODULE",
    "OPTIMIZER",
    "METER",
    "EV_CHARGER",
    "BUI",
    "GATEWAY",
)
_REPORT = timedelta(minutes=5)


def site_entry(site: Site) -> dict[str, object]:
    """One site as the list shows it."""
    installed = from_minute(day_start(site.zone, local_date(site.zone, site.connected_minute)))
    return {
        "siteId": int(site.site_id),
        "name": site.name,
        "peakPower": site.pv_kwp,
        "installationDate": f"{installed:%Y-%m-%dT%H:%M:%SZ}",
        "location": {
            "address": site.address,
            "city": site.city,
            "state": site.state,
            "zip": site.zip_code,
            "country": site.country,
            "timezone": site.zone,
        },
        "activationStatus": "PENDING" if site.pending else "ACTIVE",
        "note": "",
    }


def site_details(world: World, site: Site) -> dict[str, object]:
    """One site asked for by itself: with the time of its last report."""
    last = world.now_minute() // 5 * 5
    return {**site_entry(site), "lastUpdateTime": None if site.pending else stamp(site, last)}


def devices(world: World, site: Site, types: list[str]) -> list[dict[str, object]]:
    """The devices of some types, in the order of the types asked for."""
    makers = {"INVERTER": _inverters, "BATTERY": _batteries, "METER": _meters}
    found: list[dict[str, object]] = []
    for kind in types:
        if kind in makers:
            found += makers[kind](site)
    if world.switches.get("solaredge.meter_type", site.site_id) == "upper":
        for device in found:
            if "meterType" in device:
                device["meterType"] = str(device["meterType"]).upper()
    return shuffled(world, site, found)


def _inverters(site: Site) -> list[dict[str, object]]:
    return [
        {
            **_device(site, "INVERTER", inverter.serial, f"Inverter {number}"),
            "partNumber": part_number(inverter),
            "firmwareVersion": "4.25.13",
            "communicationType": "ETHERNET" if number == 1 else "RS485",
            "firmware": "4.25.13.1.100.2061.2.100.1751",
            "connectedOptimizers": inverter.optimizers,
        }
        for number, inverter in enumerate(site.inverters, start=1)
    ]


def _batteries(site: Site) -> list[dict[str, object]]:
    if site.battery is None:
        return []
    return [
        {
            **_device(site, "BATTERY", site.battery.serial, "Battery 1.1"),
            "partNumber": site.battery.model or "IAC-RBAT-5KMP-01",
            "firmwareVersion": "2.22.19",
            "connectedTo": site.inverters[0].serial,
            "nameplate": round(site.battery.capacity_kwh * 1000, 1),
        }
    ]


def _meters(site: Site) -> list[dict[str, object]]:
    if not site.metered:
        return []
    grid = grid_meter_serial(site)
    listed = (
        ("Production", production_meter_serial(site), "Production Meter"),
        ("FeedIn", grid, "Export Meter"),
        ("Purchased", grid, "Import Meter"),
        ("Consumption", None, "Consumption Meter"),
    )
    return [
        {
            **_device(site, "METER", serial, name),
            "manufacturer": "SolarEdge" if serial else None,
            "partNumber": "SE-MTR-3Y-400V-A" if serial else None,
            "firmwareVersion": "75" if serial else "",
            "connectedTo": site.inverters[0].serial,
            "form": "physical" if serial else "virtual",
            "meterType": kind,
        }
        for kind, serial, name in listed
    ]


def _device(site: Site, kind: str, serial: str | None, name: str) -> dict[str, object]:
    """The keys that every device has, in the recorded order."""
    return {
        "type": kind,
        "serialNumber": serial,
        "manufacturer": "SolarEdge",
        "partNumber": None,
        "createdAt": stamp(site, site.connected_minute),
        "firmwareVersion": None,
        "connectedTo": None,
        "active": True,
        "nameplate": 0,
        "name": name,
        "form": None,
        "communicationType": None,
        "firmware": None,
    }
