"""Equipment, and what stood in its place before (docs/vendors/solaredge.md, v1 lists)."""

from collections.abc import Mapping

from solar_simulator.site import Site
from solar_simulator.solaredge.devices import part_number, shuffled
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.solaredge.v1.sensors import GATEWAY, sensor_entries
from solar_simulator.tenure import standing, tenure_of, tenures
from solar_simulator.world import World
from solar_simulator.zones import local_date

Query = Mapping[str, str]
Entry = dict[str, object]


def equipment_list(world: World, site: Site, _query: Query) -> Entry:
    """Inverters only, never optimizers; as printed there is nothing around the list."""
    printed = world.switches.get("solaredge.v1_bare_lists", site.site_id)
    found = [
        {
            "name": f"Inverter {number}",
            "manufacturer": "SolarEdge",
            "model": part_number(inverter),
            "serialNumber": _present(world, site, inverter.serial),
            **({} if printed else {"kWpDC": inverter.pv_kwp}),
        }
        for number, inverter in enumerate(site.inverters, start=1)
    ]
    return {"list": found} if printed else {"reporters": {"count": len(found), "list": found}}


def inventory(world: World, site: Site, _query: Query) -> Entry:
    """All equipment of the day; the five lists are there even when empty."""
    return {
        "Inventory": {
            "inverters": shuffled(world, site, _inverters(world, site)),
            "batteries": _batteries(world, site),
            "gateways": _gateways(site),
            "sensors": sensor_entries(site),
            "meters": shuffled(world, site, _meters(world, site)),
        }
    }


def _present(world: World, site: Site, place: str) -> str:
    return standing(site, place, world.now_minute()).serial


def _inverters(world: World, site: Site) -> list[Entry]:
    return [
        {
            "name": f"Inverter {number}",
            "manufacturer": "SolarEdge",
            "model": part_number(inverter),
            "communicationMethod": "ETHERNET" if number == 1 else "RS485",
            "dsp1Version": "1.13.1938",
            "dsp2Version": "2.19.1511",
            "cpuVersion": "4.18.518",
            "connectedOptimizers": inverter.optimizers,
            "SN": _present(world, site, inverter.serial),
        }
        for number, inverter in enumerate(site.inverters, start=1)
    ]


def _batteries(world: World, site: Site) -> list[Entry]:
    if site.battery is None:
        return []
    return [
        {
            "name": "Battery 1.1",
            "manufacturer": "SolarEdge",
            "model": site.battery.model or "IAC-RBAT-5KMP-01",
            "firmwareVersion": "2.22.19",
            "connectedTo": "Inverter 1",
            "connectedInverterSn": _present(world, site, site.inverters[0].serial),
            "nameplateCapacity": round(site.battery.capacity_kwh * 1000, 1),
            "SN": _present(world, site, site.battery.serial),
        }
    ]


def _gateways(site: Site) -> list[Entry]:
    """Sensors need a gateway; other sites are listed without one."""
    if not site.sensors:
        return []
    return [{"name": GATEWAY, "firmwareVersion": "2.956.0", "SN": site.gateway_serial}]


def _meters(world: World, site: Site) -> list[Entry]:
    """Import and export share a serial; the virtual meter has none at all."""
    if not site.metered:
        return []
    grid = _present(world, site, site.grid_meter_serial)
    listed = (
        ("Production Meter", "Production", _present(world, site, site.production_meter_serial)),
        ("Export Meter", "FeedIn", grid),
        ("Import Meter", "Purchased", grid),
        ("Consumption Meter", "Consumption", None),
    )
    found: list[Entry] = []
    for name, kind, serial in listed:
        maker = {"manufacturer": "SolarEdge", "model": "SE-MTR-3Y-400V-A"} if serial else {}
        found.append(
            {
                "name": name,
                **maker,
                "firmwareVersion": "75" if serial else "",
                "connectedTo": "Inverter 1",
                "connectedSolaredgeDeviceSN": _present(world, site, site.inverters[0].serial),
                "type": kind,
                "form": "physical" if serial else "virtual",
                **({"SN": serial} if serial else {}),
            }
        )
    return found


def change_log(world: World, site: Site, serial: str) -> Entry:
    """The devices that stood in one place by now, newest first.

    Raises:
        ProblemError: 403 for a serial that never was at the site.
    """
    now = world.now_minute()
    if tenure_of(site, serial, now) is None:
        raise ProblemError(403, "Access Denied")
    place = site.place_of(serial)
    entries = [
        {
            "serialNumber": tenure.serial,
            "partNumber": _part_number(site, place),
            "date": local_date(site.zone, tenure.begin).isoformat(),
        }
        for tenure in reversed(tenures(site, place))
        if tenure.begin <= now
    ]
    if world.switches.get("solaredge.v1_no_changes", site.site_id):
        entries = []
    printed = entries and world.switches.get("solaredge.v1_bare_lists", site.site_id)
    return {"ChangeLog": {"count": len(entries), "list": entries[0] if printed else entries}}


def _part_number(site: Site, place: str) -> str | None:
    index = site.inverter_index(place)
    if index is not None:
        return part_number(site.inverters[index])
    if site.battery and site.battery.serial == place:
        return site.battery.model or "IAC-RBAT-5KMP-01"
    return None
