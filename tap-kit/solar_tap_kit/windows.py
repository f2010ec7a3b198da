"""Which windows are still to fetch: a pure function of declarations, coverage and dates.

A window is a run of whole local days of one site, because a vendor's day total, the day
ledger and the transform all speak in local days. What has been fetched is one unbroken
span of days per site, extended at both ends: upkeep goes forward, history goes back, so
the recent past comes first and a hole can never be stepped over.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Literal

from solar_tap_kit.clock import DAY, day_start_utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

Reason = Literal["upkeep", "backfill"]


@dataclass(frozen=True, slots=True)
class Site:
    """A plant with a clock: a Sigen system or a SolarEdge site.

    Attributes:
        id: The vendor's id, as text.
        tz: The zone in which the vendor labels its data.
        first_day: The first local day that can hold data, or None if the vendor doesn't say.
    """

    id: str
    tz: ZoneInfo
    first_day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """A span of local days, `first` included, `end` excluded."""

    first: dt.date
    end: dt.date

    def __iter__(self) -> Iterator[dt.date]:
        """Yield each day, oldest first."""
        for offset in range((self.end - self.first).days):
            yield self.first + dt.timedelta(days=offset)

    def __len__(self) -> int:
        """Return the number of days."""
        return max(0, (self.end - self.first).days)


@dataclass(frozen=True, slots=True)
class Window:
    """What one fetch covers: whole local days of one site, asked of one source."""

    source: str
    site: Site
    days: Days
    reason: Reason

    @property
    def start_utc(self) -> dt.datetime:
        """The window's first instant."""
        return day_start_utc(self.days.first, self.site.tz)

    @property
    def end_utc(self) -> dt.datetime:
        """The instant after the window's last."""
        return day_start_utc(self.days.end, self.site.tz)

    def __str__(self) -> str:
        """Name the window for a log line."""
        last = self.days.end - DAY
        span = f"{self.days.first}" if len(self.days) == 1 else f"{self.days.first} to {last}"
        return f"{self.source} of {self.site.id}, {span}"


def site_windows(
    source: str,
    site: Site,
    wanted: Days,
    covered: Days | None,
    *,
    lookback_days: int,
    days_per_window: int,
) -> list[Window]:
    """Return one site's windows in the order in which they are to be fetched.

    Args:
        source: Name of the source that is asked.
        site: The site.
        wanted: The days that the settings ask for.
        covered: The unbroken span that is already stored, or None.
        lookback_days: How far back to read again for late data.
        days_per_window: How many days one window may hold.

    Returns:
        Upkeep oldest first, then history newest first. No day of `wanted` outside
        `covered` is missing, none comes twice, and of `covered` only the look-back is
        read again.
    """
    if covered is None or covered.end <= wanted.first or covered.first > wanted.end:
        # Nothing stored that touches what is wanted: start from the newest day.
        covered = Days(wanted.end, wanted.end)
        lookback_days = 0
    reread = max(covered.end - dt.timedelta(days=lookback_days), covered.first, wanted.first)
    upkeep = Days(min(reread, wanted.end), wanted.end)
    history = Days(wanted.first, min(covered.first, wanted.end))
    forward = _cut(upkeep, days_per_window)
    back = reversed(_cut(history, days_per_window, from_end=True))
    return [
        *(Window(source, site, days, "upkeep") for days in forward),
        *(Window(source, site, days, "backfill") for days in back),
    ]


def _cut(days: Days, length: int, *, from_end: bool = False) -> list[Days]:
    """Cut a span into pieces of `length` days; the short piece stands at the far end."""
    total = len(days)
    offset = -total % length if from_end and total else 0
    edges = range(-offset, total, length)
    return [
        Days(
            days.first + dt.timedelta(days=max(0, edge)),
            days.first + dt.timedelta(days=min(edge + length, total)),
        )
        for edge in edges
    ]


def interleave(per_site: Mapping[str, Iterable[Window]]) -> list[Window]:
    """Return all windows in turns over the sites, upkeep of every site before any history.

    Vendors limit each station by itself, so going round lets the waits overlap, and a run
    that is cut short has kept everybody's recent past up to date.
    """
    lists = [list(windows) for windows in per_site.values()]
    ordered: list[Window] = []
    for reason in ("upkeep", "backfill"):
        rounds = zip_longest(*([w for w in windows if w.reason == reason] for windows in lists))
        ordered.extend(w for w in chain.from_iterable(rounds) if w is not None)
    return ordered


def extend(covered: Days | None, fetched: Days) -> Days | None:
    """Return the coverage after `fetched` was stored, or `covered` if a gap lies between.

    A span that does not touch the coverage is not lost work, but it can't be remembered:
    only an unbroken span is.
    """
    if covered is None or len(covered) == 0:
        return fetched
    if fetched.first > covered.end or fetched.end < covered.first:
        return covered
    return Days(min(covered.first, fetched.first), max(covered.end, fetched.end))
