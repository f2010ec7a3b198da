"""Asking again for the days that the coverage model shows as missing, and for no others.

All days that a vendor's systems lack are requested in one run of its tap, into the same
tables, beside the tap's own bookmarks: they are neither read nor moved.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_ops.freshness import LEDGERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from solar_ops.coverage import Gap
    from solar_ops.sources import Source

DAY = dt.timedelta(days=1)
ANSWERED = frozenset({"partial", "empty", "refused", "set_aside"})
"""What the cloud has said of a day that lacks data; of any other it was not asked yet."""

FLAGS = ("--full-refresh", "--no-state-update", "--state-id-suffix", "solar-backfill")
"""Options of `meltano run` that keep the bookmarks out of it."""


@dataclass(frozen=True, slots=True)
class Refetch:
    """One run of one tap over all gaps of its vendor.

    Attributes:
        source: The vendor.
        gaps: What is missing.
    """

    source: str
    gaps: tuple[Gap, ...]

    @property
    def sites(self) -> list[str]:
        """The systems that lack something."""
        return sorted({gap.system_id for gap in self.gaps})

    @property
    def streams(self) -> list[str]:
        """The streams that lack something."""
        return sorted({gap.stream for gap in self.gaps})

    @property
    def first(self) -> dt.date:
        """The first local day that lacks something."""
        return min(gap.first for gap in self.gaps)

    @property
    def last(self) -> dt.date:
        """The last local day that lacks something."""
        return max(gap.last for gap in self.gaps)

    @property
    def days(self) -> int:
        """How many days of a system, whatever the streams that lack them."""
        return len(
            {
                (gap.system_id, gap.first + offset * DAY)
                for gap in self.gaps
                for offset in range(gap.days)
            }
        )


def refetches(gaps: Iterable[Gap]) -> list[Refetch]:
    """Return one run for each vendor that lacks something."""
    by_vendor: dict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_vendor[gap.vendor].append(gap)
    return [Refetch(vendor, tuple(own)) for vendor, own in sorted(by_vendor.items())]


def variables(refetch: Refetch, source: Source, folder: Path) -> dict[str, str]:
    """Return the tap's settings for a run: only these systems, streams and days.

    Ids and days go by file: an environment variable holds 128 KiB, about 7,000 ids.

    Args:
        refetch: The run.
        source: The vendor.
        folder: Where the files are written; it has to outlive the run.
    """
    days, sites = folder / f"{refetch.source}-days.jsonl", folder / f"{refetch.source}-ids.txt"
    days.write_text("".join(f"{json.dumps(_line(gap))}\n" for gap in refetch.gaps))
    sites.write_text("".join(f"{site}\n" for site in refetch.sites))
    streams = [*refetch.streams, LEDGERS[source.schema]]
    return {
        source.variable("days_file"): str(days),
        source.variable("lookback_days"): "0",
        source.sites_variable: f"@{sites}",
        source.variable("_select"): json.dumps([f"{stream}.*" for stream in streams]),
    }


def _line(gap: Gap) -> dict[str, Any]:
    return {
        "site": gap.system_id,
        "stream": gap.stream,
        "first": gap.first.isoformat(),
        "last": gap.last.isoformat(),
        "refetch": gap.status in ANSWERED,
    }
