"""The `solar` command in tests: running it, and holding what it says against reviewed texts."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from solar_ops.cli import main

if TYPE_CHECKING:
    from click.testing import Result

SNAPSHOTS = Path(__file__).parents[2] / "ops" / "tests" / "snapshots"
NOW = dt.datetime(2026, 4, 1, 8, tzinfo=dt.UTC)
"""The simulator's present in these tests."""

FIRST, END = dt.date(2026, 3, 28), dt.date(2026, 3, 31)
"""The days that are loaded; Berlin's 29 March has 23 hours."""


def solar(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, list(arguments), prog_name="solar", catch_exceptions=False)


@dataclass
class Snapshot:
    """Compares a text with one that was reviewed."""

    folder: Path

    def check(self, name: str, text: str, **masks: str) -> None:
        """Hold a text against `snapshots/name.txt`; what differs by run is masked first.

        With SOLAR_TEST_UPDATE set the reviewed text is written anew.
        """
        for word, mask in {**masks, str(self.folder): "PROJECT"}.items():
            text = text.replace(word, mask)
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "RUN-ID" + " " * 30, text)
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("SOLAR_TEST_UPDATE"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")


def plain_json(value: Any) -> Any:
    """Return JSON by its meaning, minus zero as zero, anything else as it is."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, str) and value[:1] in ("[", "{"):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value
