"""Counting calls within a window of virtual time."""

import threading
from collections import defaultdict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta


class Tally:
    """How often something happened lately, by key. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: defaultdict[Hashable, deque[datetime]] = defaultdict(deque)

    def add(self, key: Hashable, now: datetime) -> None:
        """Count one at an instant."""
        with self._lock:
            self._times[key].append(now)

    def within(self, key: Hashable, now: datetime, window: timedelta) -> int:
        """How many in the last ``window`` before ``now``; older ones are forgotten."""
        return self.since(key, now, now - window)

    def since(self, key: Hashable, now: datetime, start: datetime) -> int:
        """How many after ``start``, up to ``now``; those before are forgotten.

        A clock that was set back leaves times in the future: they are forgotten too.
        """
        with self._lock:
            times = self._times[key]
            while times and times[0] <= start:
                times.popleft()
            while times and times[-1] > now:
                times.pop()
            return len(times)

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._times.clear()
