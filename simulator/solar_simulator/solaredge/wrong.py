"""Series that are wrong: intervals without a value, and values that no site can have.

Totals by day stay right unless a switch says otherwise, as clouds add them up elsewhere.
"""

from collections.abc import Sequence

import numpy as np

from solar_simulator.site import Site
from solar_simulator.solaredge.buckets import Buckets
from solar_simulator.world import World

Value = float | None

IMPOSSIBLE_WH = 4_294_967_290.0
"""An unsigned counter that has gone below zero, as clouds and loggers show it."""

IMPOSSIBLE_PCT = 6553.5


def wrong_energies(
    world: World, site: Site, what: str, buckets: Buckets, values: Sequence[Value]
) -> list[Value]:
    """Energies as the switches want them.

    Args:
        world: Switches.
        site: The site.
        what: `pv`, `meters` or `storage`.
        buckets: The intervals; those of a day or more stay as they are.
        values: Wh, one for each.
    """
    found = wrong_nulls(world, site, what, buckets, values)
    if buckets.fine:
        starts = np.array(buckets.starts, dtype=np.int64)
        for index in np.flatnonzero(
            world.switches.hits(f"solaredge.impossible_{what}", site.site_id, starts)
        ):
            found[index] = IMPOSSIBLE_WH
        for index in np.flatnonzero(
            world.switches.hits("solaredge.negative_energies", site.site_id, starts)
        ):
            value = found[index]
            found[index] = None if value is None else -value - 1.0
    return found


def wrong_nulls(
    world: World, site: Site, what: str, buckets: Buckets, values: Sequence[Value]
) -> list[Value]:
    """Values of which some are null."""
    found = list(values)
    if buckets.fine and found:
        starts = np.array(buckets.starts, dtype=np.int64)
        hits = world.switches.hits(f"solaredge.null_{what}", site.site_id, starts)
        for index in np.flatnonzero(hits):
            found[index] = None
    return found


def wrong_totals(
    world: World, site: Site, buckets: Buckets, values: Sequence[Value]
) -> list[Value]:
    """Totals of days and more, null where the switch is on."""
    if buckets.fine:
        return list(values)
    return [
        None if world.switches.get("solaredge.null_totals", site.site_id, start) else value
        for start, value in zip(buckets.starts, values, strict=True)
    ]


def wrong_soc(
    world: World, site: Site, minutes: Sequence[int], pct: Sequence[Value]
) -> list[Value]:
    """States of charge, beyond all bounds where the switch strikes."""
    found = list(pct)
    if found:
        instants = np.array(minutes, dtype=np.int64)
        hits = world.switches.hits("solaredge.impossible_soc", site.site_id, instants)
        for index in np.flatnonzero(hits):
            found[index] = IMPOSSIBLE_PCT
    return found
