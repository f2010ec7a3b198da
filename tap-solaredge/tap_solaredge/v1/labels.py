"""v1's wall-clock labels to instants: no offset, so the order of the rows has to tell.

On the autumn day an hour of labels may come twice, once, or not at all; on the spring day
an hour that never was may stand there. Every label becomes an instant of its own, and a
label in the spring gap says so, because it would share its instant with a real one.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from solar_tap_kit.clock import DAY, MINUTE, parse_utc, resolve
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from solar_tap_kit.fields import Record


COMMON_LENGTH = len("2026-07-01 00:00:00")
QUARTER_HOURS = 96
SHARED_DAYS = 40
"""A month of days is kept: one call covers as much, and its series have the same labels."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A label and the instant that it stands for.

    Attributes:
        columns: The raw contract's time columns; shared, not to be changed.
        exists: False for a label inside the spring gap.
    """

    columns: Record
    exists: bool

    @property
    def utc(self) -> dt.datetime:
        """The instant, aware UTC."""
        return parse_utc(self.columns["recorded_at"])


def parse_label(text: object) -> dt.datetime:
    """Return a label as a naive local time; a bare date is its midnight.

    Raises:
        DecodeError: It is none, lies at an end of the calendar, or carries an offset, which
            v1 never does.
    """
    try:
        label = dt.datetime.fromisoformat(str(text))
    except ValueError:
        label = None
    in_calendar = label is not None and dt.MINYEAR < label.year < dt.MAXYEAR
    if label is None or not in_calendar or label.tzinfo is not None:
        message = f"label {shorten(text)} is not a local time YYYY-MM-DD HH:MM:SS"
        raise DecodeError(message)
    return label


def moments(labels: Sequence[object], tz: dt.tzinfo) -> list[Moment]:
    """Return the instant of each label of one series, in the order of the labels.

    Args:
        labels: As the cloud wrote them, oldest first.
        tz: The site's zone.

    Raises:
        DecodeError: A label is no local time.
    """
    found: list[Moment] = []
    for day, grouped in groupby(map(str, labels), key=_DAY_TEXT):
        texts = tuple(grouped)
        offset = _plain_offset(day, tz)
        if offset is None:
            found += _resolved([parse_label(text) for text in texts], tz)
        elif len(texts) <= QUARTER_HOURS and texts[-1].endswith(":00"):
            found += _shared(texts, offset)
        else:
            # A device's own times hardly come again: remembering them would only cost.
            found += _plain(texts, offset)
    return found


_DAY_TEXT = itemgetter(slice(10))


@functools.lru_cache(maxsize=4096)
def _plain_offset(day: str, tz: dt.tzinfo) -> dt.timedelta | None:
    """Return local minus UTC of a day on which the clock is left alone, or None."""
    start = parse_label(day)
    offset = start.replace(tzinfo=tz).utcoffset()
    return offset if offset == (start + DAY).replace(tzinfo=tz).utcoffset() else None


@functools.lru_cache(maxsize=SHARED_DAYS)
def _shared(texts: tuple[str, ...], offset: dt.timedelta) -> list[Moment]:
    """Return the moments of a day's quarter-hours, which every series of every site has."""
    return _plain(texts, offset)


def _plain(texts: Iterable[str], offset: dt.timedelta) -> list[Moment]:
    minutes = _minutes(offset)
    found = []
    for text in texts:
        label = parse_label(text)
        is_common = len(text) == COMMON_LENGTH and text[10] == " "
        found.append(_moment(label, text if is_common else None, offset, minutes))
    return found


def _resolved(labels: Sequence[dt.datetime], tz: dt.tzinfo) -> Iterator[Moment]:
    for label, found in zip(labels, resolve(labels, tz), strict=True):
        minutes = found.offset_minutes
        yield _moment(label, None, minutes * MINUTE, minutes, exists=found.exists)


def _minutes(offset: dt.timedelta) -> int:
    return round(offset.total_seconds() / 60)


def _moment(
    label: dt.datetime,
    text: str | None,
    offset: dt.timedelta,
    offset_minutes: int,
    *,
    exists: bool = True,
) -> Moment:
    """Return a label's moment.

    Args:
        label: The label.
        text: How `local_time` has it, where the cloud has written it so.
        offset: Local minus UTC.
        offset_minutes: The same, as the column has it.
        exists: Whether there was such a wall clock.
    """
    if label.microsecond:
        label = label.replace(microsecond=0)
    local = text or label.isoformat(" ")
    columns = {
        "recorded_at": (label - offset).isoformat() + "Z",
        "local_time": local,
        "utc_offset_minutes": offset_minutes,
        "local_date": local[:10],
    }
    return Moment(columns, exists)
