"""SolarEdge v2 time series to values by interval: timestamps, units, metrics joined."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import UTC, local_text, utc_text
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import number, shorten
from tap_solaredge.units import factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from solar_tap_kit.fields import Record

STAMPED_AT_END = frozenset({"voltage", "frequency"})
"""Metrics whose timestamp is the interval's end; all others carry its start."""

_FINER_THAN_MICROSECONDS = re.compile(r"(\.\d{6})\d+")

Metrics = dict[str, "float | int | None"]
Point = tuple[dt.datetime, "float | int | None"]


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


def points(
    series: object, name: str, step: dt.timedelta, *, inherited_unit: object = None
) -> Iterator[Point]:
    """Yield a series' values by the start of their interval, in base units.

    Args:
        series: `{"unit": ..., "values": [{"timestamp": ..., "value": ...}]}`.
        name: The metric, which decides what its timestamps mean.
        step: Length of an interval.
        inherited_unit: The unit, where the series itself carries none.

    Raises:
        DecodeError: The series has another form.
    """
    if not isinstance(series, dict) or not isinstance(series.get("values"), list):
        message = f"{name}: expected an object with values, got {shorten(series)}"
        raise DecodeError(message)
    scale = factor(series.get("unit", inherited_unit))
    shift = step if name in STAMPED_AT_END else dt.timedelta()
    for item in series["values"]:
        if not isinstance(item, dict):
            message = f"{name}: expected an object per value, got {shorten(item)}"
            raise DecodeError(message)
        value = number(item.get("value"))
        start = parse_timestamp(str(item.get("timestamp"))) - shift
        yield start, value if value is None or scale == 1 else value * scale


def telemetry(
    answers: Iterable[Any], key: str, step: dt.timedelta
) -> dict[str, dict[dt.datetime, Metrics]]:
    """Return the telemetry of several answers: serial, then start of interval, then metric.

    Args:
        answers: Answers to consecutive requests; each may use units of its own.
        key: `inverters`, `meters` or `storage`.
        step: Length of an interval.

    Raises:
        DecodeError: An answer has no `key`, or another form.
    """
    found: dict[str, dict[dt.datetime, Metrics]] = {}
    for answer in answers:
        devices = answer.get(key) if isinstance(answer, dict) else None
        if not isinstance(devices, dict) or not all(isinstance(v, dict) for v in devices.values()):
            message = f"expected {key} by serial number, got {shorten(answer)}"
            raise DecodeError(message)
        for serial, metrics in devices.items():
            rows = found.setdefault(serial, {})
            for name, series in metrics.items():
                for start, value in points(series, name, step):
                    rows.setdefault(start, {})[name] = value
    return found


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
