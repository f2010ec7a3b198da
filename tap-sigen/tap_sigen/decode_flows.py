"""Energy flows of days, months and years to records (`docs/vendors/sigen.md`, History V1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import day_start_utc, utc_text
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import number, shorten
from solar_tap_kit.notices import notice
from tap_sigen.decode_totals import parse_period
from tap_sigen.envelope import is_nothing
from tap_sigen.intervals import offset_minutes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Site

LINK = ">"
"""Between the two nodes of a link in the name of its flow."""


def flows(stream: str, data: Any, site: Site, first: dt.date, fetched_at: str) -> list[Record]:
    """Return a record for each node and link of a period.

    Args:
        stream: The stream, for what is reported.
        data: The data of a V1 history answer; energies in kWh.
        site: The system that was requested.
        first: The first local day of the period that was requested.
        fetched_at: When it was requested.

    Returns:
        No record where the answer holds no energy, or is for another day than the requested one.

    Raises:
        DecodeError: The data is not a V1 history.
    """
    if is_nothing(data):
        return []
    if not isinstance(data, dict):
        message = f"{stream}: expected an object, got {shorten(data)}"
        raise DecodeError(message)
    drawn = day_drawn(data)
    if drawn not in (None, first):
        text = f"{stream}: the answer for {first} is that of {drawn}; it is left out"
        notice(f"{stream} of another day", text)
        return []
    start = day_start_utc(first, site.tz)
    clock = {
        "system_id": site.id,
        "recorded_at": utc_text(start),
        "local_time": f"{first} 00:00:00",
        "utc_offset_minutes": offset_minutes(start, site.tz),
        "local_date": first.isoformat(),
        "fetched_at": fetched_at,
    }
    found: dict[str, Record] = {}
    for flow, source, target, value in _values(stream, data.get("sankeyData")):
        if flow in found:
            notice(f"{stream} {flow} twice", f"{stream}: {flow} comes twice; the first one counts")
            continue
        found[flow] = {
            **clock,
            "flow": flow,
            "source_node": source,
            "target_node": target,
            "value": value,
        }
    return list(found.values())


def _values(stream: str, data: Any) -> Iterator[tuple[str, str | None, str | None, float | None]]:
    """Yield name, source, target and kWh of each node and link."""
    for item in _objects(data, "nodes"):
        if name := _name(item.get("id")):
            yield name, None, None, _kwh(stream, name, item.get("value"))
    for item in _objects(data, "links"):
        source, target = _name(item.get("sourceId")), _name(item.get("targetId"))
        if source and target:
            flow = f"{source}{LINK}{target}"
            yield flow, source, target, _kwh(stream, flow, item.get("value"))


def _kwh(stream: str, flow: str, value: Any) -> float | None:
    """Return an energy; null where it can't be read, or is less than nothing."""
    found = number(value, f"{stream} {flow}")
    if found is not None and found < 0:
        notice(f"{stream} {flow} negative", f"{stream}: {flow} is {found} kWh; stored as null")
        return None
    return found


def _objects(data: Any, name: str) -> Iterator[dict[str, Any]]:
    items = data.get(name) if isinstance(data, dict) else None
    yield from (item for item in items or () if isinstance(item, dict))


def _name(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def day_drawn(data: dict[str, Any]) -> dt.date | None:
    """Return the day that a Day answer's chart of powers is drawn for, or None without one.

    Energies carry no date. The charts of coarser levels have bars.
    """
    chart = data.get("chartData")
    if not isinstance(chart, dict) or chart.get("chartType") != "LINE":
        return None
    shown = (
        parse_period(point.get("time"))
        for series in _objects(chart, "dataSeries")
        for point in _objects(series, "points")
    )
    return min((day for day in shown if day is not None), default=None)
