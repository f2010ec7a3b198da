"""Which days of a site are still to fetch: pure functions of declarations, coverage and dates.

A window is a run of whole local days of one site, because a vendor's day total, the day
ledger and the transform all speak in local days. What has been fetched is one unbroken
span of days per site, extended at both ends: upkeep goes forward, history goes back, so
the recent past comes first and a hole can never be stepped over.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from solar_tap_kit.clock import DAY, day_start_utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

Reason = Literal["snapshot", "totals", "upkeep", "late", "backfill", "probe"]
"""Why a window is asked: a list or reading of now, coarse totals, days since the bookmark,
days before it again for late data, history, or a day known to work after a refusal."""


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

    def clip(self, other: Days) -> Days:
        """Return the days that both spans hold; an empty span if there are none."""
        first = max(self.first, other.first)
        return Days(first, max(first, min(self.end, other.end)))


@dataclass(frozen=True, slots=True)
class Cut:
    """How a span of days is cut into windows.

    Attributes:
        unit: Days, or the calendar period that one answer covers whatever day is asked for.
        length: How many days a window holds at most, for unit `day`.
    """

    unit: Literal["day", "month", "year", "all"] = "day"
    length: int = 1

    def forward(self, days: Days) -> Iterator[Days]:
        """Yield the pieces of a span, oldest first."""
        first = days.first
        while first < days.end:
            end = min(self._next_edge(first, days), days.end)
            yield Days(first, end)
            first = end

    def backward(self, days: Days) -> Iterator[Days]:
        """Yield the pieces of a span, newest first.

        Pieces of several days stand on a fixed grid: asked again years later, the same
        history is cut at the same days, so that archived answers fit.
        """
        end = days.end
        while end > days.first:
            first = max(self._edge_before(end, days), days.first)
            yield Days(first, end)
            end = first

    def whole(self, day: dt.date, within: Days) -> dt.date:
        """Return the first day of the calendar period that holds `day`, inside `within`."""
        if self.unit == "day":
            return day
        return max(self._edge_before(day + DAY, within), within.first)

    def _next_edge(self, first: dt.date, days: Days) -> dt.date:
        if self.unit == "day":
            return first + self.length * DAY
        if self.unit == "month":
            return (first.replace(day=1) + 31 * DAY).replace(day=1)
        return dt.date(first.year + 1, 1, 1) if self.unit == "year" else days.end

    def _edge_before(self, end: dt.date, days: Days) -> dt.date:
        last = end - DAY
        if self.unit == "day":
            return last - (last.toordinal() % self.length) * DAY
        if self.unit == "month":
            return last.replace(day=1)
        return dt.date(last.year, 1, 1) if self.unit == "year" else days.first


@dataclass(frozen=True, slots=True)
class Window:
    """What one fetch covers: whole local days of one site, asked of one source.

    Attributes:
        source: Name of the source.
        site: The site.
        days: The days.
        reason: Why they are fetched.
        settled_until: Days before this one are stored and were finished when they were.
    """

    source: str
    site: Site
    days: Days
    reason: Reason
    settled_until: dt.date | None = None

    @property
    def start_utc(self) -> dt.datetime:
        """The window's first instant."""
        return day_start_utc(self.days.first, self.site.tz)

    @property
    def end_utc(self) -> dt.datetime:
        """The instant after the window's last."""
        return day_start_utc(self.days.end, self.site.tz)

    def is_settled(self, day: dt.date) -> bool:
        """Return whether a day is stored, and was finished when it was."""
        return self.settled_until is not None and day < self.settled_until

    def __str__(self) -> str:
        """Name the window for a log line."""
        if self.reason == "snapshot":
            return f"{self.source} of {self.site.id}"
        last = self.days.end - DAY
        span = f"{self.days.first}" if len(self.days) == 1 else f"{self.days.first} to {last}"
        return f"{self.source} of {self.site.id}, {span}"


@dataclass(frozen=True, slots=True)
class Missing:
    """The days of one site that one source still has to be asked for.

    Attributes:
        forward: From the look-back up to the end of what is wanted.
        history: From the start of what is wanted up to what is stored.
        stored_until: Where the stored span ends: days before it are read again.
    """

    forward: Days
    history: Days
    stored_until: dt.date

    def windows(self, source: str, site: Site, cut: Cut, *, totals: bool) -> Iterator[Window]:
        """Yield the windows: forward oldest first, then history newest first."""
        for days in cut.forward(self.forward):
            again: Reason = "late" if days.end <= self.stored_until else "upkeep"
            reason: Reason = "totals" if totals else again
            yield Window(source, site, days, reason, self.stored_until)
        for days in cut.backward(self.history):
            yield Window(source, site, days, "totals" if totals else "backfill")


def missing(
    wanted: Days,
    covered: Days | None,
    *,
    cut: Cut,
    lookback_days: int = 0,
    stale_days: int = 0,
    item: Cut | None = None,
) -> Missing:
    """Return which days of one site are still to fetch.

    Args:
        wanted: The days that the settings ask for.
        covered: The unbroken span that is already stored, or None.
        cut: How the source's days are cut; a calendar period is always asked as a whole.
        lookback_days: How far back to read again for late data.
        stale_days: Leave the forward end alone until so many days are missing there; for
            totals, whose every answer costs a call that brings little.
        item: The period of one figure in an answer. A period that has ended since the last
            request is requested at once, so that its figure is not older than its end.

    Returns:
        No day of `wanted` outside `covered` is missing, and of `covered` only the look-back
        is read again, or the calendar period that it stands in.
    """
    if covered is None or covered.end <= wanted.first or covered.first > wanted.end:
        # Nothing stored that touches what is wanted: the newest window keeps up, so that a
        # first run waits for it whatever the quota; the rest is history.
        newest = next(cut.backward(wanted), Days(wanted.end, wanted.end))
        return Missing(newest, Days(wanted.first, newest.first), wanted.first)
    history = Days(wanted.first, max(wanted.first, min(covered.first, wanted.end)))
    lag = (wanted.end - covered.end).days
    has_ended = item is not None and covered.end < item.whole(wanted.end, covered)
    if cut.unit != "day" and lag < (1 if has_ended else max(1, stale_days)):
        return Missing(Days(wanted.end, wanted.end), history, covered.end)
    reread = max(covered.end - lookback_days * DAY, covered.first, wanted.first)
    first = min(reread, wanted.end)
    if first < wanted.end:
        first = cut.whole(first, wanted)
        # The calendar period may reach back over the stored span into what it lacks.
        history = history.clip(Days(wanted.first, max(wanted.first, first)))
    return Missing(Days(first, wanted.end), history, covered.end)


def extend(covered: Days | None, fetched: Days) -> Days | None:
    """Return the coverage after `fetched` was stored, or `covered` if a gap lies between.

    A span that does not touch the coverage is not lost work, but it can't be remembered:
    only an unbroken span is.
    """
    if len(fetched) == 0:
        return covered
    if covered is None or len(covered) == 0:
        return fetched
    if fetched.first > covered.end or fetched.end < covered.first:
        return covered
    return Days(min(covered.first, fetched.first), max(covered.end, fetched.end))
