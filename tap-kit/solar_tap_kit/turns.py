"""Whose turn is it: windows in plan order, but never a site before it may be asked again."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.windows import Site, Window

LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


class Turns:
    """Hands out the windows of a plan while sites rest between calls.

    Vendors limit each site by itself. A site that rests gives its turn to the next one in
    the plan; only when all rest does the caller have to wait.

    Args:
        plan: All windows in the order in which they are wanted.
    """

    def __init__(self, plan: Sequence[Window]) -> None:
        self._queues: dict[str, deque[tuple[int, Window]]] = {}
        for index, window in enumerate(plan):
            self._queues.setdefault(window.site.id, deque()).append((index, window))
        self._ready = [(queue[0][0], site_id) for site_id, queue in self._queues.items()]
        heapq.heapify(self._ready)
        self._resting: list[tuple[dt.datetime, str]] = []
        self._left = len(plan)

    def __len__(self) -> int:
        """Return how many windows are left."""
        return self._left

    def take(self, now: dt.datetime) -> Window | None:
        """Return the next window whose site may be asked at `now`, or None if all rest."""
        while self._resting and self._resting[0][0] <= now:
            _, site_id = heapq.heappop(self._resting)
            if queue := self._queues.get(site_id):
                heapq.heappush(self._ready, (queue[0][0], site_id))
        while self._ready:
            _, site_id = heapq.heappop(self._ready)
            if queue := self._queues.get(site_id):
                return queue[0][1]
        return None

    def ready_at(self) -> dt.datetime | None:
        """Return when the first resting site may be asked again, or None if no site rests."""
        return self._resting[0][0] if self._resting else None

    def peek(self, site: Site) -> Window | None:
        """Return the site's next window without taking it."""
        queue = self._queues.get(site.id)
        return queue[0][1] if queue else None

    def done(self, window: Window, ready_at: dt.datetime = LONG_AGO) -> None:
        """Strike off the window that `take` returned; its site may be asked from `ready_at`."""
        self._queues[window.site.id].popleft()
        self._left -= 1
        self.postpone(window, ready_at)

    def postpone(self, window: Window, ready_at: dt.datetime) -> None:
        """Let the window's site rest until `ready_at`; its next window comes then."""
        heapq.heappush(self._resting, (ready_at, window.site.id))

    def drop(self, window: Window, *, source_only: bool) -> int:
        """Strike off the windows of the window's site and return how many those were.

        Args:
            window: The window that `take` returned.
            source_only: Keep the site's windows of other sources.
        """
        queue = self._queues.pop(window.site.id)
        kept = deque(item for item in queue if source_only and item[1].source != window.source)
        if kept:
            self._queues[window.site.id] = kept
            self.postpone(window, LONG_AGO)
        dropped = len(queue) - len(kept)
        self._left -= dropped
        return dropped
