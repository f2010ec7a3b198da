"""The SQLite files in `state_dir`: opened alike, shared by every process of a user."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from solar_tap_kit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_S = 30.0
"""How long to wait for another process that holds the file."""


class Storage:
    """One SQLite file with a schema, usable from several threads and processes.

    Args:
        folder: Where it lies; created if need be, readable by its owner only.
        name: File name.
        schema: `CREATE ... IF NOT EXISTS` statements.

    Raises:
        SettingsError: The folder can't be written, or the file is not SQLite.
    """

    def __init__(self, folder: Path, name: str, schema: str) -> None:
        self._path = folder / name
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Created here, because SQLite would leave it readable by everybody.
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(
                self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            # A kill loses nothing; only a power cut may take the last calls with it.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(schema)
        except OSError as error:
            message = f"state_dir: {folder} can't be used: {error.strerror}"
        except sqlite3.Error as error:
            message = f"state_dir: {self._path} can't be used ({error}); move it away to start anew"
        else:
            return
        raise SettingsError(message)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run statements alone: no other thread or process reads or writes in between.

        Raises:
            SettingsError: The file is damaged, locked for too long, or the disk is full.
        """
        failure: str
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                failure = f"state_dir: {self._path} can't be used ({error})"
            else:
                return
        raise SettingsError(failure)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read without keeping others from writing.

        Raises:
            SettingsError: The file is damaged.
        """
        failure: str
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                failure = f"state_dir: {self._path} can't be used ({error})"
            else:
                return
        raise SettingsError(failure)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


def account_hash(account: str) -> str:
    """Return how an account is named in a file: the same in each run, without telling which."""
    return hashlib.sha256(account.encode()).hexdigest()[:16]


def default_folder() -> Path:
    """Return the per-user folder for state, by the machine's own convention."""
    import platformdirs  # noqa: PLC0415 - only needed where no folder is configured

    return Path(platformdirs.user_state_dir("solar-elt", appauthor=False))
