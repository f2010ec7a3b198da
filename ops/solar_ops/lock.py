"""One run at a time for one warehouse.

The operating system holds the lock and drops it with the process, however that ends: no
stale file has to be cleared by hand. The child that does the loading inherits it, so that
a run whose parent was killed still counts as under way.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from solar_ops.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

if os.name == "nt":  # pragma: no cover - exercised on Windows only
    import msvcrt

    def _take(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def exclusive(path: Path, told: Mapping[str, Any]) -> Iterator[int]:
    """Hold the lock, and say in a file beside it who does.

    Args:
        path: The lock file; created where absent, never removed.
        told: What another run may tell its user.

    Yields:
        The file descriptor that holds the lock, for a child to inherit.

    Raises:
        BusyError: Another run holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_suffix(".json")
    with path.open("a+", encoding="utf-8") as file:
        try:
            _take(file)
        except OSError:
            raise BusyError(_who(holder)) from None
        holder.write_text(json.dumps(told) + "\n", encoding="utf-8")
        try:
            yield file.fileno()
        finally:
            holder.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Return whether a run is under way."""
    if not path.exists():
        return False
    with path.open("a+", encoding="utf-8") as file:
        try:
            _take(file)
        except OSError:
            return True
    return False


def holder_of(path: Path) -> dict[str, Any]:
    """Return what the holder of a lock told about itself; empty if it told nothing."""
    try:
        found = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _who(holder: Path) -> str:
    told = holder_of(holder)
    who = f" (run {told['run_id']}, since {told['started_at']}, process {told['pid']})" if (
        {"run_id", "started_at", "pid"} <= told.keys()
    ) else ""  # fmt: skip
    return f"another run is under way{who}; nothing was done, try again when it has ended"
