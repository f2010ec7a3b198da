"""Why the models failed: what dbt wrote down of its last command, not a line of its log."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CLOCK = re.compile(r"^(\x1b\[0m)?\d\d:\d\d:\d\d\s*")
ERROR = re.compile(r"\b(Error|ERROR|FAIL)\b")
HEADLINE = re.compile(r"\w+ Error( in .*)?")
FAILED = ("error", "fail", "runtime error")
LINES = 3
"""How much of a message is told; the log has the whole."""


def why_it_failed(target: Path, since: float) -> str:
    """Return what failed and why, in one line; empty where dbt wrote nothing of this run.

    Args:
        target: dbt's target folder.
        since: When the run began, as a POSIX timestamp; older results are of another run.
    """
    path = target / "run_results.json"
    try:
        if path.stat().st_mtime < since:
            return ""
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
        failed = [one for one in results if one["status"] in FAILED]
        skipped = sum(one["status"] == "skipped" for one in results)
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if not failed:
        return ""
    first, *more = failed
    pieces = [f"{len(more)} more failed"] if more else []
    pieces += [f"{skipped} skipped"] if skipped else []
    return f"{_name(first)}: {_reason(first)}" + (f" ({', '.join(pieces)})" if pieces else "")


def first_error(found: str, event: str) -> str:
    """Return the first error of dbt's log with what is said of it, from all lines up to one.

    Holds where dbt ends before it writes results: no connection, a project that is no project.

    Args:
        found: What the lines before came to.
        event: The line.
    """
    text = CLOCK.sub("", event).strip()
    if HEADLINE.fullmatch(found) and text:
        return f"{found}: {text}"
    return found or (text if ERROR.search(text) else "")


def _name(result: dict[str, Any]) -> str:
    """Return the name in `model.solar.fct_energy_daily` or `test.solar.unique_x.0a1b2c`."""
    kind, _, name = result["unique_id"].split(".", 2)
    return name if kind == "model" else f"{kind} {name.split('.')[0]}"


def _reason(result: dict[str, Any]) -> str:
    """Return dbt's message without its headline and without what repeats the SQL."""
    lines = [line.strip() for line in str(result.get("message") or "").splitlines()]
    told = [
        line
        for line in lines
        if line
        and set(line) != {"^"}
        and not line.startswith(("LINE ", "compiled code at", "in macro", "> in macro", "> called"))
    ]
    if len(told) > 1 and " Error in " in told[0]:
        del told[0]
    return " ".join(told[:LINES]) or str(result["status"])
