"""Sigen's answers to records: the one place that knows their form."""

from __future__ import annotations

import datetime as dt
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import (
    DAY,
    UTC,
    day_slots,
    day_start_utc,
    local_date,
    local_text,
    parse_utc,
    plain_instants,
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
    from collections.abc import Iterator, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window

STEP = dt.timedelta(minutes=5)
LATEST_END = dt.timedelta(minutes=30)
"""A day whose last row is earlier than this before midnight may still get more."""

INTERVAL_COLUMNS = (
    "seq", "recorded_at", "local_time", "utc_offset_minutes", "local_date", "fetched_at",
    "is_valid_local_time",
)  # fmt: skip
"""The raw contract's columns of five-minute rows."""

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


def devices(data: Any, window: Window, fetched_at: str) -> list[Record]:
    """Return the records of a device list.

    Raises:
        DecodeError: The data is not a list of devices.
    """
    rows = []
    for item in objects(data, "device list"):
        row = Devices.projection({"systemId": window.site.id, **item})
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
) -> tuple[Sequence[Record], Record]:
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
    labels = [item.get("dataTime") for item in items]
    clock = list(interval_columns(labels, asked, tz, fetched_at))
    rows = HistoryIntervals.projection.join(
        items, INTERVAL_COLUMNS, clock, {"system_id": system_id}
    )
    n_points = sum(is_valid for *_, is_valid in clock)
    expected = day_slots(asked, tz, STEP)
    if not rows:
        status = "empty"
    elif n_points >= expected:
        status = "complete"
    else:
        over = parse_utc(fetched_at) >= day_start_utc(asked + DAY, tz)
        status = "partial" if over else "pending"
    entry = _entry({**data, "systemId": system_id}, asked, tz, fetched_at)
    entry |= {
        "n_points": n_points,
        "expected_points": expected,
        "status": status,
    }
    return rows, entry


def refused_day(system_id: str, day: dt.date, tz: zoneinfo.ZoneInfo, fetched_at: str) -> Record:
    """Return the ledger entry of a day that the cloud does not answer for."""
    entry = _entry({"systemId": system_id}, day, tz, fetched_at)
    expected = day_slots(day, tz, STEP)
    return entry | {"n_points": 0, "expected_points": expected, "status": "refused"}


def reaches_the_end(rows: Sequence[Record], day: dt.date, tz: zoneinfo.ZoneInfo) -> bool:
    """Return whether a day's rows go on to its end, so that no more of it can be expected."""
    if not rows:
        return False
    last = max(parse_utc(row["recorded_at"]) for row in rows[-2:])
    return day_start_utc(day + DAY, tz) - last <= LATEST_END


def _entry(data: dict[str, Any], day: dt.date, tz: zoneinfo.ZoneInfo, fetched_at: str) -> Record:
    start = day_start_utc(day, tz)
    return HistoryDays.projection(data) | {
        "recorded_at": utc_text(start),
        "local_time": f"{day} 00:00:00",
        "utc_offset_minutes": offset_minutes(start, tz),
        "local_date": day.isoformat(),
        "fetched_at": fetched_at,
        "timezone": str(tz),
        "payload_sha256": None,
    }


def interval_columns(
    labels: Sequence[object], asked: dt.date, tz: zoneinfo.ZoneInfo, fetched_at: str
) -> Iterator[tuple[Any, ...]]:
    """Yield the `INTERVAL_COLUMNS` of a day's rows, in order of appearance.

    Args:
        labels: What each row carries as `dataTime`.
        asked: The local day that was asked for.
        tz: The system's zone.
        fetched_at: One value for all rows of the answer.
    """
    local_day = asked.isoformat()
    prefix = f"{asked:%Y%m%d} "
    # The common form on a common day; any other goes label by label.
    plain = None
    if set(map(type, labels)) == {str} and all(map(str.startswith, labels, repeat(prefix))):  # type: ignore[arg-type]
        times = [label[len(prefix) :] for label in labels]  # type: ignore[index]
        plain = plain_instants(times, asked, tz)
    if plain is not None:
        offset, instants = plain
        local_times = [f"{local_day} {time}:00" for time in times]
        constant = (repeat(offset), repeat(local_day), repeat(fetched_at), repeat(True))  # noqa: FBT003
        yield from zip(count(), instants, local_times, *constant, strict=False)
        return
    parsed = [parse_label(label) for label in labels]
    resolved = resolve((label for label in parsed if label is not None), tz)
    for seq, label in enumerate(parsed):
        if label is None:
            # Kept, because no row may be lost; the day's start is only there to sort by.
            start = utc_text(day_start_utc(asked, tz))
            yield seq, start, None, None, local_day, fetched_at, False
            continue
        when = next(resolved)
        yield (
            seq,
            utc_text(when.utc),
            local_text(label),
            when.offset_minutes,
            local_day,
            fetched_at,
            when.exists,
        )


def parse_label(text: object) -> dt.datetime | None:
    """Return a row's label; Sigen writes `20251031 13:05` and `2025-10-31 13:05[:00]`."""
    if not isinstance(text, str):
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def offset_minutes(instant: dt.datetime, tz: zoneinfo.ZoneInfo) -> int:
    """Return local minus UTC at an instant, minutes."""
    offset = instant.astimezone(tz).utcoffset() or dt.timedelta()
    return round(offset.total_seconds() / 60)


def _require(row: Record, name: str, what: str) -> None:
    if not row[name]:
        message = f"{what}: an entry has no {name}"
        raise DecodeError(message)
