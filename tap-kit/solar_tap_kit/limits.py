"""Limits of a vendor, and when the next call fits into them: pure arithmetic, no storage."""

from __future__ import annotations

import calendar
import datetime as dt
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Period = dt.timedelta | Literal["day", "month"]

Event = tuple[dt.datetime, int]
"""When a call was made, aware UTC, and what it cost."""

LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)

DAY = dt.timedelta(days=1)

MOST_GONE = 100
"""Calls that no longer count are let go of so many at a time."""


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
        month_begins_on: Day on which a period of a month begins; in a shorter month its last.
    """

    name: str
    amount: int
    period: Period
    scope: Literal["account", "site", "endpoint"] = "account"
    endpoints: tuple[str, ...] = ()
    learned: bool = False
    reserve: int = 0
    month_begins_on: int = 1

    @property
    def is_rolling(self) -> bool:
        """Whether the period goes along with the time, rather than by the calendar."""
        return isinstance(self.period, dt.timedelta)

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
        if self.period == "day":
            return start
        begin = self._month_begin(start)
        return begin if begin <= start else self._month_begin(start.replace(day=1) - DAY)

    def resets(self, now: dt.datetime) -> dt.datetime | None:
        """Return when a calendar period ends; None for a rolling one."""
        if isinstance(self.period, dt.timedelta):
            return None
        start = self.begins(now)
        if self.period == "day":
            return start + DAY
        return self._month_begin(start.replace(day=1) + 31 * DAY)

    def _month_begin(self, day: dt.datetime) -> dt.datetime:
        """Return when the period begins in the calendar month of a day."""
        last = calendar.monthrange(day.year, day.month)[1]
        return day.replace(day=min(self.month_begins_on, last))


class Meter:
    """What has been spent under one limit's key, and when more fits.

    Of a rolling period every call is kept, because each of them comes back at its own time;
    of a calendar period only the sum. A fleet has two of these a site: calls stand in plain
    arrays.

    Args:
        limit: The limit.
        events: The calls so far, oldest first; those before the period are harmless.
    """

    __slots__ = ("_at", "_costs", "_gone", "_limit", "_since", "_total")

    def __init__(self, limit: Limit, events: Iterable[Event] = ()) -> None:
        self._limit = limit
        self._at = array("d")
        self._costs = array("q")
        self._gone = 0
        self._since = LONG_AGO
        self._total = 0
        for at, cost in events:
            self.add(at, cost)

    def used(self, now: dt.datetime) -> int:
        """Return what counts at `now`."""
        since = self._limit.begins(now)
        if not self._limit.is_rolling:
            self._begin(since)
            return self._total
        oldest = since.timestamp()
        while self._gone < len(self._at) and self._at[self._gone] <= oldest:
            self._total -= self._costs[self._gone]
            self._gone += 1
        if self._gone > MOST_GONE:
            del self._at[: self._gone], self._costs[: self._gone]
            self._gone = 0
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
        for place in range(self._gone, len(self._at)):
            spent -= self._costs[place]
            if spent + cost <= self._limit.usable or spent == 0:
                at = dt.datetime.fromtimestamp(self._at[place], dt.UTC)
                return min(at, now) + period
        return now + period

    def add(self, at: dt.datetime, cost: int) -> None:
        """Count a call."""
        if self._limit.is_rolling:
            self._at.append(at.timestamp())
            self._costs.append(cost)
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
