"""Days that a file names: these are fetched, and no others.

Whoever knows which days of which systems lack data writes them down, a JSON object a line:
`{"site": "A", "stream": "s", "first": "2026-01-01", "last": "2026-01-02", "refetch": true}`.
One run fetches all of them, however they are scattered.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from solar_tap_kit.clock import DAY
from solar_tap_kit.errors import SettingsError
from solar_tap_kit.windows import Days

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "days_file"


class RequestedDays:
    """The days that a file names.

    Args:
        path: The file.

    Raises:
        SettingsError: It can't be read, or a line of it can't be understood.
    """

    def __init__(self, path: str) -> None:
        self._days: dict[tuple[str, str], dict[dt.date, bool]] = defaultdict(dict)
        try:
            lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{NAME}: {path} can't be read: {error}"
            raise SettingsError(message) from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                key = str(entry["site"]), str(entry["stream"])
                first, last = (dt.date.fromisoformat(entry[name]) for name in ("first", "last"))
            except (ValueError, KeyError, TypeError):
                message = f"{NAME}: {path}, line {number}: not site, stream, first, last"
                raise SettingsError(message) from None
            known = self._days[key]
            for day in Days(first, last + DAY):
                known[day] = bool(entry.get("refetch")) or known.get(day, False)

    def spans(self, site: str, streams: Iterable[str]) -> list[Days]:
        """Return the unbroken spans of days of a site, newest first.

        A span holds only days that are to be refetched, or none of them.

        Args:
            site: The site's id.
            streams: The streams that one request fills: what one of them lacks is fetched.
        """
        days = self._of(site, streams)
        spans: list[Days] = []
        for day in sorted(days):
            last = spans[-1] if spans else None
            if last is not None and last.end == day and days[day] == days[last.first]:
                spans[-1] = Days(last.first, day + DAY)
            else:
                spans.append(Days(day, day + DAY))
        return spans[::-1]

    def is_refetch(self, site: str, streams: Iterable[str], days: Days) -> bool:
        """Return whether what the archive holds of one of the days is of no use."""
        known = [self._days.get((site, stream), {}) for stream in streams]
        return any(of_stream.get(day, False) for of_stream in known for day in days)

    def _of(self, site: str, streams: Iterable[str]) -> dict[dt.date, bool]:
        merged: dict[dt.date, bool] = {}
        for stream in streams:
            for day, refetch in self._days.get((site, stream), {}).items():
                merged[day] = refetch or merged.get(day, False)
        return merged
