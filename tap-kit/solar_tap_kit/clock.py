"""Local wall clocks to UTC instants, and the time a run lives in.

Both clouds speak in the wall clock of the site. A wall clock is not an instant: on the
autumn day an hour is said twice, on the spring day one is never said, and a day has 23,
23.5, 24, 24.5 or 25 hours. Only the tap still sees the order of the rows, so the tap
resolves it (`docs/decisions/0003-the-tap-owns-the-clock.md`).
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
import zoneinfo
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from solar_tap_kit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

UTC = dt.UTC
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)

FIRST_DAY = dt.date(2000, 1, 1)
"""No system is older."""

AHEAD = dt.timedelta(minutes=10)
"""Stored instants that are further in the future come from a run whose clock was ahead."""


class Clock(Protocol):
    """The time a run lives in; tests hand in a virtual one."""

    def now(self) -> dt.datetime:
        """Return the present instant as aware UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait, or return early when `stop` is called."""

    def stop(self) -> None:
        """End every wait, present and future: somebody asked the run to stop."""

    @property
    def stopping(self) -> bool:
        """Whether somebody asked the run to stop."""


class SystemClock:
    """The machine's clock, with waits that a signal can end."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> dt.datetime:
        """Return the present instant as aware UTC."""
        return dt.datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`, or until `stop`."""
        self._stopped.wait(max(0.0, seconds))

    def stop(self) -> None:
        """End every wait."""
        self._stopped.set()

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A wall-clock label as an instant.

    Attributes:
        utc: The instant, aware UTC.
        offset_minutes: Local minus UTC at that instant.
        exists: False for a label inside the spring gap. Its `utc` is then what the clock
            before the change would have meant, good for ordering and nothing else.
    """

    utc: dt.datetime
    offset_minutes: int
    exists: bool


def zone(name: str, *, site_id: str) -> zoneinfo.ZoneInfo:
    """Return the IANA zone of a site.

    Raises:
        SettingsError: The name is not an IANA zone; the message names the site.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message = f"site {site_id}: {name!r} is not a known time zone (expected an IANA name)"
    raise SettingsError(message)


def same_days(one: dt.tzinfo, other: dt.tzinfo, until: dt.date) -> bool:
    """Return whether two zones have cut every day alike since 2000, like two names of one."""
    if str(one) == str(other):
        return True
    days = (until - FIRST_DAY).days + 1
    return all(
        day_start_utc(day, one) == day_start_utc(day, other)
        for day in (until - place * DAY for place in range(days))
    )


def day_start_utc(day: dt.date, tz: dt.tzinfo) -> dt.datetime:
    """Return the first instant of a local day, aware UTC."""
    return dt.datetime.combine(day, dt.time(), tzinfo=tz).astimezone(UTC)


def day_slots(day: dt.date, tz: dt.tzinfo, step: dt.timedelta) -> int:
    """Return how many intervals of `step` a local day holds: 276, 288, 300 of 5 minutes."""
    return int((day_start_utc(day + DAY, tz) - day_start_utc(day, tz)) / step)


def local_date(instant: dt.datetime, tz: dt.tzinfo) -> dt.date:
    """Return the local calendar day that an instant belongs to."""
    return instant.astimezone(tz).date()


def utc_text(instant: dt.datetime) -> str:
    """Return an instant as `YYYY-MM-DDTHH:MM:SSZ`: one width, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def utc_text_exact(instant: dt.datetime) -> str:
    """Return an instant with microseconds, `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always one width."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def local_text(wall_clock: dt.datetime) -> str:
    """Return a wall clock as `YYYY-MM-DD HH:MM:SS`; an offset it may carry is left out."""
    return wall_clock.isoformat(" ", timespec="seconds")[:19]


def parse_utc(text: str) -> dt.datetime:
    """Return the aware UTC instant of an ISO 8601 text; without offset it is taken as UTC.

    Raises:
        ValueError: The text is not ISO 8601.
    """
    instant = dt.datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


