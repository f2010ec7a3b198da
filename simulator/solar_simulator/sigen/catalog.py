"""System and device lists (docs/vendors/sigen.md, system list and devices)."""

from solar_simulator.site import Battery, Inverter, Site
from solar_simulator.web import compact
from solar_simulator.world import World

_FIRMWARE = "V100R001C22SPC111B064L"
_MILLISECONDS = 1000


def system(world: World, site: Site) -> dict[str, object]:
    """One entry of the system list; capacities in kW and kWh."""
    return {
        "systemId": site.site_id,
        "systemName": site.name,
        "addr": ", ".join(part for part in (site.address, site.city, site.country) if part),
        "status": "Normal",
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
    found.append(_device(site, f"110G{site.site_id[-8:]}", "Gateway", "1103000010", {}))
    if world.switches.get("sigen.data_form", site.site_id) == "object":
        return found
    return [compact({**device, "attrMap": compact(device["attrMap"])}) for device in found]


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
    return _device(
        site,
        battery.serial,
        "Battery",
        battery.model or "1113000120",
        {
            "ratedDischargePower": battery.discharge_kw,
            "ratedEnergy": battery.capacity_kwh,
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
