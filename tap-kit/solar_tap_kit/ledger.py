"""Every call of every process of a user, in one file: may this call go now, and if not, when?

The call is written down before it is sent, so a process that is killed in between has
spent it, as the vendor sees it.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_tap_kit.book import Book, ClockAhead, calls_since, clock_ahead
from solar_tap_kit.limits import Limit, Meter
from solar_tap_kit.storage import Storage, account_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    at REAL NOT NULL,
    endpoint TEXT NOT NULL,
    site TEXT,
    cost INTEGER NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_by_account ON calls (account, at);
CREATE INDEX IF NOT EXISTS calls_by_site ON calls (account, site, at);
CREATE TABLE IF NOT EXISTS notes (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (account, name)
);
"""

KEPT = dt.timedelta(days=62)
"""How long calls are remembered: no limit looks back further than a month."""

REFUSED = "refused "
"""How notes on refused windows begin."""

OTHERS = "(others)"
"""Endpoint under which calls are counted that only the vendor knows of."""


@dataclass(frozen=True, slots=True)
class Left:
    """What one limit of the account, or of each site, still allows.

    Attributes:
        limit: The limit.
        used: What has been spent in its period.
        left: What may still be spent.
        resets_at: When a calendar period ends.
        site: Of a limit of each site, the site that has spent most of it.
    """

    limit: Limit
    used: int
    left: int
    resets_at: dt.datetime | None
    site: str | None = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """A call does not fit now.

    Attributes:
        limit: The limit that holds it back.
        at: When it will fit, aware UTC.
    """

    limit: Limit
    at: dt.datetime


