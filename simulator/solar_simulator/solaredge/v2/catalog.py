"""Sites and devices (docs/vendors/solaredge.md, v2 shapes)."""

from datetime import timedelta

from solar_simulator.site import Site
from solar_simulator.solaredge.devices import listed, part_number, shuffled
from solar_simulator.solaredge.v2.windows import stamp
from solar_simulator.tenure import Tenure, standing
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
    makers = {
        "INVERTER": _inverters,
        "BATTERY": _batteries,
        "METER": _meters,
        "EV_CHARGER": _chargers,
        "GATEWAY": _gateways,
    }
    found: list[dict[str, object]] = []
    for kind in types:
        if kind in makers:
            found += makers[kind](world, site)
    if world.switches.get("solaredge.meter_type", site.site_id) == "upper":
        for device in found:
            if "meterType" in device:
                device["meterType"] = str(device["meterType"]).upper()
    return shuffled(world, site, found)


def _inverters(world: World, site: Site) -> list[dict[str, object]]:
    return [
        {
            **_device(world, site, "INVERTER", tenure, f"Inverter {number}"),
            "partNumber": part_number(inverter),
            "firmwareVersion": "4.25.13",
            "communicationType": "ETHERNET" if number == 1 else "RS485",
            "firmware": "4.25.13.1.100.2061.2.100.1751",
            "connectedOptimizers": inverter.optimizers,
        }
        for number, inverter in enumerate(site.inverters, start=1)
        for tenure in listed(world, site, inverter.serial)
    ]


def _batteries(world: World, site: Site) -> list[dict[str, object]]:
    if site.battery is None:
        return []
    return [
        {
            **_device(world, site, "BATTERY", tenure, "Battery 1.1"),
            "partNumber": site.battery.model or "IAC-RBAT-5KMP-01",
            "firmwareVersion": "2.22.19",
            "connectedTo": _first_inverter(world, site),
            "nameplate": round(site.battery.capacity_kwh * 1000, 1),
        }
        for tenure in listed(world, site, site.battery.serial)
    ]


def _meters(world: World, site: Site) -> list[dict[str, object]]:
    if not site.metered:
        return []
    grid = site.grid_meter_serial
    physical = (
        ("Production", site.production_meter_serial, "Production Meter"),
        ("FeedIn", grid, "Export Meter"),
        ("Purchased", grid, "Import Meter"),
    )
    found = [
        _meter(world, site, kind, name, tenure)
        for kind, place, name in physical
        for tenure in listed(world, site, place)
    ]
    return [*found, _meter(world, site, "Consumption", "Consumption Meter", None)]


def _meter(
    world: World, site: Site, kind: str, name: str, tenure: Tenure | None
) -> dict[str, object]:
    """A meter; the virtual one has neither a serial nor a maker."""
    return {
        **_device(world, site, "METER", tenure, name),
        "manufacturer": "SolarEdge" if tenure else None,
        "partNumber": "SE-MTR-3Y-400V-A" if tenure else None,
        "firmwareVersion": "75" if tenure else "",
        "connectedTo": _first_inverter(world, site),
        "form": "physical" if tenure else "virtual",
        "meterType": kind,
    }


def _chargers(world: World, site: Site) -> list[dict[str, object]]:
    if site.charger is None:
        return []
    return [
        {
            **_device(world, site, "EV_CHARGER", tenure, "EV Charger 1"),
            "partNumber": site.charger.model or "SE-EV-SA-KIT-LJ40P-01",
            "firmwareVersion": "1.9.4",
            "connectedTo": _first_inverter(world, site),
            "nameplate": round(site.household.ev_kw * 1000),
        }
        for tenure in listed(world, site, site.charger.serial)
    ]


def _gateways(world: World, site: Site) -> list[dict[str, object]]:
    if not site.sensors:
        return []
    gateway = standing(site, site.gateway_serial, world.now_minute())
    return [_device(world, site, "GATEWAY", gateway, "Gateway 1")]


def _first_inverter(world: World, site: Site) -> str:
    return standing(site, site.inverters[0].serial, world.now_minute()).serial


def _device(
    world: World, site: Site, kind: str, tenure: Tenure | None, name: str
) -> dict[str, object]:
    """The keys that every device has, in the recorded order; a virtual one has no tenure."""
    return {
        "type": kind,
        "serialNumber": tenure.serial if tenure else None,
        "manufacturer": "SolarEdge",
        "partNumber": None,
        "createdAt": stamp(site, tenure.begin if tenure else site.connected_minute),
        "firmwareVersion": None,
        "connectedTo": None,
        "active": tenure is None or tenure.end > world.now_minute(),
        "nameplate": 0,
        "name": name,
        "form": None,
        "communicationType": None,
        "firmware": None,
    }
