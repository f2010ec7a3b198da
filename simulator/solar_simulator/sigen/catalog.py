"""System and device lists (docs/vendors/sigen.md, system list and devices)."""

from solar_simulator.sigen.realtime import gateway_serial
from solar_simulator.site import Battery, Inverter, Site
from solar_simulator.web import compact
from solar_simulator.world import World

_FIRMWARE = "V100R001C22SPC111B064L"
_MILLISECONDS = 1000
_PACK_VOLTS = 28.8


def system(world: World, site: Site) -> dict[str, object]:
    """One entry of the system list; capacities in kW and kWh."""
    gone = world.switches.get("sigen.disconnected", site.site_id)
    return {
        "systemId": site.site_id,
        "systemName": site.name,
        "addr": ", ".join(part for part in (site.address, site.city, site.country) if part),
        "status": "Disconnection" if gone else "Normal",
        "isActivate": True,
        "onOffGridStatus": "onGrid",
        "timeZone": site.zone,
        **_connected(world, site),
        "pvCapacity": site.pv_kwp,
        "batteryCapacity": site.battery.capacity_kwh if site.battery else 0.0,
    }


def connected_second(site: Site) -> int:
    """Grid connection in Unix seconds."""
    return int(site.installed_at.timestamp())


def _connected(world: World, site: Site) -> dict[str, int]:
    seconds = connected_second(site)
    match world.switches.get("sigen.connect_time", site.site_id):
        case "connect_s":
            return {"gridConnectTime": seconds}
        case "absent":
            return {}
        case _:
            return {"gridConnectedTime": seconds * _MILLISECONDS}


def devices(world: World, site: Site) -> list[str] | list[dict[str, object]]:
    """Inverters, battery and gateway; by the switch as JSON strings with string attrMap."""
    found = [_inverter(site, inverter) for inverter in site.inverters]
    if site.battery:
        found.append(_battery(world, site, site.battery))
    found.append(_device(site, gateway_serial(site), "Gateway", "1103000010", {}))
    if world.switches.get("sigen.data_form", site.site_id) == "object":
        return found
    return as_strings([{**device, "attrMap": compact(device["attrMap"])} for device in found])


def as_strings(entries: list[dict[str, object]]) -> list[str]:
    """Each entry as a JSON string of its own."""
    return [compact(entry) for entry in entries]


def _inverter(site: Site, inverter: Inverter) -> dict[str, object]:
    return _device(
        site,
        inverter.serial,
        "Inverter",
        inverter.model or "1104004100",
        {
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
        site,
        battery.serial,
        "Battery",
        battery.model or "1113000120",
        {
            "ratedDischargePower": battery.discharge_kw,
            "ratedEnergy": rated,
            "ratedChargePower": battery.charge_kw,
            "dischargeEnergy": round(battery.capacity_kwh * stored, 2),
            "chargeableEnergy": round(battery.capacity_kwh * (1 - stored), 2),
        },
    )


def _device(
    site: Site, serial: str, kind: str, part_number: str, attributes: dict[str, object]
) -> dict[str, object]:
    return {
        "systemId": site.site_id,
        "serialNumber": serial,
        "deviceType": kind,
        "status": "Normal",
        "pn": part_number,
        "firmwareVersion": _FIRMWARE,
        "attrMap": attributes,
    }
