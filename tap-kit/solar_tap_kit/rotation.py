"""A budget that is too small for a night's work, shared so that every site and its history get on.

In the order of the plan, such a budget would be spent on the readings of now of the first
sites, every night anew, and no history would ever be read.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.ledger import Ledger
    from solar_tap_kit.plan import Plan, Step
    from solar_tap_kit.windows import Site

logger = logging.getLogger("solar_tap_kit.run")


SHARE = 6
"""Readings of now and totals each take one part in six at most: what is read of days that have
passed can be read later, but only if each night reads more days than it adds."""


class Rotation:
    """Site by site, the one first that was asked longest ago, if the budget is too small for all.

    Of a site's calls up to half are for history; of all calls a part is for readings of now, and
    another for totals.

    Args:
        plan: What is to be done.
        sites: The sites.
        budget: How many calls the run may spend, or None for any number.
        ledger: Knows when each site was asked last.
    """

    def __init__(
        self, plan: Plan, sites: Sequence[Site], budget: int | None, ledger: Ledger
    ) -> None:
        self._places: dict[str, int] = {}
        self._spent: Counter[tuple[str | None, bool]] = Counter()
        self._shares: Counter[str] = Counter()
        self._share = budget
        if budget is None or not _keeping_up_costs_more(plan, budget):
            self._share = None
            return
        logger.warning(
            "max_requests_per_run (%d) is less than keeping all sites up to date costs; the sites "
            "take turns from run to run",
            budget,
        )
        self._share = max(1, budget // SHARE)
        last_calls = ledger.last_calls()
        order = sorted(sites, key=lambda site: last_calls.get(site.id, 0))
        self._places = {site.id: place for place, site in enumerate(order)}

    def rank(self, step: Step) -> tuple[int, ...]:
        """Return what comes before a step's place in the plan."""
        site = step.place
        if self._share is None or site is None or step.archived:
            return (0, -1)
        spent, allowed = self._spent[site, True], max(1, self._spent[site, False])
        is_over = step.is_history and spent + step.cost > allowed
        return (int(is_over), self._places.get(site, 0))

    def leaves(self, step: Step) -> bool:
        """Return whether a step is left for a later run, as its kind has had its share.

        What adds to the series waits for a budget that carries the series.
        """
        if self._share is None:
            return False
        if step.source.after_history:
            return True
        if step.reason not in ("snapshot", "totals"):
            return False
        return self._shares[step.reason] + step.cost > self._share

    def started(self, step: Step) -> None:
        """Count what a step spends."""
        if self._share is not None:
            self._spent[step.place, step.is_history] += step.cost
            self._shares[step.reason] += step.cost


def _keeping_up_costs_more(plan: Plan, budget: int) -> bool:
    """Return whether the series' own upkeep costs more than a budget."""
    cost = 0
    for steps in plan.lanes.values():
        for step in steps():
            if step.is_history:
                # A lane's steps come in the order of the phases.
                break
            cost += 0 if step.source.after_history else step.cost
            if cost > budget:
                return True
    return False
