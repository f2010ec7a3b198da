"""History V1: flows between nodes (docs/vendors/sigen.md, history V1).

Here battery + is discharge and grid + is import: both opposite to the energy flow.
"""

from datetime import date

import numpy as np

from solar_simulator.model import STEP_MINUTES
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.sigen.history import span
from solar_simulator.sigen.periods import day_labels, published_minute
from solar_simulator.site import Site
from solar_simulator.units import kwh
from solar_simulator.world import World
from solar_simulator.zones import day_start, local_date

_DIP_MINUTES = 30
_DIP_SHARE = 0.99
_NODES = (
    ("FROM_SOLAR", Flow.PV),
    ("FROM_BATTERY", Flow.DISCHARGE),
    ("TO_BATTERY", Flow.CHARGE),
    ("FROM_GRID", Flow.IMPORT),
    ("TO_LOAD", Flow.LOAD),
    ("TO_GRID", Flow.EXPORT),
)


def sankey_history(world: World, site: Site, level: str, day: date) -> dict[str, object]:
    """Nodes and links in kWh, and for a day the powers in kW behind them.

    The links are the real flows, battery to grid among them; the car is part of the load, but
    for one that a DC charger feeds.
    """
    start, end = span(world, site, level, day)
    share = _lifetime_share(world, site, level)
    flows = world.energy(site.site_id, start, end)
    car = _car(site, flows)
    return {
        "sankeyData": {"nodes": _nodes(flows, car, share), "links": _links(flows, car, share)},
        "chartData": {
            "chartName": "Energy",
            "unit": "kW" if level == "day" else "kWh",
            "chartType": "LINE" if level == "day" else "BAR",
            "dataSeries": _series(world, site, day) if level == "day" else [],
            "preTimePeriodTotal": None,
        },
    }


def _lifetime_share(world: World, site: Site, level: str) -> float:
    now = world.now_minute()
    midnight = day_start(site.zone, local_date(site.zone, now))
    early = now - midnight < _DIP_MINUTES
    dips = level == "lifetime" and early and world.switches.get("sigen.lifetime_dip", site.site_id)
    return _DIP_SHARE if dips else 1.0


def _car(site: Site, flows: Ints) -> Ints:
    """What goes into the car on the DC side: all of it, or nothing."""
    on_dc = site.charger is not None and site.charger.kind == "DcCharger"
    drawn: Ints = flows[Flow.EV] * int(on_dc)
    return drawn


def _nodes(flows: Ints, car: Ints, share: float) -> list[dict[str, object]]:
    own = {"TO_LOAD": flows[Flow.LOAD] - car, "TO_EVDC": car, "FROM_EVDC": 0}
    every = {**{name: flows[flow] for name, flow in _NODES}, **own}
    return [{"id": name, "value": round(kwh(energy) * share, 2)} for name, energy in every.items()]


def _links(flows: Ints, car: Ints, share: float) -> list[dict[str, object]]:
    """The flows between nodes; each source has the part in the car that it has in the load."""
    grid_to_battery = flows[Flow.GRID_TO_BATTERY]
    pv_to_battery = flows[Flow.CHARGE] - grid_to_battery
    battery_to_load = flows[Flow.BATTERY_TO_LOAD]
    pv_to_load = flows[Flow.PV] - pv_to_battery - flows[Flow.PV_TO_GRID]
    load = max(int(flows[Flow.LOAD]), 1)
    pv_to_car, battery_to_car = (
        int(part) * int(car) // load for part in (pv_to_load, battery_to_load)
    )
    grid_to_car = car - pv_to_car - battery_to_car
    links = {
        ("FROM_SOLAR", "TO_BATTERY"): pv_to_battery,
        ("FROM_SOLAR", "TO_LOAD"): pv_to_load - pv_to_car,
        ("FROM_SOLAR", "TO_EVDC"): pv_to_car,
        ("FROM_SOLAR", "TO_GRID"): flows[Flow.PV_TO_GRID],
        ("FROM_BATTERY", "TO_LOAD"): battery_to_load - battery_to_car,
        ("FROM_BATTERY", "TO_EVDC"): battery_to_car,
        ("FROM_BATTERY", "TO_GRID"): flows[Flow.DISCHARGE] - battery_to_load,
        ("FROM_GRID", "TO_LOAD"): flows[Flow.IMPORT] - grid_to_battery - grid_to_car,
        ("FROM_GRID", "TO_EVDC"): grid_to_car,
        ("FROM_GRID", "TO_BATTERY"): grid_to_battery,
    }
    return [
        {"sourceId": source, "targetId": target, "value": round(kwh(energy) * share, 2)}
        for (source, target), energy in links.items()
        if energy > 0
    ]


def _series(world: World, site: Site, day: date) -> list[dict[str, object]]:
    start, end = span(world, site, "day", day, clip=False)
    series = world.steps(site.site_id, start - STEP_MINUTES, end).flows[:, :-1]
    stamps = np.arange(start, end, STEP_MINUTES)
    shown = (stamps >= site.installed_minute) & (stamps <= published_minute(world, site))
    labels = day_labels(site.zone, start, end, "compact")
    still = np.zeros(len(stamps), dtype=np.int64)
    car = _car(site, series)
    lines = {
        "FROM_SOLAR": series[Flow.PV],
        "BATTERY": series[Flow.DISCHARGE] - series[Flow.CHARGE],
        "TO_EVDC": car,
        "FROM_EVDC": still,
        "GRID": series[Flow.IMPORT] - series[Flow.EXPORT],
        "TO_LOAD": series[Flow.LOAD] - car,
    }
    return [
        {
            "id": name,
            "points": [
                {"time": label, "value": value}
                for label, value, there in zip(
                    labels, np.round(line / STEP_MINUTES / 1000, 2).tolist(), shown, strict=True
                )
                if there
            ],
        }
        for name, line in lines.items()
    ]
