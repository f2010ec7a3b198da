"""The live power flow: v1's object and v2's (docs/vendors/solaredge.md)."""

from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.units import MINUTES_PER_DAY
from solar_simulator.world import World
from solar_simulator.zones import local_time

_CRITICAL_PCT = 10
_NO_FLOW: dict[str, dict[str, object]] = {
    "inner_empty": {"siteCurrentPowerFlow": {}},
    "empty": {},
    "no_connections": {"siteCurrentPowerFlow": {"updateRefreshRate": 3, "unit": "W"}},
}


def flow_by_status(world: World, site: Site) -> dict[str, object]:
    """v2's form: powers of the last full minute, all positive; ``status`` is the direction.

    A site that cannot measure its flow has an empty object.
    """
    if not site.power_flow or not site.metered:
        return {}
    minute, flows = _last_minute(world, site)

    def part(watts: int, **more: object) -> dict[str, object]:
        return {"active": bool(watts), "power": int(watts), **more}

    grid = "IMPORT" if flows[Flow.IMPORT] else "EXPORT" if flows[Flow.EXPORT] else "IDLE"
    found: dict[str, object] = {
        "updatedAt": local_time(site.zone, minute).isoformat(),
        "unit": "W",
        "pv": part(flows[Flow.PV]),
        "load": part(flows[Flow.LOAD]),
        "grid": part(flows[Flow.IMPORT] + flows[Flow.EXPORT], status=grid),
    }
    if site.battery:
        charge, discharge = flows[Flow.CHARGE], flows[Flow.DISCHARGE]
        found["storage"] = part(
            charge + discharge,
            status="CHARGE" if charge else "DISCHARGE" if discharge else "IDLE",
            chargeLevel=_level(world, site, minute),
        )
    return found


def flow_by_connections(world: World, site: Site) -> dict[str, object]:
    """v1's form: powers of the last full minute, all positive; ``connections`` directs them.

    A site that cannot measure its flow has an empty object, or what the switch says. The
    flow of a moment is never revised later, but a bias of the load is in it.
    """
    if not site.power_flow or not site.metered:
        return dict(_NO_FLOW[world.switches.get("solaredge.no_flow", site.site_id)])
    minute, flows = _last_minute(world, site)
    unit = world.switches.get("solaredge.v1_flow_unit", site.site_id)

    def part(watts: int, **more: object) -> dict[str, object]:
        shown = round(int(watts) / 1000, 2) if unit == "kW" else float(watts)
        return {"status": "Active" if watts else "Idle", "currentPower": shown, **more}

    found: dict[str, object] = {
        "updateRefreshRate": 3,
        "unit": unit,
        "connections": _connections(world, site, {flow: int(flows[flow]) for flow in Flow}),
        "GRID": part(flows[Flow.IMPORT] + flows[Flow.EXPORT]),
        "LOAD": part(flows[Flow.LOAD]),
        "PV": part(flows[Flow.PV]),
    }
    if site.battery:
        level = _level(world, site, minute)
        found["STORAGE"] = part(
            flows[Flow.CHARGE] + flows[Flow.DISCHARGE],
            chargeLevel=level,
            critical=level < _CRITICAL_PCT,
        )
    return {"siteCurrentPowerFlow": found}


def _last_minute(world: World, site: Site) -> tuple[int, Ints]:
    minute = world.now_minute() - 1
    day, into = divmod(minute, MINUTES_PER_DAY)
    flows = world.model.minute_day(site.site_id, day).flows[:, into].copy()
    flows[Flow.LOAD] += round(world.switches.get("load_bias_w", site.site_id))
    return minute, flows


def _level(world: World, site: Site, minute: int) -> int:
    capacity = site.battery.capacity_wmin if site.battery else 1
    return int(100 * world.model.store(site.site_id, minute) / capacity)


def _connections(world: World, site: Site, flows: dict[Flow, int]) -> list[dict[str, str]]:
    """Who feeds whom; the cases are mixed as recorded."""
    upper = world.switches.get("solaredge.v1_flow_case", site.site_id) == "upper"
    pairs = (
        ("PV", "Load", flows[Flow.PV]),
        ("PV", "Storage", flows[Flow.CHARGE] - flows[Flow.GRID_TO_BATTERY]),
        ("STORAGE", "Load", flows[Flow.DISCHARGE]),
        ("GRID", "Load", flows[Flow.IMPORT]),
        ("LOAD", "Grid", flows[Flow.EXPORT]),
    )
    return [
        {"from": source, "to": target.upper() if upper else target}
        for source, target, watts in pairs
        if watts > 0
    ]
