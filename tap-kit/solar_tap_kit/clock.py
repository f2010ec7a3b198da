"""Local wall clocks to UTC instants, and the time a run lives in.

Both clouds speak in the wall clock of the site. A wall clock is not an instant: on the
autumn day an hour is said twice, on the spring day one is never said, and a day has 23,
23.5, 24, 24.5 or 25 hours. Only the tap still sees the order of the rows, so the tap
resolves it (`docs/decisions/0003-the-tap-owns-the-clock.md`).
"""

from __future__ import annotations

import datetime as dt
import threading
import zoneinfo
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from solar_tap_kit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UTC = dt.UTC
DAY = dt.timedelta(days=1)


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


def resolve(labels: Iterable[dt.datetime], tz: dt.tzinfo) -> Iterator[Resolved]:
    """Turn one day's naive local labels into instants, in order of appearance.

    A label that two instants share is the first of them, unless that would not lie after
    the row before it: then the clock has been put back and it is the second.

    Args:
        labels: Naive local times in the order in which the vendor sent them.
        tz: The site's zone.

    Yields:
        One `Resolved` per label.
    """
    previous: dt.datetime | None = None
    for label in labels:
        first = label.replace(tzinfo=tz, fold=0)
        utc = first.astimezone(UTC)
        exists = utc.astimezone(tz).replace(tzinfo=None) == label
        if exists and previous is not None and utc <= previous:
            again = label.replace(tzinfo=tz, fold=1).astimezone(UTC)
            utc = max(utc, again)
        offset = label - utc.replace(tzinfo=None)
        if exists:
            previous = utc
        yield Resolved(utc, round(offset.total_seconds() / 60), exists)