@functools.lru_cache(maxsize=64)
def _in_utc(times: tuple[str, ...], offset_minutes: int) -> tuple[tuple[int, str], ...] | None:
    """Return each wall-clock `HH:MM` of a day as a shift in UTC days and a UTC time text.

    None where a label is no minute of a day, or does not come after the one before. A day's
    labels are the same as those of the day before, so nearly every call is answered at once.
    """
    found = []
    before = -1
    for time in times:
        hours, _, minutes = time.partition(":")
        is_plain = len(time) == len("00:00") and hours.isdecimal() and minutes.isdecimal()
        minute = int(hours) * 60 + int(minutes) if is_plain and minutes < "60" else -1
        if not before < minute < DAY // MINUTE:
            return None
        before = minute
        shift, rest = divmod(minute - offset_minutes, DAY // MINUTE)
        found.append((shift, f"T{rest // 60:02}:{rest % 60:02}:00Z"))
    return tuple(found)


def plain_instants(
    times: Iterable[str], day: dt.date, tz: dt.tzinfo
) -> tuple[int, list[str]] | None:
    """Return the offset of a day without clock change, and its labels as UTC texts.

    Such days are 363 of 365, and need no calendar arithmetic per row.

    Args:
        times: The day's labels, as `HH:MM`.
        day: The local day.
        tz: The site's zone.

    Returns:
        None where the day has a clock change, or a label is no minute of it or does not
        come after the one before: then `resolve` has to look at each.
    """
    start, end = day_start_utc(day, tz), day_start_utc(day + DAY, tz)
    offset = start.astimezone(tz).utcoffset() or dt.timedelta()
    if end - start != DAY or offset % MINUTE or offset != end.astimezone(tz).utcoffset():
        return None
    in_utc = _in_utc(tuple(times), offset // MINUTE)
    if in_utc is None:
        return None
    dates = {shift: (day + shift * DAY).isoformat() for shift in (-1, 0, 1)}
    return offset // MINUTE, [dates[shift] + time for shift, time in in_utc]


def said_once(labels: Sequence[dt.datetime], tz: dt.tzinfo) -> range:
    """Return the positions of labels that two instants share and that come only once.

    The order of the rows does not tell which of the two instants such a label is: a cloud that
    keeps one row for each label has overwritten one pass of the repeated hour.

    Args:
        labels: Naive local times of one day, in the order in which the vendor sent them.
        tz: The site's zone.

    Returns:
        An empty range where there is no such label, or where one comes twice.
    """
    shared = [place for place, label in enumerate(labels) if len(_instants(label, tz)) > 1]
    if not shared:
        return range(0)
    found = range(shared[0], shared[-1] + 1)
    in_order = all(labels[place] < labels[place + 1] for place in found[:-1])
    return found if in_order and len(found) == len(shared) else range(0)


def _instants(label: dt.datetime, tz: dt.tzinfo) -> set[dt.datetime]:
    """Return the instants at which the wall clock shows a label: none, one or two."""
    found = (label.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    return {utc for utc in found if utc.astimezone(tz).replace(tzinfo=None) == label}


def resolve(
    labels: Iterable[dt.datetime], tz: dt.tzinfo, *, second_from: int | None = None
) -> Iterator[Resolved]:
    """Turn one day's naive local labels into instants, in order of appearance.

    A label that two instants share is the first of them, unless that would not lie after
    the row before it: then the clock has been put back and it is the second.

    Args:
        labels: Naive local times in the order in which the vendor sent them.
        tz: The site's zone.
        second_from: The position from which on such a label is known to be the second.

    Yields:
        One `Resolved` per label.
    """
    previous: dt.datetime | None = None
    for place, label in enumerate(labels):
        is_second = second_from is not None and place >= second_from
        first = label.replace(tzinfo=tz, fold=int(is_second))
        utc = first.astimezone(UTC)
        exists = utc.astimezone(tz).replace(tzinfo=None) == label
        if exists and previous is not None and utc <= previous:
            again = label.replace(tzinfo=tz, fold=1).astimezone(UTC)
            utc = max(utc, again)
        offset = label - utc.replace(tzinfo=None)
        if exists:
            previous = utc
        yield Resolved(utc, round(offset.total_seconds() / 60), exists)
