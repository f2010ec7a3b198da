"""Day answers that are wrong: readings that no counter gives, totals of another day.

Each is a switch of its own (docs/vendors/sigen.md, data quality). Unlike the oddities they
have not all been seen in this cloud; other clouds and loggers of the same kind do each of them.
"""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from solar_simulator.noise import Ints
from solar_simulator.sigen.oddities import ENERGIES, STATE, Row
from solar_simulator.site import Site
from solar_simulator.world import World

Yesterday = Callable[[], Mapping[str, float]]
"""Works out the totals of the day before: physics of one more day, so only where wanted."""

_WH_PER_KWH = 1000
_NEGATIVE_KWH = -0.05
_IMPOSSIBLE_PCT = 6553.5


def wrong_rows(
    world: World, site: Site, stamps: Ints, rows: list[Row], yesterday: Yesterday
) -> None:
    """Spoil rows of a day in place.

    Args:
        world: Switches.
        site: The station.
        stamps: UTC minute of each row.
        rows: By field name, one for each stamp.
        yesterday: Totals of the day before, kWh, by the rows' field names.
    """
    switches = world.switches
    spike = switches.get("sigen.spike_kwh", site.site_id, int(stamps[0]))
    wrong: dict[str, Callable[[], Mapping[str, float | None]]] = {
        "sigen.null_counters": lambda: dict.fromkeys(ENERGIES),
        "sigen.counter_spikes": lambda: dict.fromkeys(ENERGIES, spike),
        "sigen.stale_counters": yesterday,
        "sigen.negative_counters": lambda: dict.fromkeys(ENERGIES, _NEGATIVE_KWH),
        "sigen.impossible_soc": lambda: {STATE: _IMPOSSIBLE_PCT},
    }
    for name, values in wrong.items():
        hit = np.flatnonzero(switches.hits(name, site.site_id, stamps))
        if len(hit):
            found = values()
            for index in hit:
                rows[index].update(found)
    if switches.get("sigen.energies_in_wh", site.site_id, int(stamps[0])):
        for row in rows:
            row.update(_in_wh(row, ENERGIES))
    for index in np.flatnonzero(switches.hits("sigen.frozen_rows", site.site_id, stamps)):
        if index:
            rows[index].update(rows[index - 1] | {"dataTime": rows[index]["dataTime"]})


def wrong_totals(
    world: World,
    site: Site,
    start: int,
    totals: Mapping[str, float],
    yesterday: Yesterday,
) -> Mapping[str, float | None]:
    """A Day answer's own totals as the switches want them.

    Args:
        world: Switches.
        site: The station.
        start: First UTC minute of the day.
        totals: The right ones, kWh.
        yesterday: Those of the day before, under the same names.
    """
    found: Mapping[str, float | None]
    match world.switches.get("sigen.day_totals", site.site_id, start):
        case "yesterday":
            found = yesterday()
        case "double":
            found = {name: round(2 * value, 2) for name, value in totals.items()}
        case "zero":
            found = dict.fromkeys(totals, 0.0)
        case "null":
            found = dict.fromkeys(totals)
        case "absent":
            found = {}
        case _:
            found = totals
    if world.switches.get("sigen.energies_in_wh", site.site_id, start):
        return _in_wh(found, found)
    return found


def _in_wh(values: Mapping[str, object], names: Collection[str]) -> dict[str, float | None]:
    return {
        name: value * _WH_PER_KWH if isinstance(value, int | float) else None
        for name, value in values.items()
        if name in names
    }
