"""Overview, alerts, benefits and live flow (docs/vendors/solaredge.md, v2 endpoints)."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.site import Alert, Site
from solar_simulator.solaredge.flow import flow_by_connections, flow_by_status
from solar_simulator.solaredge.misplaced import alert_as_listed
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.solaredge.v2.windows import read_window
from solar_simulator.units import WMIN_PER_KWH, WMIN_PER_WH
from solar_simulator.world import World
from solar_simulator.zones import to_minute

_KG_CO2_PER_KWH = 0.392
_MILES_PER_KWH = 3.3
_POUNDS_PER_KG = 2.2046
_ALERTS_MOST = 100


def overview(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """Energies of a window in Wh; parts and consumption are null without meters.

    The default window is today so far: these are not lifetime totals.
    """
    flows = _window_flows(world, site, query)
    made = _wh(flows, Flow.PV)
    if not site.metered:
        nothing = dict.fromkeys(("toSelfConsumption", "toStorage", "toGrid"))
        production = {"total": made, "unit": "WH", **nothing}
        sources = dict.fromkeys(("fromPv", "fromStorage", "fromGrid"))
        consumption = {"total": None, "unit": "WH", **sources}
    else:
        production, consumption = _parts(flows, made)
    return {"siteId": int(site.site_id), "production": production, "consumption": consumption}


def _parts(flows: Ints, made: float) -> tuple[dict[str, object], dict[str, object]]:
    """The last part of each is what the printed others leave, so that they add up."""
    used = _wh(flows, Flow.LOAD)
    to_storage = _rounded(flows[Flow.CHARGE] - flows[Flow.GRID_TO_BATTERY])
    to_grid = _wh(flows, Flow.PV_TO_GRID)
    from_storage = _wh(flows, Flow.BATTERY_TO_LOAD)
    from_grid = _rounded(flows[Flow.IMPORT] - flows[Flow.GRID_TO_BATTERY])
    return (
        {
            "total": made,
            "unit": "WH",
            "toSelfConsumption": made - to_storage - to_grid,
            "toStorage": to_storage,
            "toGrid": to_grid,
        },
        {
            "total": used,
            "unit": "WH",
            "fromPv": used - from_storage - from_grid,
            "fromStorage": from_storage,
            "fromGrid": from_grid,
        },
    )


def performance(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """Energy per kWp of the window; the ratio is never known."""
    made_kwh = int(_window_flows(world, site, query)[Flow.PV]) / WMIN_PER_KWH
    return {"specificYield": round(made_kwh / site.pv_kwp, 4), "performanceRatio": None}


def benefits(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """What the lifetime's PV energy saved: kg and miles, or pounds and miles.

    Raises:
        ProblemError: 400 for another unit than METRIC or IMPERIAL.
    """
    unit = query.get("unit", "METRIC")
    if unit not in {"METRIC", "IMPERIAL"}:
        raise ProblemError(400, f"Unknown unit '{unit}'")
    life = world.energy(site.site_id, site.installed_minute, world.now_minute())
    made_kwh = int(life[Flow.PV]) / WMIN_PER_KWH
    kilograms = made_kwh * _KG_CO2_PER_KWH
    return {
        "co2Emissions": round(kilograms * (_POUNDS_PER_KG if unit == "IMPERIAL" else 1), 4),
        "evMiles": round(made_kwh * _MILES_PER_KWH, 4),
    }


def power_flow(world: World, site: Site, _query: Mapping[str, str]) -> dict[str, object]:
    """The live flow, which only paid tiers see.

    Raises:
        ProblemError: 403 on the free tier.
    """
    if world.switches.get("solaredge.tier", site.site_id) == "free":
        raise ProblemError(403, "This endpoint is not included in the current plan")
    form = world.switches.get("solaredge.power_flow", site.site_id)
    return (flow_by_status if form == "status" else flow_by_connections)(world, site)


def alerts(world: World, sites: Sequence[Site], query: Mapping[str, str]) -> list[object]:
    """Alerts that began by now, only the open ones if the query says so, in pages.

    Raises:
        ProblemError: 400 for a page that is no number.
    """
    try:
        page, size = int(query.get("page", 1)), int(query.get("alerts-in-page", _ALERTS_MOST))
    except ValueError:
        raise ProblemError(400, "'page' and 'alerts-in-page' are numbers") from None
    if page < 1 or not 1 <= size <= _ALERTS_MOST:
        raise ProblemError(400, f"pages count from 1 and hold 1 to {_ALERTS_MOST} alerts")
    now = world.now_minute()
    only_open = query.get("only-open") == "true"
    found: list[object] = [
        alert_as_listed(world, site, index, _alert(site, index, closed=closed))
        for site in sites
        for index, alert in enumerate(site.alerts)
        if to_minute(alert.first_trigger) <= now
        if not (closed := _is_closed(world, site, alert)) or not only_open
    ]
    return found[(page - 1) * size : page * size]


def _is_closed(world: World, site: Site, alert: Alert) -> bool:
    hours = float(world.switches.get("solaredge.alert_hours", site.site_id))
    return bool(hours) and world.now_minute() >= to_minute(alert.first_trigger) + hours * 60


def _alert(site: Site, index: int, *, closed: bool) -> dict[str, object]:
    alert = site.alerts[index]
    begun = f"{alert.first_trigger.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    inverter = site.inverter_index(alert.serial)
    return {
        "alertId": alert.alert_id,
        "siteId": int(site.site_id),
        "category": alert.category,
        "type": alert.kind,
        "impact": alert.impact,
        "status": "CLOSED" if closed else "OPEN",
        "firstTrigger": begun,
        "lastTrigger": begun,
        "component": {
            "name": "Battery 1.1" if inverter is None else f"Inverter {inverter + 1}",
            "serialNumber": alert.serial,
        },
        "errorCodes": [],
    }


def _window_flows(world: World, site: Site, query: Mapping[str, str]) -> Ints:
    window = read_window(world, site, {"resolution": "TOTAL", **query})
    start, end = to_minute(window.begin), min(to_minute(window.end), window.now_minute)
    return world.energy(site.site_id, start, end)


def _wh(flows: Ints, flow: Flow) -> float:
    return _rounded(flows[flow])


def _rounded(energy_wmin: int) -> float:
    return float(round(int(energy_wmin) / WMIN_PER_WH))
