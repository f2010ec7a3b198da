"""Sigen's answers to records: the one place that knows their form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import repeat
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
from solar_tap_kit.plain import PlainReader
from solar_tap_kit.windows import Site
from tap_sigen.envelope import objects, unwrap
from tap_sigen.streams import Devices, HistoryDays, HistoryIntervals, Systems

if TYPE_CHECKING:
    import zoneinfo
    from collections.abc import Iterable, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window

STEP = dt.timedelta(minutes=5)
LATEST_END = dt.timedelta(minutes=30)
"""A day whose last row is earlier than this before midnight may still get more."""

_PLAIN_DAY = PlainReader(
    [field for field in HistoryIntervals.fields if field.name != "system_id"],
    rows="itemList",
    beside=[source for field in HistoryDays.fields for source in field.sources],
)

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
        data: The data of a history answer at level Day: JSON text, or what it holds.
        system_id: The system that was asked.
        asked: The local day that was asked for.
        tz: The system's zone.
        fetched_at: One value for all rows of this answer.

    Raises:
        DecodeError: The data is not a day's history.
    """
    plain = _PLAIN_DAY.read(data) if isinstance(data, str) else None
    rows: Sequence[Record]
    if plain is not None:
        data = plain.beside
        clock = interval_clock(plain.column("data_time"), asked, tz, fetched_at)
        rows = plain.table({"system_id": system_id, **clock.same}, clock.cells)
    else:
        data = unwrap(data) or {}
        if not isinstance(data, dict):
            message = f"history: expected an object, got {shorten(data)}"
            raise DecodeError(message)
        items = objects(data.get("itemList"), "history itemList")
        clock = interval_clock([item.get("dataTime") for item in items], asked, tz, fetched_at)
        rows = clock.joined(map(HistoryIntervals.projection, items), {"system_id": system_id})
    n_points = clock.valid
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


@dataclass(frozen=True, slots=True)
class IntervalClock:
    """The raw contract's columns of a day's rows, in order of appearance.

    Attributes:
        same: Columns that have one value for all rows.
        cells: Columns with a value for each row.
        valid: How many rows carry a wall clock that exists.
    """

    same: Record
    cells: dict[str, Sequence[Any]]
    valid: int

    def joined(self, records: Iterable[Record], more: Record) -> list[Record]:
        """Return records with these columns, and with `more` for all of them."""
        fixed = {**more, **self.same}
        rows = zip(records, zip(*self.cells.values(), strict=True), strict=True)
        return [{**row, **fixed, **dict(zip(self.cells, own, strict=True))} for row, own in rows]


def interval_clock(
    labels: Sequence[object], asked: dt.date, tz: zoneinfo.ZoneInfo, fetched_at: str
) -> IntervalClock:
    """Return the time columns of a day's rows.

    Args:
        labels: What each row carries as `dataTime`.
        asked: The local day that was asked for.
        tz: The system's zone.
        fetched_at: One value for all rows of the answer.
    """
    local_day = asked.isoformat()
    seq = range(len(labels))
    same: Record = {"local_date": local_day, "fetched_at": fetched_at}
    # The common form on a common day; any other goes label by label.
    prefix = f"{asked:%Y%m%d} "
    if set(map(type, labels)) <= {str} and all(map(str.startswith, labels, repeat(prefix))):  # type: ignore[arg-type]
        times = [label[len(prefix) :] for label in labels]  # type: ignore[index]
        if (plain := plain_instants(times, asked, tz)) is not None:
            offset, instants = plain
            local_times = [f"{local_day} {time}:00" for time in times]
            return IntervalClock(
                {**same, "utc_offset_minutes": offset, "is_valid_local_time": True},
                {"seq": seq, "recorded_at": instants, "local_time": local_times},
                len(labels),
            )
    parsed = [parse_label(label) for label in labels]
    resolved = resolve((label for label in parsed if label is not None), tz)
    # A row without a label is kept, because none may be lost; its instant is there to sort by.
    lost = (utc_text(day_start_utc(asked, tz)), None, None, False)
    found: list[tuple[Any, ...]] = []
    for label in parsed:
        if label is None:
            found.append(lost)
            continue
        when = next(resolved)
        found.append((utc_text(when.utc), local_text(label), when.offset_minutes, when.exists))
    names = ("recorded_at", "local_time", "utc_offset_minutes", "is_valid_local_time")
    columns = {name: [row[place] for row in found] for place, name in enumerate(names)}
    return IntervalClock(same, {"seq": seq, **columns}, sum(columns["is_valid_local_time"]))


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
