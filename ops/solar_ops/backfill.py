"""Asking again for the days that the coverage model shows as missing, and for no others.

Neighbouring days of one vendor are asked in one run of its tap, with the systems and
streams that lack them, into the same tables, beside the tap's own bookmarks: they are
neither read nor moved.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_ops.freshness import LEDGERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solar_ops.coverage import Gap
    from solar_ops.sources import Source

DAY = dt.timedelta(days=1)
FLAGS = ("--full-refresh", "--no-state-update", "--state-id-suffix", "solar-backfill")
"""Options of `meltano run` that keep the bookmarks out of it."""


@dataclass(frozen=True, slots=True)
class Refetch:
    """One run of one tap over a span of days.

    Attributes:
        source: The vendor.
        sites: Systems that lack something in it.
        streams: Streams that lack something in it.
        first: First local day.
        last: Last local day.
    """

    source: str
    sites: tuple[str, ...]
    streams: tuple[str, ...]
    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.last - self.first).days + 1


def refetches(gaps: Iterable[Gap]) -> list[Refetch]:
    """Return the runs that ask for all gaps, newest days first, no day of a system twice.

    Days that the same systems lack in the same streams and that adjoin go together.
    """
    lacking: dict[tuple[str, dt.date], set[tuple[str, str]]] = defaultdict(set)
    for gap in gaps:
        for offset in range(gap.days):
            day = gap.first + offset * DAY
            lacking[gap.vendor, day].add((gap.system_id, gap.stream))
    spans: list[Refetch] = []
    for vendor, day in sorted(lacking):
        pairs = lacking[vendor, day]
        for streams, sites in _by_streams(pairs):
            last = next(
                (span for span in reversed(spans)
                 if (span.source, span.sites, span.streams) == (vendor, sites, streams)),
                None,
            )  # fmt: skip
            if last is not None and last.last + DAY == day:
                spans[spans.index(last)] = Refetch(vendor, sites, streams, last.first, day)
            else:
                spans.append(Refetch(vendor, sites, streams, day, day))
    return sorted(spans, key=lambda span: (span.source, span.last), reverse=True)


def _by_streams(
    pairs: set[tuple[str, str]],
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return sets of streams, each with the systems that lack exactly those."""
    by_site: dict[str, set[str]] = defaultdict(set)
    for site, stream in pairs:
        by_site[site].add(stream)
    grouped: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for site, streams in by_site.items():
        grouped[tuple(sorted(streams))].add(site)
    return sorted((streams, tuple(sorted(sites))) for streams, sites in grouped.items())


def variables(refetch: Refetch, source: Source) -> dict[str, str]:
    """Return the tap's settings for a run: only these systems, streams and days."""
    streams = [*refetch.streams, LEDGERS[source.schema]]
    return {
        source.variable("start_date"): refetch.first.isoformat(),
        source.variable("end_date"): (refetch.last + DAY).isoformat(),
        source.variable("lookback_days"): "0",
        source.sites_variable: json.dumps(list(refetch.sites)),
        source.variable("_select"): json.dumps([f"{stream}.*" for stream in streams]),
    }
