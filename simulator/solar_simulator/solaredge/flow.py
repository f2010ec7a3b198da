"""The live power flow, the same object in both versions (docs/vendors/solaredge.md)."""

from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.units import MINUTES_PER_DAY
from solar_simulator.world import World

_CRITICAL_PCT = 10
_NO_FLOW: dict[str, dict[str, object]] = {
    "inner_empty": {"siteCurrentPowerFlow": {}},
    "empty": {},
    "no_connections": {"siteCurrentPowerFlow": {"updateRefreshRate": 3, "unit": "W"}},
}


def power_flow(world: World, site: Site) -> dict[str, object]:
    """Powers of the last full minute: all positive, the direction is in ``connections``.

    A site that cannot measure its flow has an empty object, or what the switch says. The
    flow of a moment is never revised later, but a bias of the load is in it.
    """
    if not site.power_flow or not site.metered:
        return dict(_NO_FLOW[world.switches.get("solaredge.no_flow", site.site_id)])
    minute = world.now_minute() - 1
    day, into = divmod(minute, MINUTES_PER_DAY)
    flows = world.model.minute_day(site.site_id, day).flows[:, into].copy()
    flows[Flow.LOAD] += round(world.switches.get("load_bias_w", site.site_id))
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
        level = int(100 * world.model.store(site.site_id, minute) / site.battery.capacity_wmin)
        found["STORAGE"] = part(
            flows[Flow.CHARGE] + flows[Flow.DISCHARGE],
            chargeLevel=level,
            critical=level < _CRITICAL_PCT,
        )
    return {"siteCurrentPowerFlow": found}


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
