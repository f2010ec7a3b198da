"""SolarEdge v2 answers to records: the one place that knows their form."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from solar_tap_kit.clock import day_slots, day_start_utc, utc_text, zone
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from solar_tap_kit.windows import Site
from tap_solaredge.fields import NO_METER_TYPE, NO_SERIAL
from tap_solaredge.series import METER_METRICS, STEP, Span, clock_columns, points, telemetry
from tap_solaredge.streams import Devices, InverterTelemetry, Sites, StorageTelemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from solar_tap_kit.fields import Record

RESOLUTION = "quarter_hour"
METER_TYPES = {
    name.lower(): name
    for name in ("Production", "Consumption", "SelfConsumption", "FeedIn", "Purchased")
}


def site_items(answer: Any) -> list[dict[str, Any]]:
    """Return the site objects of a site list, of today's form or of 2022's bare array.

    Raises:
        DecodeError: It is neither.
    """
    items = answer
    if isinstance(answer, dict):
        inner = answer.get("sites")
        items = inner.get("site") if isinstance(inner, dict) else inner
    return _objects(items, "site list")


def sites(answer: Any, fetched_at: str) -> list[Record]:
    """Return the records of one page of the site list.

    Raises:
        DecodeError: The answer is not a site list.
    """
    rows = []
    for item in site_items(answer):
        location = item.get("location")
        place = location if isinstance(location, dict) else {}
        row = Sites.projection({**place, **item})
        if not row["site_id"]:
            message = "site list: a site has no siteId"
            raise DecodeError(message)
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def site(row: Record) -> Site:
    """Return the site that a record describes.

    Raises:
        SettingsError: Its zone is missing or unknown.
    """
    tz = zone(row["timezone"] or "", site_id=row["site_id"])
    try:
        first_day = dt.date.fromisoformat(str(row["installation_date"])[:10])
    except ValueError:
        first_day = None
    return Site(row["site_id"], tz, first_day)


def devices(answer: Any, site_id: str, fetched_at: str) -> list[Record]:
    """Return the records of a device list.

    Raises:
        DecodeError: The answer is not a list of devices.
    """
    rows = []
    for item in _objects(answer, "device list"):
        row = Devices.projection({**item, "siteId": site_id})
        row["serial_number"] = _serial(row["serial_number"])
        row["device_type"] = row["device_type"] or "UNKNOWN"
        row["meter_type"] = _meter_type(row["meter_type"])
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def site_energy(answers: Sequence[Any], site_id: str, span: Span, fetched_at: str) -> list[Record]:
    """Return the rows of /energy answers, oldest first."""
    found = {start: value for answer in answers for start, value in points(answer, "energy")}
    return [
        {"site_id": site_id, "resolution": RESOLUTION, **clock, "fetched_at": fetched_at,
         "energy": value}
        for start, value in sorted(found.items())
        if (clock := clock_columns(start, span))
    ]  # fmt: skip


def meter_energy(answers: Sequence[Any], site_id: str, span: Span, fetched_at: str) -> list[Record]:
    """Return the energy rows of meters/telemetry answers: one per meter role and interval."""
    return [
        {"site_id": site_id, "serial_number": _serial(serial), "meter_type": meter_type,
         "resolution": RESOLUTION, **clock, "fetched_at": fetched_at, "energy": metrics[metric]}
        for serial, rows in telemetry(answers, "meters").items()
        for metric, meter_type in METER_METRICS.items()
        for start, metrics in sorted(rows.items())
        if metric in metrics and (clock := clock_columns(start, span))
    ]  # fmt: skip


def inverter_telemetry(
    answers: Sequence[Any], site_id: str, span: Span, fetched_at: str
) -> list[Record]:
    """Return the rows of inverters/telemetry answers: one per inverter and interval."""
    return _device_rows(telemetry(answers, "inverters"), InverterTelemetry.projection, site_id,
                        span, fetched_at)  # fmt: skip


def storage_telemetry(
    answers: Sequence[Any], site_id: str, span: Span, fetched_at: str
) -> list[Record]:
    """Return the rows of storage/telemetry answers: one per battery and interval."""
    return _device_rows(telemetry(answers, "storage"), StorageTelemetry.projection, site_id,
                        span, fetched_at)  # fmt: skip


def _device_rows(
    found: dict[str, dict[dt.datetime, dict[str, Any]]],
    projection: Callable[[dict[str, Any]], Record],
    site_id: str,
    span: Span,
    fetched_at: str,
) -> list[Record]:
    return [
        {**projection(metrics), "site_id": site_id, "serial_number": _serial(serial),
         "resolution": RESOLUTION, **clock, "fetched_at": fetched_at}
        for serial, rows in found.items()
        for start, metrics in sorted(rows.items())
        if (clock := clock_columns(start, span))
    ]  # fmt: skip


VALUE_COLUMNS = {
    "site_energy": ("energy",),
    "meter_energy": ("energy",),
    "inverter_telemetry": ("power", "energy"),
    "storage_telemetry": ("charge_energy", "discharge_energy", "state_of_energy"),
}
"""What tells an answer with data from one of empty intervals."""


def ledger_entry(
    stream: str, where: Site, day: dt.date, rows: Iterable[Record], answers: Sequence[Any]
) -> Record:
    """Return the day ledger's entry for one stream, site and local day.

    A series has one slot per quarter-hour of that day; the day is complete when every
    series that the answer knows has all of them, and empty when no slot holds a value.

    Args:
        stream: The stream that was fetched.
        where: The site.
        day: The local day.
        rows: The rows of that stream; those of other days are passed over.
        answers: The vendor's answers, for the hash.
    """
    local_day = day.isoformat()
    mine = [row for row in rows if row["local_date"] == local_day]
    slots = day_slots(day, where.tz, STEP)
    series = Counter((row.get("serial_number"), row.get("meter_type")) for row in mine)
    filled = any(row[name] is not None for row in mine for name in VALUE_COLUMNS[stream])
    whole = bool(series) and all(count >= slots for count in series.values())
    start = day_start_utc(day, where.tz)
    offset = start.astimezone(where.tz).utcoffset() or dt.timedelta()
    return {
        "site_id": where.id,
        "stream": stream,
        "recorded_at": utc_text(start),
        "local_time": f"{day} 00:00:00",
        "utc_offset_minutes": round(offset.total_seconds() / 60),
        "local_date": local_day,
        "n_points": len(mine),
        "expected_points": slots * len(series),
        "status": "empty" if not filled else "complete" if whole else "partial",
        "timezone": str(where.tz),
        "payload_sha256": payload_hash(answers),
    }


def payload_hash(answers: Sequence[Any]) -> str:
    """Return a hash of what the vendor said, its echo of the asked period left out."""
    said = [
        {key: value for key, value in answer.items() if key != "period"}
        if isinstance(answer, dict) else answer
        for answer in answers
    ]  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _serial(serial: str | None) -> str:
    """Return a serial number that can be a key."""
    return NO_SERIAL if serial in (None, "", "null") else str(serial)


def _meter_type(role: str | None) -> str:
    """Return a meter's role in one spelling; the cloud writes some in capitals."""
    if not role:
        return NO_METER_TYPE
    return METER_TYPES.get(role.replace("_", "").lower(), role)


def _objects(value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        message = f"{what}: expected a list of objects, got {shorten(value)}"
        raise DecodeError(message)
    return value
