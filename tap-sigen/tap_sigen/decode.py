"""Sigen's answers to records: the one place that knows their form."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import (
    DAY,
    UTC,
    day_slots,
    day_start_utc,
    local_date,
    parse_utc,
    utc_text,
)
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import number, shorten
from solar_tap_kit.notices import notice
from solar_tap_kit.plain import PlainReader
from solar_tap_kit.windows import Site
from solar_tap_kit.zones import Zones
from tap_sigen.envelope import is_nothing, objects, unwrap
from tap_sigen.intervals import (
    REASONS,
    STEP,
    Question,
    interval_clock,
    offset_minutes,
)
from tap_sigen.passes import Counters
from tap_sigen.streams import Devices, HistoryDays, HistoryIntervals, Systems

if TYPE_CHECKING:
    import zoneinfo
    from collections.abc import Callable, Iterable, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.windows import Window
    from tap_sigen.intervals import IntervalClock

VALUES = tuple(
    field.name for field in HistoryIntervals.fields if field.kind == "number" and field.sources
)
DAY_TOTALS = tuple(field.name for field in HistoryDays.fields if field.kind == "number")

DEFAULT_ZONES = Zones()

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
        connected = grid_connected_at(item)
        row["grid_connected_at"] = utc_text(connected) if connected else None
        row["grid_connected_on"] = None
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def site(row: Record, zones: Zones = DEFAULT_ZONES) -> Site:
    """Return the site that a system record describes, and name its zone in the record.

    The first day is one before the grid connection: the meter may run earlier.

    Args:
        row: The record.
        zones: Finds the zone.

    Raises:
        SettingsError: The cloud gave no usable zone.
    """
    system_id = row["system_id"]
    tz = zones.of(system_id, row["time_zone"])
    row["time_zone"] = str(tz)
    first_day = None
    if row["grid_connected_at"]:
        connected = local_date(dt.datetime.fromisoformat(row["grid_connected_at"]), tz)
        row["grid_connected_on"] = connected.isoformat()
        first_day = connected - dt.timedelta(days=1)
    return Site(system_id, tz, first_day)


def grid_connected_at(item: dict[str, Any]) -> dt.datetime | None:
    """Return when a system was connected, from either spelling and either unit."""
    for name in ("gridConnectedTime", "gridConnectTime"):
        stamp = number(item.get(name), f"{name} of systems")
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
        row = Devices.projection({**item, "systemId": window.site.id})
        if not row["serial_number"]:
            told = f"a device has no serialNumber: {shorten(item)}"
            notice(f"device without serial {window.site.id}", f"{told}; left out")
            continue
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
    question = Question(asked, tz, fetched_at)
    plain = _PLAIN_DAY.read(data) if isinstance(data, str) else None
    rows: Sequence[Record]
    if plain is not None:
        data = plain.beside
        values = functools.partial(plain.values, without="data_time")
        # Nearly every row has a load: the others are looked at twice.
        blank = [
            seq
            for seq, load in enumerate(plain.column("power_use"))
            if load is None and not _any(values(seq))
        ]
        counters = Counters(plain.column, functools.partial(HistoryDays.projection, data))
        clock = interval_clock(plain.column("data_time"), question, values, blank, counters)
        kept = plain if clock.kept is None else plain.only(clock.kept)
        rows = kept.table({"system_id": system_id, **clock.same}, clock.cells)
    else:
        data = unwrap(data)
        data = {} if is_nothing(data) else data
        if not isinstance(data, dict):
            message = f"history: expected an object, got {shorten(data)}"
            raise DecodeError(message)
        items = objects(data.get("itemList"), "history itemList")
        same = {"system_id": system_id}
        totals = functools.partial(HistoryDays.projection, data)
        rows, clock = joined_rows(items, question, HistoryIntervals, same, totals=totals)
    report(clock, "history_intervals", system_id)
    entry = _entry({**data, "systemId": system_id}, asked, tz, fetched_at)
    if clock.strays > 1:
        # What day these are the totals of is not certain either.
        entry |= dict.fromkeys(DAY_TOTALS)
    return rows, entry | _judged(clock, question, is_empty=not rows)


def joined_rows(
    items: Sequence[dict[str, Any]],
    question: Question,
    stream: type[SolarStream],
    more: Record,
    *,
    read: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    totals: Callable[[], Record] | None = None,
) -> tuple[list[Record], IntervalClock]:
    """Return five-minute rows, read item by item, and their clock.

    Args:
        items: The rows as they came.
        question: What was requested.
        stream: The stream that they fill.
        more: Columns that have one value for all rows.
        read: Turns an item into what the stream's columns are read from.
        totals: The day's totals, where the rows hold the counters that end there.
    """
    records = [stream.projection(read(item)) for item in items]
    labels = [item.get("dataTime") for item in items]
    # Nearly every row has a load: the others are looked at twice.
    blank = [
        seq
        for seq, item in enumerate(items)
        if item.get("powerUse") is None and not _any(_beside_label(item).values())
    ]
    counters = None
    if totals is not None:
        counters = Counters(lambda name: [record[name] for record in records], totals)
    values = lambda seq: _beside_label(items[seq])  # noqa: E731 - a column by another name
    clock = interval_clock(labels, question, values, blank, counters)
    kept = records if clock.kept is None else [records[seq] for seq in clock.kept]
    return clock.joined(kept, more), clock


def report(clock: IntervalClock, stream: str, of: str) -> None:
    """Report what is odd about a day's rows; values that are missing are no oddity."""
    for reason in clock.reasons:
        if reason != "rows_without_values":
            notice(f"{stream} {of} {reason}", REASONS[reason])


def _beside_label(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "dataTime"}


def _any(values: Iterable[object]) -> bool:
    return any(value is not None for value in values)


def _judged(clock: IntervalClock, question: Question, *, is_empty: bool) -> Record:
    """Return the ledger's judgement of a day."""
    expected = day_slots(question.day, question.tz, STEP)
    over = parse_utc(question.fetched_at) >= day_start_utc(question.day + DAY, question.tz)
    if is_empty and not clock.strays:
        status = "empty"
    elif clock.points >= expected:
        status = "complete"
    else:
        status = "partial" if over else "pending"
    return {
        "n_points": clock.points,
        "expected_points": expected,
        "status": status,
        "reason": clock.reasons[0] if clock.reasons else None,
    }


def refused_day(system_id: str, day: dt.date, tz: zoneinfo.ZoneInfo, fetched_at: str) -> Record:
    """Return the ledger entry of a day that the cloud does not answer for."""
    entry = _entry({"systemId": system_id}, day, tz, fetched_at)
    expected = day_slots(day, tz, STEP)
    found = {"n_points": 0, "expected_points": expected, "status": "refused", "reason": None}
    return entry | found


def reaches_the_end(rows: Sequence[Record], day: dt.date, tz: zoneinfo.ZoneInfo) -> bool:
    """Return whether a day's rows go on to its end, so that no more of it can be expected."""
    said = (parse_utc(row["recorded_at"]) for row in reversed(rows) if _counts(row))
    # The order of the rows may be another one at a clock change.
    last = max(itertools.islice(said, 2), default=None)
    return last is not None and day_start_utc(day + DAY, tz) - last <= LATEST_END


def _counts(row: Record) -> bool:
    return row["is_valid_local_time"] and _any(row[name] for name in VALUES)


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
