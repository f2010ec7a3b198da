"""Totals of days, months and years, and the readings of now (`docs/vendors/sigen.md`)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, day_start_utc, local_text, parse_utc, utc_text
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import number, shorten, snake_case
from solar_tap_kit.notices import notice
from solar_tap_kit.windows import Cut, Days
from tap_sigen.envelope import objects
from tap_sigen.fields import TOTALS
from tap_sigen.intervals import offset_minutes, parse_label
from tap_sigen.streams import (
    DailyTotals,
    EnergyFlow,
    MonthlyTotals,
    Summary,
    YearlyTotals,
)

if TYPE_CHECKING:
    from solar_tap_kit.fields import Record
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.windows import Window


@dataclass(frozen=True, slots=True)
class Kind:
    """One coarse level of the history.

    Attributes:
        level: The vendor's name of it.
        stream: The stream that its items fill.
        cut: What one answer covers.
        item: What one item covers.
    """

    level: str
    stream: type[SolarStream]
    cut: Cut
    item: Cut


KINDS = (
    Kind("Month", DailyTotals, Cut("month"), Cut("day")),
    Kind("Year", MonthlyTotals, Cut("year"), Cut("month")),
    Kind("Lifetime", YearlyTotals, Cut("all"), Cut("year")),
)

ENERGIES = tuple(snake_case(name) for name, _ in TOTALS)

_DATE = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?:[ T].*)?")


def parse_period(text: object, tz: dt.tzinfo | None = None) -> dt.date | None:
    """Return the first day of a label: `20260131`, `2026-01-31 00:00`, `202601`, `2026`.

    Args:
        text: The label.
        tz: The system's zone, for a label that is an instant with an explicit zone.
    """
    if tz is not None and (label := parse_label(text)) is not None and label.tzinfo is not None:
        return label.astimezone(tz).date()
    found = _DATE.fullmatch(str(text).strip()) if isinstance(text, str | int) else None
    if found is None:
        return None
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def rows(kind: Kind, data: Any, window: Window, fetched_at: str) -> list[Record]:
    """Return the records of a coarse history, those of the window's days only.

    An item without any energy is no record: the cloud knows nothing of that period. Nor is a
    period that comes twice with different energies: which of them is right is unknown.

    Raises:
        DecodeError: The data is not a history.
    """
    if data is None:
        return []
    if not isinstance(data, dict):
        message = f"history: expected an object, got {shorten(data)}"
        raise DecodeError(message)
    site = window.site
    found: dict[dt.date, Record] = {}
    contradicted: set[dt.date] = set()
    for item in objects(data.get("itemList"), "history itemList"):
        first = parse_period(item.get("dataTime"), site.tz)
        period = _period(kind, first, window) if first else None
        if period is None:
            if first is None or not _was_requested(kind, first, window):
                key = f"{kind.stream.name} of another period {site.id}"
                notice(key, f"an item {shorten(item.get('dataTime'))} was not asked for; left out")
            continue
        record = kind.stream.projection(item)
        if all(record[name] is None for name in ENERGIES):
            continue
        start = day_start_utc(period.first, site.tz)
        record["system_id"] = site.id
        record |= {
            "recorded_at": utc_text(start),
            "local_time": f"{period.first} 00:00:00",
            "utc_offset_minutes": offset_minutes(start, site.tz),
            "local_date": period.first.isoformat(),
            "fetched_at": fetched_at,
        }
        if kind.stream is MonthlyTotals:
            record["month"] = f"{period.first:%Y-%m}"
        elif kind.stream is YearlyTotals:
            record["year"] = period.first.year
        known = found.setdefault(period.first, record)
        if any(known[name] != record[name] for name in ENERGIES):
            contradicted.add(period.first)
            key = f"{kind.stream.name} twice {site.id}"
            notice(key, f"{period.first} comes twice with different energies; left out")
    return [found[first] for first in sorted(found.keys() - contradicted)]


def last_missing(kind: Kind, found: list[Record], window: Window) -> dt.date | None:
    """Return the first day of the window's unanswered end, or None if its last item is there."""
    if not found:
        return window.days.first
    last = dt.date.fromisoformat(found[-1]["local_date"])
    answered = next(iter(kind.item.forward(Days(last, window.days.end)))).end
    return None if answered >= window.days.end else answered


def summary(data: Any, window: Window, fetched_at: str) -> list[Record]:
    """Return the record of a summary.

    Raises:
        DecodeError: The data is not a summary.
    """
    return _now(Summary, data, window, fetched_at)


def flow(data: Any, window: Window, fetched_at: str) -> list[Record]:
    """Return the record of an energy flow.

    Raises:
        DecodeError: The data is not an energy flow.
    """
    if isinstance(data, dict) and not number(data.get("evPower"), "evPower of energy_flow"):
        # Sites with AC chargers give the power there, and an evPower of zero or none.
        charger = number(data.get("acPower"), "acPower of energy_flow")
        data = {**data, "evPower": data.get("evPower") if charger is None else charger}
    return _now(EnergyFlow, data, window, fetched_at)


def now_columns(window: Window, fetched_at: str) -> Record:
    """Return the raw contract's columns of a reading taken at `fetched_at`."""
    instant = parse_utc(fetched_at)
    local = instant.astimezone(window.site.tz)
    return {
        "system_id": window.site.id,
        "recorded_at": utc_text(instant),
        "local_time": local_text(local),
        "utc_offset_minutes": offset_minutes(instant, window.site.tz),
        "local_date": local.date().isoformat(),
        "fetched_at": fetched_at,
    }


def _now(stream: type[SolarStream], data: Any, window: Window, fetched_at: str) -> list[Record]:
    if data is None:
        return []
    if not isinstance(data, dict):
        message = f"{stream.name}: expected an object, got {shorten(data)}"
        raise DecodeError(message)
    return [{**stream.projection(data), **now_columns(window, fetched_at)}]


def _was_requested(kind: Kind, day: dt.date, window: Window) -> bool:
    """Return whether a day is in the calendar period of the window, which is answered whole."""
    length = {"month": len("2026-01"), "year": len("2026")}.get(kind.cut.unit, 0)
    asked = {str(asked)[:length] for asked in (window.days.first, window.days.end - DAY)}
    return str(day)[:length] in asked


def _period(kind: Kind, first: dt.date, window: Window) -> Days | None:
    """Return the whole period that a label names, or None if the window holds none of it."""
    if kind.item.unit == "month":
        first = first.replace(day=1)
    elif kind.item.unit == "year":
        first = first.replace(month=1, day=1)
    period = next(iter(kind.item.forward(Days(first, dt.date.max))))
    return period if len(period.clip(window.days)) else None
