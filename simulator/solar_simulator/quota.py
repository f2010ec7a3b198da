"""Counting calls within a window of virtual time, and saying what is left."""

import threading
from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has used of a quota, whether or not it is enforced.

    Attributes:
        cloud: Whose quota.
        whose: The account, key, station or site that it is counted by.
        period: What it is counted over.
        used: Calls so far.
        limit: Calls allowed.
        free_at: When the next call is let in again (aware); None while some are left.
    """

    cloud: str
    whose: str
    period: str
    used: int
    limit: int
    free_at: datetime | None = None

    @property
    def left(self) -> int:
        """Calls that are still allowed."""
        return max(self.limit - self.used, 0)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        free_at = self.free_at.isoformat() if self.free_at else None
        return {**asdict(self), "left": self.left, "free_at": free_at}


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

    def lately(self, now: datetime, start: datetime) -> dict[Hashable, list[datetime]]:
        """The times after ``start``, up to ``now``, of every key that has any."""
        with self._lock:
            found = {
                key: [at for at in times if start < at <= now] for key, times in self._times.items()
            }
        return {key: times for key, times in found.items() if times}

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._times.clear()
