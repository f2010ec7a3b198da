"""The local calendar in UTC minutes.

Instants are whole minutes since 1970-01-01T00:00Z. A local day is the stretch between
the first instants of two dates, and so has 23, 23.5, 24, 24.5 or 25 hours by itself.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from solar_simulator.noise import Ints
from solar_simulator.units import MINUTES_PER_DAY

YEARS = range(1970, 2200)
"""Years that clients may ask for; beyond them calendars and zones give way."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def to_minute(at: datetime) -> int:
    """The minute that holds an aware instant.

    Raises:
        ValueError: If ``at`` has no offset.
    """
    if at.tzinfo is None:
        message = f"an instant needs an offset, and {at.isoformat()} has none"
        raise ValueError(message)
    return (at - _EPOCH) // _MINUTE


def from_minute(minute: int) -> datetime:
    """The instant a minute begins, in UTC."""
    return _EPOCH + timedelta(minutes=int(minute))


def local_time(zone: str, minute: int) -> datetime:
    """The instant a minute begins, on the clock of a zone (aware)."""
    return from_minute(minute).astimezone(ZoneInfo(zone))


def local_date(zone: str, minute: int) -> date:
    """The date that the clock of a zone shows in a minute."""
    return local_time(zone, minute).date()


@lru_cache(maxsize=65536)
def day_start(zone: str, day: date) -> int:
    """The first minute of a local date.

    Where midnight is skipped by a clock change, the day begins at the change itself;
    where it comes twice, at the first of the two.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return to_minute(midnight.astimezone(UTC))


def day_bounds(zone: str, day: date) -> tuple[int, int]:
    """First minute of a local date and of the date after it."""
    return day_start(zone, day), day_start(zone, day + timedelta(days=1))


@lru_cache(maxsize=65536)
def offset_minutes(zone: str, minute: int) -> int:
    """What a zone's clock shows minus UTC, in minutes."""
    offset = local_time(zone, minute).utcoffset()
    if offset is None:  # pragma: no cover - ZoneInfo always knows
        message = f"zone {zone} has no offset"
        raise ValueError(message)
    return offset // _MINUTE


@lru_cache(maxsize=256)
def local_minutes(zone: str, start_minute: int, n_minutes: int) -> Ints:
    """Wall-clock minutes (since 1970 on that wall) for consecutive UTC minutes."""
    return np.arange(start_minute, start_minute + n_minutes, dtype=np.int64) + offsets(
        zone, start_minute, n_minutes
    )


def offsets(zone: str, start_minute: int, n_minutes: int) -> Ints:
    """The zone's offset in minutes for consecutive UTC minutes.

    Looks for clock changes once a day, as no zone has two within one.
    """
    found = np.empty(n_minutes, dtype=np.int64)
    done = 0
    while done < n_minutes:
        stretch = min(MINUTES_PER_DAY, n_minutes - done)
        first = start_minute + done
        before = offset_minutes(zone, first)
        after = offset_minutes(zone, first + stretch)
        found[done : done + stretch] = before
        if before != after:
            change = _change_minute(zone, first, first + stretch)
            found[done + change - first : done + stretch] = after
        done += stretch
    return found


def _change_minute(zone: str, low: int, high: int) -> int:
    """The first minute after ``low`` with another offset than it, by bisection."""
    before = offset_minutes(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_minutes(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
