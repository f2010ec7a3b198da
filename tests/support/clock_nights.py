"""Every way in which a clock of the tz database changes: for tests that must know them all."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from typing import NamedTuple

FIRST, END = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2028, 1, 1, tzinfo=dt.UTC)
STEP = dt.timedelta(hours=12)
DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
HALF_HOUR = dt.timedelta(minutes=30)


class Transition(NamedTuple):
    """One clock change.

    Attributes:
        at: The first instant with the new offset.
        before: Local minus UTC before it.
        after: Local minus UTC from it on.
    """

    at: dt.datetime
    before: dt.timedelta
    after: dt.timedelta

    @property
    def day(self) -> dt.date:
        """The local day whose length it changes."""
        return (self.at + min(self.before, self.after)).date()

    @property
    def manner(self) -> tuple[object, ...]:
        """What tells two kinds of change apart: how far, at what wall clock, on which grid."""
        return self.after - self.before, (self.at + self.before).time(), self.before % HALF_HOUR


def _transitions(tz: zoneinfo.ZoneInfo) -> tuple[Transition, ...]:
    found = []
    at = FIRST
    while at < END:
        low, high = at, at + STEP
        before, after = low.astimezone(tz).utcoffset(), high.astimezone(tz).utcoffset()
        if before is not None and after is not None and before != after:
            while high - low > SECOND:
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                if middle.astimezone(tz).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            found.append(Transition(high, before, after))
        at += STEP
    return tuple(found)


@functools.cache
def zones() -> dict[str, tuple[Transition, ...]]:
    """Return one zone of each behaviour from 2020 to 2027, with its clock changes."""
    behaviours: dict[tuple[object, ...], str] = {}
    for name in sorted(zoneinfo.available_timezones()):
        tz = zoneinfo.ZoneInfo(name)
        behaviours.setdefault((FIRST.astimezone(tz).utcoffset(), _transitions(tz)), name)
    return {name: _transitions(zoneinfo.ZoneInfo(name)) for name in behaviours.values()}


def manners() -> dict[str, list[Transition]]:
    """Return the latest clock change of each manner, by zone."""
    latest: dict[tuple[object, ...], tuple[Transition, str]] = {}
    for name, changes in zones().items():
        for change in changes:
            known = latest.get(change.manner)
            if known is None or known[0].at < change.at:
                latest[change.manner] = (change, name)
    found: dict[str, list[Transition]] = {}
    for change, name in sorted(latest.values()):
        found.setdefault(name, []).append(change)
    return found
