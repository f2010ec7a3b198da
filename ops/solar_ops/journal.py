"""The runs of `solar sync`, one line of JSON at the start and one at the end of each."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

KEPT_LINES = 2000
"""About three years of a run a day; older lines are dropped."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run.

    Attributes:
        run_id: Its id, which Meltano knows too.
        started_at: When it began, UTC.
        ended_at: When it ended; None while it runs, or when it was killed.
        result: ok, partial, failed, or empty while it has not ended.
        steps: What each step came to.
    """

    run_id: str
    started_at: str
    ended_at: str | None = None
    result: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)


class Journal:
    """The file of runs.

    Args:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def started(self, run_id: str, at: dt.datetime) -> None:
        """Note that a run begins."""
        self._shorten()
        self._append({"run_id": run_id, "started_at": stamp(at), "pid": os.getpid()})

    def ended(self, run_id: str, at: dt.datetime, result: str, steps: list[dict[str, Any]]) -> None:
        """Note what a run has come to."""
        self._append({"run_id": run_id, "ended_at": stamp(at), "result": result, "steps": steps})

    def runs(self) -> list[RunRecord]:
        """Return the runs, oldest first; a line that was cut off by a crash is left out."""
        found: dict[str, dict[str, Any]] = {}
        for line in self._lines():
            try:
                entry = json.loads(line)
                found.setdefault(entry["run_id"], {}).update(entry)
            except (ValueError, KeyError, TypeError):
                continue
        return [
            RunRecord(
                run_id=entry["run_id"],
                started_at=entry["started_at"],
                ended_at=entry.get("ended_at"),
                result=entry.get("result", ""),
                steps=entry.get("steps", []),
            )
            for entry in found.values()
            if "started_at" in entry
        ]

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def _append(self, entry: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _shorten(self) -> None:
        lines = self._lines()
        if len(lines) > KEPT_LINES:
            fresh = self._path.with_suffix(".new")
            fresh.write_text("\n".join(lines[-KEPT_LINES:]) + "\n", encoding="utf-8")
            fresh.replace(self._path)


def stamp(at: dt.datetime) -> str:
    """Return an instant as text, to the second."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
