"""Limits of a vendor, and when the next call fits into them: pure arithmetic, no storage."""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Period = dt.timedelta | Literal["day", "month"]

Event = tuple[dt.datetime, int]
"""When a call was made, aware UTC, and what it cost."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much may be asked of a vendor in which time.

    Attributes:
        name: Its name in messages and in the ledger.
        amount: Calls, or credits, in each period.
        period: A rolling time, or a calendar day or month in UTC.
        scope: What is counted together: the account, each site, or each endpoint of a site.
        endpoints: The endpoints that it holds for; none named means all.
        learned: It holds only after the vendor has refused a call by it.
        reserve: What of `amount` is left for other tools.
    """

    name: str
    amount: int
    period: Period
    scope: Literal["account", "site", "endpoint"] = "account"
    endpoints: tuple[str, ...] = ()
    learned: bool = False
    reserve: int = 0

    @property
    def usable(self) -> int:
        """How much of the amount may be spent."""
        return max(0, self.amount - self.reserve)

    def concerns(self, endpoint: str) -> bool:
        """Return whether calls to an endpoint stand under this limit."""
        return not self.endpoints or endpoint in self.endpoints

    def key(self, endpoint: str, site: str | None) -> tuple[str, ...]:
        """Return what a call is counted under."""
        if self.scope == "account":
            return (self.name,)
        if self.scope == "site":
            return (self.name, site or "")
        return (self.name, site or "", endpoint)

    def begins(self, now: dt.datetime) -> dt.datetime:
        """Return the instant since which calls count, as seen from `now`."""
        if isinstance(self.period, dt.timedelta):
            return now - self.period
        start = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return start if self.period == "day" else start.replace(day=1)

    def resets(self, now: dt.datetime) -> dt.datetime | None:
        """Return when a calendar period ends; None for a rolling one."""
        if isinstance(self.period, dt.timedelta):
            return None
        start = self.begins(now)
        if self.period == "day":
            return start + dt.timedelta(days=1)
        return (start + dt.timedelta(days=32)).replace(day=1)


class Meter:
    """What has been spent under one limit's key, and when more fits.

    Of a rolling period every call is kept, because each of them comes back at its own time;
    of a calendar period only the sum.

    Args:
        limit: The limit.
        events: The calls so far, oldest first; those before the period are harmless.
    """

    def __init__(self, limit: Limit, events: Iterable[Event] = ()) -> None:
        self._limit = limit
        self._rolling = isinstance(limit.period, dt.timedelta)
        self._events: deque[Event] = deque()
        self._since = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._total = 0
        for at, cost in events:
            self.add(at, cost)

    def used(self, now: dt.datetime) -> int:
        """Return what counts at `now`."""
        since = self._limit.begins(now)
        if not self._rolling:
            self._begin(since)
        while self._events and self._events[0][0] <= since:
            self._total -= self._events.popleft()[1]
        return self._total

    def earliest(self, cost: int, now: dt.datetime) -> dt.datetime:
        """Return the first instant, `now` or later, at which a call of that cost fits.

        A call that costs more than the whole limit may go when nothing else counts. A
        machine clock that has been set back makes no call wait longer than one period.
        """
        spent = self.used(now)
        # A forecast asks about today again after it has filled tomorrow.
        now = max(now, self._since)
        if spent + cost <= self._limit.usable:
            return now
        period = self._limit.period
        if not isinstance(period, dt.timedelta):
            return self._limit.resets(now) or now
        if spent == 0:
            return now
        for at, freed in self._events:
            spent -= freed
            if spent + cost <= self._limit.usable or spent == 0:
                return min(at, now) + period
        return now + period

    def add(self, at: dt.datetime, cost: int) -> None:
        """Count a call."""
        if self._rolling:
            self._events.append((at, cost))
        else:
            since = self._limit.begins(at)
            if since < self._since:
                return
            self._begin(since)
        self._total += cost

    def _begin(self, since: dt.datetime) -> None:
        """Start a calendar period anew, if it is a later one."""
        if since > self._since:
            self._since = since
            self._total = 0