class Ledger:
    """The calls of one account.

    Args:
        folder: Where the file lies.
        account: The account's identity; only its hash is stored.
        limits: The limits that the vendor declares.
    """

    def __init__(self, folder: Path, account: str, limits: Sequence[Limit]) -> None:
        self._file = Storage(folder, "ledger.sqlite", SCHEMA)
        self._account = account_hash(account)
        self._book = Book(self._account)
        self.limits = tuple(limits)
        self._learned: set[str] = set()
        self._outcomes: deque[tuple[str, int]] = deque()
        self._refusals = {
            name: int(value) for name, value in self._notes(REFUSED) if value.isdigit()
        }
        for limit in self.limits:
            if limit.learned and self.note(f"learned {limit.name}"):
                self._learned.add(limit.name)

    def reserve(self, endpoint: str, site: str | None, cost: int, now: dt.datetime) -> int | NotYet:
        """Write a call down if it fits every limit; return its number, or when it will fit."""
        with self._file.transaction() as db:
            if blocked := self._blocked(db, endpoint, site, cost, now):
                return blocked
            self._write_outcomes(db)
            cursor = db.execute(
                "INSERT INTO calls (account, at, endpoint, site, cost, outcome) "
                "VALUES (?, ?, ?, ?, ?, 'sent')",
                (self._account, now.timestamp(), endpoint, site, cost),
            )
            return cursor.lastrowid or 0

    def settle(self, number: int, outcome: str) -> None:
        """Note what became of a call: `ok`, or the kind of failure.

        It is written together with the next call: a killed process leaves its last one as
        `sent`, which is all that anybody knows of it.
        """
        self._outcomes.append((outcome, number))

    def _write_outcomes(self, db: sqlite3.Connection) -> None:
        known = [self._outcomes.popleft() for _ in range(len(self._outcomes))]
        db.executemany("UPDATE calls SET outcome = ? WHERE id = ?", known)

    def ready_at(
        self, endpoint: str, site: str | None, cost: int, now: dt.datetime
    ) -> NotYet | None:
        """Return when a call will fit, or None if it fits now. Spends nothing."""
        if not any(self._holds(limit, endpoint) for limit in self.limits):
            return None
        with self._file.reading() as db:
            return self._blocked(db, endpoint, site, cost, now)

    def learn(self, name: str, now: dt.datetime) -> None:
        """Keep to a limit from now on: the vendor has refused a call by it."""
        if name not in self._learned:
            self._learned.add(name)
            self.put_note(f"learned {name}", "yes", now)

    def has_learned(self, name: str) -> bool:
        """Return whether the vendor is known to enforce a limit."""
        return name in self._learned

    def correct(self, limit: Limit, remaining: int, now: dt.datetime) -> None:
        """Take the vendor's word for what remains of a limit, where it is less than ours.

        Other tools may use the same account; their calls are counted as one.
        """
        with self._file.transaction() as db:
            self._book.update(db, self.limits, now)
            used = self._book.meter(limit, "", None).used(now)
            unknown = limit.amount - used - remaining
            if unknown > 0:
                endpoint = limit.endpoints[0] if limit.endpoints else OTHERS
                db.execute(
                    "INSERT INTO calls (account, at, endpoint, site, cost, outcome) "
                    "VALUES (?, ?, ?, NULL, ?, 'others')",
                    (self._account, now.timestamp(), endpoint, unknown),
                )

    def left(self, now: dt.datetime) -> list[Left]:
        """Return what each limit of the account, and of each site, still allows."""
        found = []
        with self._file.reading() as db:
            self._book.update(db, self.limits, now)
            for limit in self.limits:
                if limit.scope == "endpoint":
                    continue
                site = self._busiest(db, limit, now) if limit.scope == "site" else None
                used = self._book.meter(limit, "", site).used(now)
                left = max(0, limit.usable - used)
                found.append(Left(limit, used, left, limit.resets(now), site))
        return found

    def _busiest(self, db: sqlite3.Connection, limit: Limit, now: dt.datetime) -> str | None:
        """Return the site that has spent most under a limit of each site."""
        row = db.execute(
            "SELECT site FROM calls WHERE account = ? AND at >= ? AND site IS NOT NULL "
            "GROUP BY site ORDER BY sum(cost) DESC, site LIMIT 1",
            (self._account, limit.begins(now).timestamp()),
        ).fetchone()
        return None if row is None else str(row[0])

    def meters(self, now: dt.datetime) -> dict[tuple[str, ...], Meter]:
        """Return what has been spent under every limit's every key, for a forecast."""
        meters: dict[tuple[str, ...], Meter] = {}
        with self._file.reading() as db:
            for limit in self.limits:
                rows = calls_since(db, self._account, limit.begins(now), now)
                for _, at, cost, endpoint, site in rows:
                    if limit.concerns(endpoint):
                        key = limit.key(endpoint, site)
                        meter = meters.setdefault(key, Meter(limit))
                        meter.add(dt.datetime.fromtimestamp(at, dt.UTC), cost)
        return meters

    def clock_ahead(self, now: dt.datetime) -> ClockAhead | None:
        """Return what is known about calls that are noted in the future, or None."""
        with self._file.reading() as db:
            return clock_ahead(db, self._account, now)

    def since_last(self, endpoint: str, site: str | None, now: dt.datetime) -> float | None:
        """Return the seconds between the last two calls of a site to an endpoint.

        That is how well spaced the call was that has just been answered. None if it was
        the only one.
        """
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT at FROM calls WHERE account = ? AND endpoint = ? AND site IS ? AND at <= ?"
                " ORDER BY at DESC LIMIT 2",
                (self._account, endpoint, site, now.timestamp()),
            ).fetchall()
        return None if len(rows) < 2 else rows[0][0] - rows[1][0]  # noqa: PLR2004 - a pair

    def last_calls(self) -> dict[str, int]:
        """Return the number of the last call of each site; later calls have higher ones."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT site, max(id) FROM calls WHERE account = ? AND site IS NOT NULL "
                "GROUP BY site",
                (self._account,),
            )
            return dict(rows.fetchall())

    def note(
        self, name: str, *, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> str | None:
        """Return what was noted under a name, from `since` to `until`, or None."""
        oldest = since.timestamp() if since else float("-inf")
        newest = until.timestamp() if until else float("inf")
        with self._file.reading() as db:
            row = db.execute(
                "SELECT value FROM notes WHERE account = ? AND name = ? AND at BETWEEN ? AND ?",
                (self._account, name, oldest, newest),
            ).fetchone()
        return None if row is None else str(row[0])

    def _notes(self, prefix: str) -> list[tuple[str, str]]:
        with self._file.reading() as db:
            return db.execute(
                "SELECT name, value FROM notes WHERE account = ? AND substr(name, 1, ?) = ?",
                (self._account, len(prefix), prefix),
            ).fetchall()

    def put_note(self, name: str, value: str | None, now: dt.datetime) -> None:
        """Note something about the account for later runs; None forgets it."""
        with self._file.transaction() as db:
            if value is None:
                db.execute(
                    "DELETE FROM notes WHERE account = ? AND name = ?", (self._account, name)
                )
            else:
                db.execute(
                    "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?)",
                    (self._account, name, value, now.timestamp()),
                )

    def refusals(self, window: str) -> int:
        """Return how often a window has met the quota in spite of keeping the distance."""
        return self._refusals.get(f"{REFUSED}{window}", 0)

    def count_refusal(self, window: str, now: dt.datetime) -> None:
        """Note that a window has met the quota in spite of keeping the distance."""
        name = f"{REFUSED}{window}"
        self._refusals[name] = self.refusals(window) + 1
        self.put_note(name, str(self._refusals[name]), now)

    def forget_refusals(self, window: str, now: dt.datetime) -> None:
        """Forget that a window was refused: it has been answered, or given up for good."""
        if self._refusals.pop(f"{REFUSED}{window}", 0):
            self.put_note(f"{REFUSED}{window}", None, now)

    def prune(self, now: dt.datetime) -> None:
        """Forget calls that no limit looks back to any more, but for each account's last one.

        Should the clock be ahead, that one tells until when it was right.
        """
        oldest = (now - KEPT).timestamp()
        with self._file.transaction() as db:
            db.execute(
                "DELETE FROM calls WHERE at < ? AND id NOT IN "
                "(SELECT max(id) FROM calls WHERE at < ? GROUP BY account)",
                (oldest, oldest),
            )

    def close(self) -> None:
        """Write down what is still to be written, and close the file."""
        if self._outcomes:
            with self._file.transaction() as db:
                self._write_outcomes(db)
        self._file.close()

    def _holds(self, limit: Limit, endpoint: str) -> bool:
        if limit.learned and limit.name not in self._learned:
            return False
        return limit.concerns(endpoint)

    def _blocked(
        self, db: sqlite3.Connection, endpoint: str, site: str | None, cost: int, now: dt.datetime
    ) -> NotYet | None:
        latest: NotYet | None = None
        self._book.update(db, self.limits, now)
        for limit in self.limits:
            if not self._holds(limit, endpoint) or (limit.scope != "account" and site is None):
                continue
            at = self._book.meter(limit, endpoint, site).earliest(cost, now)
            if at > now and (latest is None or at > latest.at):
                latest = NotYet(limit, at)
        return latest
