"""What has been spent under each limit, kept in memory and brought up to date from the file.

A fleet makes tens of thousands of calls a day: adding them all up again before each call
would cost more than the calls. Rows are only ever added, so those that are new since the
last look are enough.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from solar_tap_kit.limits import Meter

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from solar_tap_kit.limits import Limit

Key = tuple[str, ...]

FIRST_LOOK = (
    "SELECT id, at, cost, endpoint, site FROM calls WHERE account = ? AND at >= ? ORDER BY at, id"
)
SINCE_THEN = (
    "SELECT id, at, cost, endpoint, site FROM calls WHERE +account = ? AND id > ? ORDER BY id"
)
"""The plus keeps SQLite from an index that holds all of the account's calls, not the newest."""

OUT_OF_STEP = dt.timedelta(minutes=1)
"""Threads look at the clock before they wait for their turn here; that sets no clock back."""


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
        if self._last_id:
            rows = db.execute(SINCE_THEN, (self._account, self._last_id))
        else:
            oldest = min((limit.begins(now) for limit in limits), default=now)
            rows = db.execute(FIRST_LOOK, (self._account, oldest.timestamp()))
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
