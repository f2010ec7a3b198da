"""Folders of Meltano and dbt that a run must not share with a run into another warehouse.

Meltano keeps the configuration, catalog and state of a tap in one folder for all loaders, and
dbt its results in one for all environments. The lock of a run is by environment and loader;
so are these. Meltano's database, which holds the states, stays the one that it is.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from solar_ops.errors import BusyError
from solar_ops.lock import exclusive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solar_ops.settings import Settings

PLUGIN_FOLDERS = ("extractors", "loaders", "mappers", "utilities")
"""Where `meltano install` puts programs that have an environment of their own."""

LONGEST_START_SECONDS = 120
"""How long a run waits for another to make the database; making it takes a few seconds."""


def own_folders(settings: Settings, loader: str) -> dict[str, str]:
    """Return the variables that give Meltano and dbt the folders of a run; makes the folders.

    Args:
        settings: The settings in force.
        loader: `duckdb` or `postgres`.
    """
    shared = _meltano_folder(settings)
    own = shared / "sync" / f"{settings.meltano_environment}-{loader}"
    own.mkdir(parents=True, exist_ok=True)
    for name in PLUGIN_FOLDERS:
        if (shared / name).is_dir() and not (own / name).exists():
            # Without links, a program that was installed there is looked for on PATH.
            with contextlib.suppress(OSError):
                (own / name).symlink_to(shared / name, target_is_directory=True)
    found = {
        "MELTANO_SYS_DIR_ROOT": str(own),
        _target_variable(loader): str(dbt_target(settings, loader)),
    }
    if not settings.get("MELTANO_DATABASE_URI"):
        found["MELTANO_DATABASE_URI"] = f"sqlite:///{shared / 'meltano.db'}"
    return found


def dbt_target(settings: Settings, loader: str) -> Path:
    """Return the folder in which dbt leaves what came of its last command."""
    if named := settings.get(_target_variable(loader)):
        return settings.root / named
    environment = settings.meltano_environment
    name = loader if environment == "prod" else f"{environment}-{loader}"
    return settings.root / ".meltano" / "dbt" / name


@contextlib.contextmanager
def one_makes_the_database(settings: Settings) -> Iterator[None]:
    """Keep two first runs from making Meltano's database at the same time, which fails one.

    Who comes first makes it in its run; others wait until a run is noted in it.
    """
    made = contextlib.ExitStack()
    give_up_at = time.monotonic() + LONGEST_START_SECONDS
    while not _database_is_made(settings) and time.monotonic() < give_up_at:
        lock = settings.root / "data" / "locks" / "meltano-database.lock"
        try:
            made.enter_context(exclusive(lock, {}))
            break
        except BusyError:
            time.sleep(0.2)
    with made:
        yield


def _database_is_made(settings: Settings) -> bool:
    if settings.get("MELTANO_DATABASE_URI"):
        return True
    path = _meltano_folder(settings) / "meltano.db"
    if not path.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            return database.execute("select 1 from runs limit 1").fetchone() is not None
    except sqlite3.Error:
        return False


def _target_variable(loader: str) -> str:
    return f"DBT_{loader.upper()}_TARGET_PATH"


def _meltano_folder(settings: Settings) -> Path:
    return settings.root / Path(settings.get("MELTANO_SYS_DIR_ROOT") or ".meltano")
