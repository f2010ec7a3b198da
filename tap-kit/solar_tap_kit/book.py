"""What has been spent under each limit, kept in memory and brought up to date from the file.

A fleet makes tens of thousands of calls a day: adding them all up again before each call
would cost more than the calls. Rows are only ever added, so those that are new since the
last look are enough.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_tap_kit.clock import AHEAD
from solar_tap_kit.limits import Meter

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from solar_tap_kit.limits import Limit

Key = tuple[str, ...]

FIRST_LOOK = (
    "SELECT id, at, cost, endpoint, site FROM calls WHERE account = ? AND at >= ? ORDER BY at, id"
)
CORRECTED = (
    "SELECT id, CASE WHEN at > ? THEN ? ELSE at END AS made, cost, endpoint, site FROM calls "
    "WHERE account = ? AND at >= ? ORDER BY made, id"
)
SINCE_THEN = (
    "SELECT id, at, cost, endpoint, site FROM calls WHERE +account = ? AND id > ? ORDER BY id"
)
"""The plus keeps SQLite from an index that holds all of the account's calls, not the newest."""

OUT_OF_STEP = dt.timedelta(minutes=1)
"""Threads look at the clock before they wait for their turn here; that sets no clock back."""


@dataclass(frozen=True, slots=True)
class ClockAhead:
    """Calls that are noted in the future: the machine's clock was ahead when they were made.

    Attributes:
        furthest: The latest of those instants.
        known: When the last call before them was made, which was before the clock went wrong;
            None if no such call is remembered.
    """

    furthest: dt.datetime
    known: dt.datetime | None


def clock_ahead(db: sqlite3.Connection, account: str, now: dt.datetime) -> ClockAhead | None:
    """Return what the calls of an account say about a clock that was ahead, or None."""
    first, furthest = db.execute(
        "SELECT min(id), max(at) FROM calls WHERE account = ? AND at > ?",
        (account, (now + AHEAD).timestamp()),
    ).fetchone()
    if first is None:
        return None
    (known,) = db.execute(
        "SELECT max(at) FROM calls WHERE account = ? AND at <= ? AND id < ?",
        (account, now.timestamp(), first),
    ).fetchone()
    return ClockAhead(
        dt.datetime.fromtimestamp(furthest, dt.UTC),
        None if known is None else dt.datetime.fromtimestamp(known, dt.UTC),
    )


def calls_since(
    db: sqlite3.Connection, account: str, oldest: dt.datetime, now: dt.datetime
) -> Iterable[tuple[int, float, int, str, str | None]]:
    """Return number, instant, cost, endpoint and site of an account's calls, oldest first.

    A call in the future counts from the last instant that is known to be before it.
    """
    ahead = clock_ahead(db, account, now)
    if ahead is None:
        return db.execute(FIRST_LOOK, (account, oldest.timestamp()))
    made = (ahead.known or now).timestamp()
    limit = (now + AHEAD).timestamp()
    return db.execute(CORRECTED, (limit, made, account, oldest.timestamp()))


class Book:
    """The meters of one account.

    Args:
        account: As the file names it.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._limits: Sequence[Limit] = ()
        self._meters: dict[Key, Meter] = {}
        self._last_id = 0
        self._looked_at: dt.datetime | None = None

    def update(self, db: sqlite3.Connection, limits: Sequence[Limit], now: dt.datetime) -> None:
        """Take in what was written since the last look, by whatever process."""
        set_back = self._looked_at is not None and now < self._looked_at - OUT_OF_STEP
        if limits is not self._limits or set_back:
            self._limits = limits
            self._meters = {}
            self._last_id = 0
        self._looked_at = now
        rows: Iterable[tuple[int, float, int, str, str | None]]
        if self._last_id:
            rows = db.execute(SINCE_THEN, (self._account, self._last_id))
        else:
            oldest = min((limit.begins(now) for limit in limits), default=now)
            rows = calls_since(db, self._account, oldest, now)
        for number, at, cost, endpoint, site in rows:
            self._last_id = max(self._last_id, number)
            made_at = dt.datetime.fromtimestamp(at, dt.UTC)
            for limit in limits:
                if limit.concerns(endpoint) and (limit.scope == "account" or site is not None):
                    self.meter(limit, endpoint, site).add(made_at, cost)

    def meter(self, limit: Limit, endpoint: str, site: str | None) -> Meter:
        """Return what has been spent under one limit's key."""
        key = limit.key(endpoint, site)
        found = self._meters.get(key)
        if found is None:
            found = self._meters[key] = Meter(limit)
        return found
