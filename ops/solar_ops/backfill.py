"""Asking again for the days that the coverage model shows as missing, and for no others.

Neighbouring days of one vendor are asked in one run of its tap, with the systems and
streams that lack them, into the same tables, beside the tap's own bookmarks: they are
neither read nor moved.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from solar_ops.freshness import LEDGERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solar_ops.coverage import Gap
    from solar_ops.sources import Source

DAY = dt.timedelta(days=1)
ANSWERED = frozenset({"partial", "empty", "refused", "set_aside"})
"""What the cloud has said of a day that lacks data; of any other it was not asked yet."""

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
        ask_again: Whether the cloud has answered for these days before, but not with all
            data: what the archive holds of them is of no use.
    """

    source: str
    sites: tuple[str, ...]
    streams: tuple[str, ...]
    first: dt.date
    last: dt.date
    ask_again: bool = False

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.last - self.first).days + 1


def refetches(gaps: Iterable[Gap]) -> list[Refetch]:
    """Return the runs that ask for all gaps, newest days first, no day of a system twice.

    Days that the same systems lack in the same streams and that adjoin go together.
    """
    lacking: dict[tuple[str, bool, dt.date], set[tuple[str, str]]] = defaultdict(set)
    for gap in gaps:
        for offset in range(gap.days):
            day = gap.first + offset * DAY
            lacking[gap.vendor, gap.status in ANSWERED, day].add((gap.system_id, gap.stream))
    spans: list[Refetch] = []
    for vendor, again, day in sorted(lacking):
        pairs = lacking[vendor, again, day]
        for streams, sites in _by_streams(pairs):
            new = Refetch(vendor, sites, streams, day, day, again)
            last = next((span for span in reversed(spans) if _goes_on(span, new)), None)
            if last is not None:
                spans[spans.index(last)] = replace(last, last=day)
            else:
                spans.append(new)
    return sorted(spans, key=lambda span: (span.source, span.last), reverse=True)


def _goes_on(span: Refetch, new: Refetch) -> bool:
    """Return whether a run is the same as another but for the day after its last."""
    return replace(span, first=new.first, last=new.last) == new and span.last + DAY == new.first


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
        source.variable("ask_again"): str(refetch.ask_again).lower(),
        source.sites_variable: json.dumps(list(refetch.sites)),
        source.variable("_select"): json.dumps([f"{stream}.*" for stream in streams]),
    }
