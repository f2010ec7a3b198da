"""Settled answers, kept compressed: what has been paid for once is never asked again.

An answer is found by what was asked (account, source, site, days), and its bodies by their
hash, so that one bulk answer for a hundred sites is kept once. A body that no longer has
its hash counts as absent and is asked again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard

from solar_tap_kit.storage import Storage, account_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from solar_tap_kit.windows import Days

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL,
    source TEXT NOT NULL,
    version TEXT NOT NULL,
    site TEXT NOT NULL,
    first_day TEXT NOT NULL,
    end_day TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    bodies TEXT NOT NULL,
    PRIMARY KEY (account, source, version, site, first_day, end_day)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (fetched_at);
CREATE TABLE IF NOT EXISTS bodies (
    sha256 TEXT PRIMARY KEY,
    body BLOB NOT NULL
);
"""

MEGABYTE = 1_000_000
LEVEL = 1
"""A day of five-minute rows shrinks to a tenth; higher levels take longer and save nothing."""

NO_MATTER_WHEN = "9999"
"""Later than every fetch time, which are compared as text."""

BATCH = 200
"""How many answers are dropped at a time when the archive is too large."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An archived answer.

    Attributes:
        bodies: What the cloud sent.
        fetched_at: When, in the tap's text form.
    """

    bodies: list[bytes]
    fetched_at: str


class Archive:
    """The settled answers of one account.

    Args:
        folder: Where the file lies.
        account: The account's identity; only its hash is stored.
    """

    def __init__(self, folder: Path, account: str) -> None:
        self._file = Storage(folder, "archive.sqlite", SCHEMA)
        self._account = account_hash(account)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)
        self._hashed: tuple[bytes, str] | None = None

    def put(
        self,
        source: str,
        version: str,
        site: str,
        days: Days,
        answer: Stored,
    ) -> None:
        """Keep an answer, in place of an older one to the same question."""
        hashes = []
        with self._file.transaction() as db:
            for body in answer.bodies:
                digest = self._digest(body)
                hashes.append(digest)
                # An answer for a hundred sites comes by a hundred times: compressed once.
                known = db.execute("SELECT 1 FROM bodies WHERE sha256 = ?", (digest,)).fetchone()
                if known is None:
                    compressed = self._compressor.compress(body)
                    db.execute("INSERT INTO bodies VALUES (?, ?)", (digest, compressed))
            db.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *self._key(source, version, site, days),
                    answer.fetched_at,
                    json.dumps(hashes),
                ),
            )

    def get(
        self, source: str, version: str, site: str, days: Days, *, latest: str = NO_MATTER_WHEN
    ) -> Stored | None:
        """Return the answer to a question, or None if it is not kept whole.

        Args:
            source: What was asked.
            version: What would change the meaning of an answer.
            site: The site.
            days: The days.
            latest: Answers of a later fetch time do not count: their clock was ahead.
        """
        with self._file.reading() as db:
            row = db.execute(
                "SELECT fetched_at, bodies FROM answers WHERE account = ? AND source = ? AND "
                "version = ? AND site = ? AND first_day = ? AND end_day = ? AND fetched_at <= ?",
                (*self._key(source, version, site, days), latest),
            ).fetchone()
            if row is None:
                return None
            bodies = [self._body(db, digest) for digest in json.loads(row[1])]
        whole = [body for body in bodies if body is not None]
        return Stored(whole, row[0]) if len(whole) == len(bodies) else None

    def has(
        self, source: str, version: str, site: str, days: Days, *, latest: str = NO_MATTER_WHEN
    ) -> bool:
        """Return whether the answer to a question is kept. Does not look at its bodies."""
        with self._file.reading() as db:
            row = db.execute(
                "SELECT 1 FROM answers WHERE account = ? AND source = ? AND version = ? "
                "AND site = ? AND first_day = ? AND end_day = ? AND fetched_at <= ?",
                (*self._key(source, version, site, days), latest),
            ).fetchone()
        return row is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept for this account."""
        with self._file.reading() as db:
            row = db.execute(
                "SELECT 1 FROM answers WHERE account = ? LIMIT 1", (self._account,)
            ).fetchone()
        return row is None

    def tidy(self, now: dt.datetime, *, keep_days: int | None, max_mb: float | None) -> None:
        """Drop answers that are too old, and the oldest until the rest fits, with their bodies."""
        with self._file.transaction() as db:
            if keep_days is not None:
                oldest = (now - dt.timedelta(days=keep_days)).isoformat(timespec="seconds")[:19]
                db.execute("DELETE FROM answers WHERE fetched_at < ?", (oldest,))
                self._drop_orphans(db)
            if max_mb is not None:
                while self._size(db) > max_mb * MEGABYTE:
                    db.execute(
                        "DELETE FROM answers WHERE (account, source, version, site, first_day, "
                        "end_day) IN (SELECT account, source, version, site, first_day, end_day "
                        "FROM answers ORDER BY fetched_at LIMIT ?)",
                        (BATCH,),
                    )
                    self._drop_orphans(db)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _digest(self, body: bytes) -> str:
        """Return a body's hash; the same answer comes by once for each of a hundred sites."""
        if self._hashed is None or self._hashed[0] is not body:
            self._hashed = (body, hashlib.sha256(body).hexdigest())
        return self._hashed[1]

    def _key(self, source: str, version: str, site: str, days: Days) -> Sequence[str]:
        first, end = days.first.isoformat(), days.end.isoformat()
        return (self._account, source, version, site, first, end)

    @staticmethod
    def _body(db: sqlite3.Connection, digest: str) -> bytes | None:
        row = db.execute("SELECT body FROM bodies WHERE sha256 = ?", (digest,)).fetchone()
        try:
            body = zstandard.decompress(row[0]) if row else None
        except zstandard.ZstdError:
            return None
        return body if body is not None and hashlib.sha256(body).hexdigest() == digest else None

    @staticmethod
    def _drop_orphans(db: sqlite3.Connection) -> None:
        db.execute(
            "DELETE FROM bodies WHERE sha256 NOT IN "
            "(SELECT value FROM answers, json_each(answers.bodies))"
        )

    @staticmethod
    def _size(db: sqlite3.Connection) -> int:
        return int(db.execute("SELECT coalesce(sum(length(body)), 0) FROM bodies").fetchone()[0])
