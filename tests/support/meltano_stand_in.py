"""A stand-in for Meltano: it speaks Meltano's part, line by line as the real one does."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from solar_ops.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

API_KEY = "invented-solaredge-key-1"
PASSWORD = "invented-sigen-password-1"  # noqa: S105 - invented
STAND_IN = """#!{python}
import json, os, sys, time
script = json.load(open({script!r}))
with open({calls!r}, "a") as calls:
    calls.write(json.dumps({{"arguments": sys.argv[1:], "pid": os.getpid()}}) + "\\n")
words = " ".join(sys.argv[1:])
for part in script:
    if part["when"] in words:
        for line in part["lines"]:
            print(line if isinstance(line, str) else json.dumps(line), file=sys.stderr, flush=True)
        time.sleep(part.get("sleep", 0))
        sys.exit(part.get("exit", 0))
"""


def said(event: str, name: str = "tap-sigen", level: str = "info") -> dict[str, str]:
    """Build a line of Meltano's JSON log."""
    return {"event": event, "level": level, "name": name}


GOOD: list[dict[str, Any]] = [
    {"when": "tap-sigen", "lines": [said("rows: history_days 2"), said("calls: history 2")]},
    {"when": "tap-solaredge", "lines": [said("rows: sites 2", "tap-solaredge")]},
    {"when": "dbt-", "lines": [said("Done. PASS=75", "dbt-duckdb")]},
]


class StandIn:
    """A program in Meltano's place."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script, self.calls = folder / "script.json", folder / "calls.jsonl"
        self.program = folder / "meltano"
        self.program.write_text(
            STAND_IN.format(python=sys.executable, script=str(self.script), calls=str(self.calls))
        )
        self.program.chmod(0o755)
        self.plays(GOOD)
        monkeypatch.setattr(Project, "_program", staticmethod(lambda _: str(self.program)))

    def plays(self, script: list[dict[str, Any]]) -> None:
        """Set what it says and how it ends, by what it is asked."""
        self.script.write_text(json.dumps(script))

    @property
    def asked(self) -> list[list[str]]:
        """The arguments of every call, without the run's id."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [
            [word for word in json.loads(line)["arguments"] if word.count("-") != 4]
            for line in lines
        ]
