"""What keeping up costs, day after day: whether the account's limits carry it.

A plan says what is to be done now. Whether the same sites can be kept up to date for a month
is another question, and people ask it before they begin.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, local_date
from solar_tap_kit.windows import Days, Window

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from solar_tap_kit.cloud import Source
    from solar_tap_kit.limits import Limit
    from solar_tap_kit.windows import Site

LONGEST_MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What a run a day costs once the history is there.

    Attributes:
        unit: `calls` or `credits`.
        cost_a_day: What a day costs, weekly things by their share.
        busiest: What a day costs of the site that is asked most, bulk calls counted whole.
        limits: The account's limits.
    """

    unit: str
    cost_a_day: float
    busiest: float
    limits: Sequence[Limit]

    @property
    def carried(self) -> list[tuple[Limit, float, bool]]:
        """Each limit of a day or month, what upkeep takes of it, and whether it is enough."""
        found = []
        for limit in self.limits:
            cost = self.busiest if limit.scope == "site" else self.cost_a_day
            if limit.period == "month":
                cost *= LONGEST_MONTH_DAYS
            elif limit.period != DAY or limit.endpoints or limit.learned:
                continue
            found.append((limit, cost, cost <= limit.usable))
        return found

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "cost_a_day": round(self.cost_a_day, 2),
            "limits": [
                {"name": limit.name, "cost": round(cost, 2), "usable": limit.usable, "fits": fits}
                for limit, cost, fits in self.carried
            ],
        }

    def as_text(self) -> str:
        """Return it for people, in one line."""
        parts = [f"keeping up takes about {self.cost_a_day:.0f} {self.unit} a day"]
        parts += [
            f"{math.ceil(cost)} of {limit.usable} under {limit.name}"
            f" ({'enough' if fits else 'NOT ENOUGH: the newest days come late'})"
            for limit, cost, fits in self.carried
        ]
        return "; ".join(parts)


def upkeep(
    sources: Sequence[Source],
    sites: Sequence[Site],
    now: dt.datetime,
    unit: str,
    limits: Sequence[Limit],
) -> Upkeep:
    """Return what a run a day will cost; spends nothing.

    Args:
        sources: What is asked.
        sites: The sites.
        now: The present: in winter days are shorter, and cheaper with some vendors.
        unit: `calls` or `credits`.
        limits: The account's limits.
    """
    # The list of sites is asked once a day.
    total = 1.0 if sites else 0.0
    by_site: defaultdict[str, float] = defaultdict(float)
    for source in sources:
        days = 1 if source.refresh is None else max(1, math.ceil(source.refresh / DAY))
        for part in _parts(sites, source.group):
            windows = [_yesterday(source, site, now) for site in part]
            cost = source.cost(windows)
            total += cost / days
            for site in part:
                by_site[site.id] += cost / days
    return Upkeep(unit, total, max(by_site.values(), default=0), limits)


def _yesterday(source: Source, site: Site, now: dt.datetime) -> Window:
    today = local_date(now, site.tz)
    return Window(source.name, site, Days(today - DAY, today), "upkeep")


def _parts(sites: Sequence[Site], size: int) -> Iterator[Sequence[Site]]:
    for begin in range(0, len(sites), size):
        yield sites[begin : begin + size]
