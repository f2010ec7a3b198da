"""Whose turn is it: steps in plan order, but never a lane before it may go on.

Vendors limit each site by itself. A lane that rests gives its turn to the next one in the
plan; only when all rest does the run have to wait. A site in trouble rests with all of its
lanes, and comes after the others once it has been given up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import heapq
import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solar_tap_kit.plan import Key, Plan, Step

    Order = Callable[[Step], tuple[int, ...]]

Rank = tuple[int, ...]

LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
NO_STEPS: Iterator[Step] = iter(())


class _Lane:
    """A queue that is read from a plan only as far as it is needed.

    It reads a step ahead: where one step is all there is, as in a fleet that is kept up to
    date, what would make more of them is let go at once.
    """

    __slots__ = ("_pulled", "_steps")

    def __init__(self, steps: Iterator[Step]) -> None:
        self._pulled = list(itertools.islice(steps, 2))
        self._steps = steps if len(self._pulled) > 1 else NO_STEPS

    @property
    def head(self) -> Step | None:
        if not self._pulled:
            self._pulled = list(itertools.islice(self._steps, 1))
        return self._pulled[0] if self._pulled else None

    @property
    def second(self) -> Step:
        return self._pulled[1]

    def strike(self) -> None:
        del self._pulled[0]

    def insert(self, step: Step) -> None:
        self._pulled.insert(0, step)

    def keep(self, wanted: Callable[[Step], bool]) -> int:
        """Drop all steps that are not wanted and return how many those were."""
        rest = [*self._pulled, *self._steps]
        self._pulled = [step for step in rest if wanted(step)]
        self._steps = NO_STEPS
        return len(rest) - len(self._pulled)


class Turns:
    """Hands out the steps of a plan.

    Each lane has at most one step in flight: from `take` until `done`, `again` or `drop`.
    Of a lane that nobody has taken from yet only its place is known: a fleet has ten a site.

    Args:
        plan: What is to be done; used up.
        at_once: How many steps of one site may be in flight, so that a slow one does not
            keep every worker.
        order: Returns what comes before a step's place in the plan.
    """

    def __init__(self, plan: Plan, *, at_once: int = 1, order: Order | None = None) -> None:
        self._waiting = plan.lanes
        self._at_once = at_once
        self._order = order or (lambda _: ())
        self._lanes: dict[str, _Lane] = {}
        self._ready: list[tuple[Rank, Key, str]] = []
        self._resting: list[tuple[dt.datetime, Rank, Key, str]] = []
        self._in_flight: Counter[str | None] = Counter()
        self._parked: defaultdict[str, list[tuple[Rank, Key, str]]] = defaultdict(list)
        self._held: dict[str, dt.datetime] = {}
        self._last: set[str] = set()
        self._left = 0
        for name, steps in self._waiting.items():
            before = self._left
            for step in steps():
                if self._left == before:
                    self._ready.append((self._rank(step), step.key, name))
                self._left += 1
        heapq.heapify(self._ready)

    def __len__(self) -> int:
        """Return how many steps are left, those in flight included."""
        return self._left

    def take(self, now: dt.datetime) -> Step | None:
        """Return the next step whose lane and site may go on at `now`, or None if all rest."""
        while self._resting and self._resting[0][0] <= now:
            _, rank, key, name = heapq.heappop(self._resting)
            heapq.heappush(self._ready, (rank, key, name))
        while self._ready:
            rank, key, name = heapq.heappop(self._ready)
            if name not in self._lanes:
                self._lanes[name] = _Lane(self._waiting.pop(name)())
            step = self._lanes[name].head
            if step is None:
                message = f"the lane {name} was ready without a step: a bug, please report it"
                raise RuntimeError(message)
            site, current = step.place, self._rank(step)
            if current > rank:
                heapq.heappush(self._ready, (current, key, name))
            elif site is None:
                return step
            elif self._in_flight[site] >= self._at_once:
                self._parked[site].append((rank, key, name))
            elif self._held.get(site, LONG_AGO) > now:
                heapq.heappush(self._resting, (self._held[site], rank, key, name))
            else:
                self._in_flight[site] += 1
                return step
        return None

    def ready_at(self) -> dt.datetime | None:
        """Return when the first resting lane may go on, or None if no lane rests."""
        return self._resting[0][0] if self._resting else None

    def rest_until(self) -> dt.datetime:
        """Return when the first resting lane may go on, where none is ready.

        Raises:
            RuntimeError: None rests: rather an end than a run that never ends.
        """
        until = self.ready_at()
        if until is None:
            message = f"{len(self)} step(s) stand in no lane: a bug, please report it"
            raise RuntimeError(message)
        return until

    def hold(self, site: str, until: dt.datetime) -> None:
        """Let all lanes of a site rest; what is in flight is not touched."""
        self._held[site] = until

    def put_last(self, site: str) -> None:
        """Let a site's steps come after those of all other sites."""
        self._last.add(site)

    def done(self, step: Step) -> None:
        """Strike off a step that `take` returned."""
        self.strike(step)
        self.again(step)

    def again(self, step: Step, ready_at: dt.datetime = LONG_AGO) -> None:
        """Let a lane go on at `ready_at`, with the step that now stands first in it."""
        if step.place is not None and self._in_flight[step.place]:
            self._in_flight[step.place] -= 1
            for entry in self._parked.pop(step.place, ()):
                heapq.heappush(self._ready, entry)
        head = self._lanes[step.lane].head
        if head is None:
            del self._lanes[step.lane]
        else:
            heapq.heappush(self._resting, (ready_at, self._rank(head), head.key, step.lane))

    def put_before(self, step: Step) -> None:
        """Put a step in front of the one that `take` has just returned for its lane."""
        self._lanes[step.lane].insert(step)
        self._left += 1

    def after(self, step: Step) -> Step:
        """Return the step that stands behind a taken one in its lane."""
        return self._lanes[step.lane].second

    def strike(self, step: Step) -> None:
        """Strike off a taken step; the one behind it counts as taken."""
        self._lanes[step.lane].strike()
        self._left -= 1

    def drop(self, step: Step, unwanted: Callable[[Step], bool]) -> int:
        """Strike the unwanted steps off a taken step's lane and return how many those were."""
        dropped = self._lanes[step.lane].keep(lambda other: not unwanted(other))
        self._left -= dropped
        self.again(step)
        return dropped

    def split(self, step: Step) -> None:
        """Replace a taken step of several sites by two, each of half of them."""
        self.strike(step)
        middle = len(step.windows) // 2
        for windows in (step.windows[middle:], step.windows[:middle]):
            self.put_before(dataclasses.replace(step, windows=windows))
        self.again(step)

    def _rank(self, step: Step) -> Rank:
        return (int(step.place in self._last), *self._order(step))
