"""Sigen's answers to records: the one place that knows their form."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from solar_tap_kit.clock import (
    UTC,
    day_slots,
    day_start_utc,
    local_date,
    local_text,
    resolve,
    utc_text,
    zone,
)
from solar_tap_kit.errors import DecodeError, SettingsError
from solar_tap_kit.fields import number, shorten
from solar_tap_kit.windows import Site
from tap_sigen.envelope import objects
from tap_sigen.streams import Devices, HistoryDays, HistoryIntervals, Systems

if TYPE_CHECKING:
    import zoneinfo
    from collections.abc import Iterable

    from solar_tap_kit.fields import Record

STEP = dt.timedelta(minutes=5)
MILLISECONDS_FROM = 10**11
"""`gridConnectTime` is documented in seconds, `gridConnectedTime` comes in milliseconds."""


def systems(data: Any, fetched_at: str) -> list[Record]:
    """Return the records of a system list.

    Args:
        data: The envelope's unwrapped data.
        fetched_at: When it was asked.

    Raises:
        DecodeError: The data is not a list of systems.
    """
    rows = []
    for item in objects(data, "system list"):
        row = Systems.projection(item)
        _require(row, "system_id", "system list")
        connected = grid_connected_at(item)
        row["grid_connected_at"] = utc_text(connected) if connected else None
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def site(row: Record) -> Site:
    """Return the site that a system record describes.

    The first day is one before the grid connection: the meter may run earlier.

    Raises:
        SettingsError: The cloud gave no usable zone.
    """
    system_id, name = row["system_id"], row["time_zone"]
    if not name:
        message = f"system {system_id}: the cloud gives no time zone, so its days are unknown"
        raise SettingsError(message)
    tz = zone(name, site_id=system_id)
    first_day = None
    if row["grid_connected_at"]:
        connected = dt.datetime.fromisoformat(row["grid_connected_at"])
        first_day = local_date(connected, tz) - dt.timedelta(days=1)
    return Site(system_id, tz, first_day)


def grid_connected_at(item: dict[str, Any]) -> dt.datetime | None:
    """Return when a system was connected, from either spelling and either unit."""
    for name in ("gridConnectedTime", "gridConnectTime"):
        stamp = number(item.get(name))
        if stamp:
            seconds = stamp / 1000 if stamp > MILLISECONDS_FROM else stamp
            try:
                return dt.datetime.fromtimestamp(seconds, UTC)
            except (OverflowError, OSError, ValueError):
                continue
    return None


def devices(data: Any, system_id: str, fetched_at: str) -> list[Record]:
    """Return the records of a device list.

    Raises:
        DecodeError: The data is not a list of devices.
    """
    rows = []
    for item in objects(data, "device list"):
        row = Devices.projection({"systemId": system_id, **item})
        _require(row, "serial_number", "device list")
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def day(
    data: Any,
    system_id: str,
    asked: dt.date,
    tz: zoneinfo.ZoneInfo,
    fetched_at: str,
) -> tuple[list[Record], Record]:
    """Return a day's interval records and its entry in the day ledger.

    Args:
        data: The unwrapped data of a history answer at level Day.
        system_id: The system that was asked.
        asked: The local day that was asked for.
        tz: The system's zone.
        fetched_at: One value for all rows of this answer.

    Raises:
        DecodeError: The data is not a day's history.
    """
    if data is None:
        data = {}
    if not isinstance(data, dict):
        message = f"history: expected an object, got {shorten(data)}"
        raise DecodeError(message)
    items = objects(data.get("itemList"), "history itemList")
    rows = list(_intervals(items, system_id, asked, tz, fetched_at))
    n_points = sum(row["is_valid_local_time"] for row in rows)
    expected = day_slots(asked, tz, STEP)
    start = day_start_utc(asked, tz)
    entry = HistoryDays.projection({**data, "systemId": system_id})
    entry |= {
        "recorded_at": utc_text(start),
        "local_time": f"{asked} 00:00:00",
        "utc_offset_minutes": _offset_minutes(start, tz),
        "local_date": asked.isoformat(),
        "fetched_at": fetched_at,
        "n_points": n_points,
        "expected_points": expected,
        "status": "empty" if not rows else "complete" if n_points >= expected else "partial",
        "timezone": str(tz),
        "payload_sha256": hashlib.sha256(msgspec.json.encode(data, order="sorted")).hexdigest(),
    }
    return rows, entry


def _intervals(
    items: list[dict[str, Any]],
    system_id: str,
    asked: dt.date,
    tz: zoneinfo.ZoneInfo,
    fetched_at: str,
) -> Iterable[Record]:
    labels = [parse_label(item.get("dataTime")) for item in items]
    resolved = resolve((label for label in labels if label is not None), tz)
    local_day = asked.isoformat()
    for seq, (item, label) in enumerate(zip(items, labels, strict=True)):
        row = HistoryIntervals.projection(item)
        row["system_id"], row["seq"] = system_id, seq
        row["local_date"], row["fetched_at"] = local_day, fetched_at
        if label is None:
            # Kept, because no row may be lost; the day's start is only there to sort by.
            row["recorded_at"] = utc_text(day_start_utc(asked, tz))
            row["local_time"] = row["utc_offset_minutes"] = None
            row["is_valid_local_time"] = False
        else:
            instant = next(resolved)
            row["recorded_at"] = utc_text(instant.utc)
            row["local_time"] = local_text(label)
            row["utc_offset_minutes"] = instant.offset_minutes
            row["is_valid_local_time"] = instant.exists
        yield row


def parse_label(text: object) -> dt.datetime | None:
    """Return a row's label; Sigen writes `20251031 13:05` and `2025-10-31 13:05[:00]`."""
    if not isinstance(text, str):
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def _offset_minutes(instant: dt.datetime, tz: zoneinfo.ZoneInfo) -> int:
    offset = instant.astimezone(tz).utcoffset() or dt.timedelta()
    return round(offset.total_seconds() / 60)


def _require(row: Record, name: str, what: str) -> None:
    if not row[name]:
        message = f"{what}: an entry has no {name}"
        raise DecodeError(message)
