"""SolarEdge v2 time series to values by interval: timestamps, units, metrics joined."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import UTC, local_text, utc_text
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from solar_tap_kit.http import parse_json
from solar_tap_kit.notices import notice
from tap_solaredge.units import Value, in_base_units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from solar_tap_kit.fields import Record

STAMPED_AT_END = frozenset({"voltage", "frequency"})
"""Metrics whose timestamp is the interval's end; all others carry its start."""

_FINER_THAN_MICROSECONDS = re.compile(r"(\.\d{6})\d+")

Points = dict[dt.datetime, Value]
"""Values by the start of their interval, aware."""


@functools.lru_cache(maxsize=4096)
def parse_timestamp(text: str) -> dt.datetime:
    """Return a timestamp with offset as an aware date-time.

    Raises:
        DecodeError: It is not ISO 8601, or has no offset: without one it is ambiguous.
    """
    try:
        stamp = dt.datetime.fromisoformat(_FINER_THAN_MICROSECONDS.sub(r"\1", text))
    except ValueError:
        stamp = None
    if stamp is None or stamp.tzinfo is None:
        message = f"timestamp {shorten(text)} is not ISO 8601 with an offset"
        raise DecodeError(message)
    return stamp


@functools.lru_cache(maxsize=128)
def _starts(timestamps: tuple[str, ...], shift: dt.timedelta) -> tuple[dt.datetime, ...]:
    """Return the starts of a series' intervals; all series of an answer have the same."""
    return tuple(parse_timestamp(text) - shift for text in timestamps)


def points(series: object, name: str, step: dt.timedelta) -> Points:
    """Return a series' values by the start of their interval, in base units.

    Args:
        series: `{"unit": ..., "values": [{"timestamp": ..., "value": ...}]}`.
        name: The metric, which decides what its timestamps mean.
        step: Length of an interval.

    Raises:
        DecodeError: The series has another form.
    """
    if not isinstance(series, dict) or not isinstance(series.get("values"), list):
        message = f"{name}: expected an object with values, got {shorten(series)}"
        raise DecodeError(message)
    items = series["values"]
    if not set(map(type, items)) <= {dict}:
        odd = next(item for item in items if not isinstance(item, dict))
        message = f"{name}: expected an object per value, got {shorten(odd)}"
        raise DecodeError(message)
    shift = step if name in STAMPED_AT_END else dt.timedelta()
    stamps = tuple([str(item.get("timestamp")) for item in items])
    values = in_base_units([item.get("value") for item in items], series.get("unit"), name)
    try:
        found = dict(zip(_starts(stamps, shift), values, strict=True))
    except DecodeError as error:
        notice(f"unreadable timestamp of {name}", f"{name}: {error}; the value is left out")
        found = {}
    return found if len(found) == len(values) else _one_by_one(stamps, values, shift, name)


def _one_by_one(
    stamps: Sequence[str], values: Sequence[Value], shift: dt.timedelta, name: str
) -> Points:
    """Return the values that have a timestamp of their own.

    Of two values for one interval the one that is no null counts, and none of two that differ:
    which of them is right is unknown.
    """
    found: Points = {}
    contradicted: set[dt.datetime] = set()
    for stamp, value in zip(stamps, values, strict=True):
        try:
            start = parse_timestamp(stamp) - shift
        except (DecodeError, OverflowError):
            continue
        if start in found:
            notice(f"timestamp twice of {name}", f"{name}: {stamp} comes more than once")
        known = found.setdefault(start, value)
        if known is None:
            found[start] = value
        elif value is not None and value != known:
            contradicted.add(start)
    return {start: None if start in contradicted else value for start, value in found.items()}


def telemetry(
    answers: Iterable[Any], key: str, step: dt.timedelta, only: Collection[str] | None = None
) -> dict[str, dict[str, Points]]:
    """Return the telemetry of several answers: serial, then metric, then start of interval.

    Args:
        answers: Answers to consecutive requests; each may use units of its own.
        key: `inverters`, `meters` or `storage`.
        step: Length of an interval.
        only: The metrics that are wanted, or None for all.

    Raises:
        DecodeError: An answer has no `key`, or another form.
    """
    found: dict[str, dict[str, Points]] = {}
    for answer in answers:
        devices = answer.get(key) if isinstance(answer, dict) else None
        if not isinstance(devices, dict) or not all(isinstance(v, dict) for v in devices.values()):
            message = f"expected {key} by serial number, got {shorten(answer)}"
            raise DecodeError(message)
        for serial, metrics in devices.items():
            mine = found.setdefault(serial, {})
            for name, series in metrics.items():
                if only is None or name in only:
                    mine.setdefault(name, {}).update(points(series, name, step))
    return found


def by_interval(metrics: dict[str, Points]) -> dict[dt.datetime, dict[str, Value]]:
    """Return a device's metrics side by side, oldest interval first."""
    found: dict[dt.datetime, dict[str, Value]] = {}
    for name, values in metrics.items():
        for start, value in values.items():
            found.setdefault(start, {})[name] = value
    return dict(sorted(found.items(), key=lambda item: item[0]))


@functools.lru_cache(maxsize=8192)
def clock_columns(start: dt.datetime, tz: dt.tzinfo | None) -> Record:
    """Return the raw contract's time columns of an interval; shared, not to be changed.

    Args:
        start: Aware start of the interval.
        tz: The site's zone, or None to keep the offset of the answer.
    """
    utc = start.astimezone(UTC)
    local = utc.astimezone(tz) if tz else start
    offset = local.utcoffset() or dt.timedelta()
    return {
        "recorded_at": utc_text(utc),
        "local_time": local_text(local),
        "utc_offset_minutes": round(offset.total_seconds() / 60),
        "local_date": local.date().isoformat(),
    }


_PERIOD = re.compile(rb'"period"\s*:\s*(\{[^{}]*\})')


def periods_of(bodies: Sequence[bytes]) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return the periods that answers name, without parsing their values."""
    named = (match for body in bodies if (match := _PERIOD.search(body)) is not None)
    found = (period_of({"period": parse_json(match[1])}) for match in named)
    return [period for period in found if period is not None]


def are_about(bodies: Sequence[bytes], start: dt.datetime, end: dt.datetime) -> bool:
    """Return whether answers lie within a span, or cover it without a gap."""
    periods = sorted(periods_of(bodies))
    if all(start <= since and until <= end for since, until in periods):
        return True
    at = start
    for since, until in periods:
        if since > at:
            return False
        at = max(at, until)
    return at >= end


def period_of(answer: Any) -> tuple[dt.datetime, dt.datetime] | None:
    """Return the period that an answer names, or None."""
    period = answer.get("period") if isinstance(answer, dict) else None
    if not isinstance(period, dict):
        return None
    return parse_timestamp(str(period.get("from"))), parse_timestamp(str(period.get("to")))
