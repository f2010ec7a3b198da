"""System and device lists (docs/vendors/sigen.md, system list and devices)."""

from solar_simulator.physics import Flow
from solar_simulator.sigen import live
from solar_simulator.sigen.misplaced import without_serial, zone_word
from solar_simulator.site import Battery, Charger, Inverter, Site
from solar_simulator.tenure import standing
from solar_simulator.web import compact
from solar_simulator.world import World

_FIRMWARE = "V100R001C22SPC111B064L"
_MILLISECONDS = 1000
_PACK_VOLTS = 28.8
# Idle and charging, in the words of each kind of charger.
_CHARGER_STATUS = {
    "AcCharger": ("IdleUnplugged", "Charging"),
    "DcCharger": ("Idle", "Normal"),
    "EVAC": ("IdleUnplugged", "Charging"),
}


def system(world: World, site: Site) -> dict[str, object]:
    """One entry of the system list; capacities in kW and kWh."""
    gone = world.switches.get("sigen.disconnected", site.site_id)
    return {
        "systemId": None if world.switches.get("sigen.null_id", site.site_id) else site.site_id,
        "systemName": site.name,
        "addr": ", ".join(part for part in (site.address, site.city, site.country) if part),
        "status": _status(world, site, "Disconnection" if gone else "Normal"),
        "isActivate": True,
        "onOffGridStatus": "onGrid",
        "timeZone": zone_word(world, site),
        **_connected(world, site),
        "pvCapacity": site.pv_kwp,
        "batteryCapacity": site.battery.capacity_kwh if site.battery else 0.0,
    }


def connected_second(site: Site) -> int:
    """Grid connection in Unix seconds."""
    return int(site.installed_at.timestamp())


def _connected(world: World, site: Site) -> dict[str, int | None]:
    seconds = connected_second(site)
    match world.switches.get("sigen.connect_time", site.site_id):
        case "connect_s":
            return {"gridConnectTime": seconds}
        case "absent":
            return {}
        case "null":
            return {"gridConnectedTime": None}
        case "zero":
            return {"gridConnectedTime": 0}
        case "epoch":
            return {"gridConnectedTime": _MILLISECONDS}
        case _:
            return {"gridConnectedTime": seconds * _MILLISECONDS}


def devices(world: World, site: Site) -> list[str] | list[dict[str, object]]:
    """What stands at the station now; by the switch as JSON strings with string attrMap."""
    found = [_inverter(world, site, inverter) for inverter in site.inverters]
    if site.battery:
        found.append(_battery(world, site, site.battery))
    found.append(_device(world, site, site.gateway_serial, "Gateway", "1103000010"))
    if site.grid_meter:
        found.append(_device(world, site, site.grid_meter, "Meter", "1103000120"))
    if site.charger:
        found.append(_charger(world, site, site.charger))
    found = without_serial(world, site, found)
    if world.switches.get("sigen.no_attributes", site.site_id):
        bare = [{key: device[key] for key in device if key != "attrMap"} for device in found]
        return bare if _plain(world, site) else as_strings(bare)
    if _plain(world, site):
        return found
    return as_strings([{**device, "attrMap": compact(device["attrMap"])} for device in found])


def _plain(world: World, site: Site) -> bool:
    return bool(world.switches.get("sigen.data_form", site.site_id) == "object")


def as_strings(entries: list[dict[str, object]]) -> list[str]:
    """Each entry as a JSON string of its own."""
    return [compact(entry) for entry in entries]


def _inverter(world: World, site: Site, inverter: Inverter) -> dict[str, object]:
    return _device(
        world,
        site,
        inverter.serial,
        str(world.switches.get("sigen.inverter_type", site.site_id)),
        inverter.model or "1104004100",
        attributes={
            "ratedFrequency": site.grid_hertz,
            "ratedVoltage": site.grid_volts,
            "maxAbsorbedPower": round(inverter.rated_kw * 1.1, 3),
            "ratedActivePower": inverter.rated_kw,
            "pvStringNumber": 4,
            "maxActivePower": round(inverter.rated_kw * 1.1, 3),
        },
    )


def _battery(world: World, site: Site, battery: Battery) -> dict[str, object]:
    stored = world.model.store(site.site_id, world.now_minute()) / battery.capacity_wmin
    in_ah = world.switches.get("sigen.rated_energy_ah", site.site_id)
    rated = round(battery.capacity_kwh * 1000 / _PACK_VOLTS, 3) if in_ah else battery.capacity_kwh
    return _device(
        world,
        site,
        battery.serial,
        "Battery",
        battery.model or "1113000120",
        attributes={
            "ratedDischargePower": battery.discharge_kw,
            "ratedEnergy": rated,
            "ratedChargePower": battery.charge_kw,
            "dischargeEnergy": round(battery.capacity_kwh * stored, 2),
            "chargeableEnergy": round(battery.capacity_kwh * (1 - stored), 2),
        },
    )


def _charger(world: World, site: Site, charger: Charger) -> dict[str, object]:
    """The charger, whose status says whether the car charges; it has no attributes."""
    charging = live.flows_now(world, site)[Flow.EV] > 0
    idle, busy = _CHARGER_STATUS[charger.kind]
    return {
        **_device(world, site, charger.serial, charger.kind, charger.model or "1106000070"),
        "status": _status(world, site, busy if charging else idle),
    }


def _device(
    world: World,
    site: Site,
    place: str,
    kind: str,
    part_number: str,
    *,
    attributes: dict[str, object] | None = None,
) -> dict[str, object]:
    return {
        "systemId": site.site_id,
        "serialNumber": standing(site, place, world.now_minute()).serial,
        "deviceType": kind,
        "status": _status(world, site, "Normal"),
        "pn": part_number,
        "firmwareVersion": _FIRMWARE,
        "attrMap": attributes or {},
    }


def _status(world: World, site: Site, word: str) -> str:
    lower = world.switches.get("sigen.status_words", site.site_id) == "lower"
    return word.lower() if lower else word
