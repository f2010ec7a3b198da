"""Recorded Sigen answers to records, without knowing what had been asked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
import zoneinfo
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from solar_tap_kit.cloud import ReplayedFile
from solar_tap_kit.errors import SolarError
from solar_tap_kit.windows import Days, Site, Window
from tap_sigen import decode, decode_devices, decode_flows, decode_totals
from tap_sigen.codes import meaning
from tap_sigen.envelope import code_and_message, data_of, hash_of
from tap_sigen.intervals import local_day
from tap_sigen.streams import Devices, HistoryDays, HistoryIntervals, Systems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from solar_tap_kit.cloud import Recording, Rows
    from solar_tap_kit.fields import Record
    from solar_tap_kit.projection import Projection

REPLAYED = "replayed"
"""The system id of a history answer: the answer itself carries none."""

SHORTEST_MONTH, SHORTEST_YEAR = 28, 365
EVER = Days(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
SOME_DAY = Days(dt.date(1970, 1, 1), dt.date(1970, 1, 2))
REPLAYED_WINDOW = Window("replay", Site(REPLAYED, zoneinfo.ZoneInfo("UTC")), SOME_DAY, "snapshot")

FLOWS = "energy flows of a day"
OTHER_KINDS = {"accessToken": "login"}
"""Answers of endpoints that no stream reads, by a key that only they have."""


def _realtime(data: Any, window: Window, fetched_at: str) -> list[Record]:
    return [decode_devices.realtime(data, window, fetched_at)]


READINGS = {
    "batteryPower": ("energy flow", "energy_flow", decode_totals.flow),
    "lifetimePowerGeneration": ("summary", "summary", decode_totals.summary),
    "realTimeInfo": ("device realtime", "device_realtime", _realtime),
}
"""Readings of now, by a key that only they have: kind, stream and decoder."""


def replay(recordings: Iterable[Recording], fetched_at: str) -> Iterator[ReplayedFile]:
    """Yield what each recorded answer decodes to.

    A history answer names neither system nor zone: it is taken for the one system of the
    folder's system list, or else for the system `replayed` on UTC, and says so.
    """
    recordings = list(recordings)
    known = [row for recording in recordings for row in _systems(recording, fetched_at)]
    home = known[0] if len({row["system_id"] for row in known}) == 1 else None
    for recording in recordings:
        try:
            yield _decode(recording, fetched_at, home)
        except SolarError as error:
            yield ReplayedFile(recording.name, f"not decoded: {error}")


def _data(recording: Recording) -> tuple[int, str, Any]:
    body = msgspec.json.decode(recording.body)
    if isinstance(body, dict) and "code" not in body:
        # A recording of the data alone, its envelope removed.
        body = {"code": 0, "data": body}
    code, said = code_and_message(body)
    return code, said, _with_item_list(data_of(body))


def _with_item_list(data: Any) -> Any:
    """Return a history under the vendor's name of its rows: tools store them under others."""
    if isinstance(data, dict) and "itemList" not in data:
        for name, value in data.items():
            rows = value if isinstance(value, list) else []
            if rows and isinstance(rows[0], dict) and "dataTime" in rows[0]:
                return {"itemList": rows, **{k: v for k, v in data.items() if k != name}}
    return data


def _systems(recording: Recording, fetched_at: str) -> list[Record]:
    try:
        data = _data(recording)[2]
        return decode.systems(data, fetched_at) if _kind(data) == "system list" else []
    except (SolarError, msgspec.DecodeError):
        return []


def _decode(recording: Recording, fetched_at: str, home: Record | None) -> ReplayedFile:
    try:
        code, said, data = _data(recording)
    except msgspec.DecodeError as error:
        return ReplayedFile(recording.name, f"not JSON: {error}")
    if code:
        known = meaning(code)
        what = f"refusal, code {code} ({said}): {known.text} [{known.action.value}]"
        return ReplayedFile(recording.name, what)
    kind = _kind(data)
    if kind == "system list":
        items = data["records"] if isinstance(data, dict) else data
        rows = decode.systems(data, fetched_at)
        notes = _unknown(Systems.projection, items, {"gridConnectTime", "gridConnectedTime"})
        return ReplayedFile(recording.name, kind, {"systems": rows}, notes)
    if kind == "device list":
        rows = decode.devices(data, REPLAYED_WINDOW, fetched_at)
        return ReplayedFile(
            recording.name, kind, {"devices": rows}, _unknown(Devices.projection, data)
        )
    if kind == "history day":
        return _history(recording, data, fetched_at, home)
    return ReplayedFile(recording.name, kind, _other_rows(kind, data, home, fetched_at))


def _other_rows(kind: str, data: Any, home: Record | None, fetched_at: str) -> Rows:
    """Return the rows of readings, coarse levels and device histories."""
    window = _window_of(data, home)
    for what, stream, decoder in READINGS.values():
        if kind == what:
            return {stream: decoder(data, window, fetched_at)}
    for level in decode_totals.KINDS:
        if kind == f"history {level.level.lower()}":
            ever = dataclasses.replace(window, days=EVER)
            return {level.stream.name: decode_totals.rows(level, data, ever, fetched_at)}
    if kind == FLOWS:
        first = decode_flows.day_drawn(data) or SOME_DAY.first
        stream = "flows_by_day"
        return {stream: decode_flows.flows(stream, data, window.site, first, fetched_at)}
    if kind == "device history":
        day = _first_day(data["itemList"] or [], window.site.tz) or SOME_DAY.first
        window = dataclasses.replace(window, days=Days(day, day + dt.timedelta(days=1)))
        return {"device_history": decode_devices.history(data, window, fetched_at)}
    return {}


def _window_of(data: Any, home: Record | None) -> Window:
    """Return a window of the system that an answer names, or of the folder's one system."""
    named = data.get("systemId") if isinstance(data, dict) else None
    if home is not None:
        return dataclasses.replace(REPLAYED_WINDOW, site=decode.site(home))
    if named:
        return dataclasses.replace(REPLAYED_WINDOW, site=Site(str(named), zoneinfo.ZoneInfo("UTC")))
    return REPLAYED_WINDOW


def _history(
    recording: Recording, data: dict[str, Any], fetched_at: str, home: Record | None
) -> ReplayedFile:
    items = data["itemList"] or []
    system_id, tz = REPLAYED, zoneinfo.ZoneInfo("UTC")
    if home is not None:
        system_id, tz = home["system_id"], decode.site(home).tz
    day = _first_day(items, tz)
    if day is None:
        return ReplayedFile(recording.name, "history without a readable row: its day is unknown")
    notes = [
        *_unknown(HistoryIntervals.projection, items),
        *_unknown(HistoryDays.projection, [data], {"itemList", "date", "level"}),
    ]
    if home is None:
        notes.append("no system list in the folder: labels are read as UTC")
    rows, entry = decode.day(data, system_id, day, tz, fetched_at)
    entry["payload_sha256"] = hash_of({"data": data})
    notes.extend(_defects(rows))
    kind = (
        f"history of {day}, {entry['status']}, "
        f"{entry['n_points']} of {entry['expected_points']} points"
    )
    found = {"history_intervals": rows, "history_days": [entry]}
    return ReplayedFile(recording.name, kind, found, tuple(notes))


def _first_day(items: list[dict[str, Any]], tz: dt.tzinfo) -> dt.date | None:
    days = (local_day(item.get("dataTime"), tz) for item in items)
    return next((day for day in days if day is not None), None)


def _kind(data: Any) -> str:
    if isinstance(data, dict) and isinstance(data.get("records"), list):
        data = data["records"]
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return _kind_of_list(set(data[0]))
    return _kind_of_object(data) if isinstance(data, dict) else "no data"


def _kind_of_list(keys: set[str]) -> str:
    if "serialNumber" in keys:
        return "device list"
    if {"timeZone", "systemName"} <= keys:
        return "system list"
    return f"list of {', '.join(sorted(keys)[:4])}: no stream reads it"


def _kind_of_object(data: dict[str, Any]) -> str:
    if "itemList" in data:
        return "device history" if "serialNumber" in data else _kind_of_history(data)
    for key, (kind, _, _) in READINGS.items():
        if key in data:
            return kind
    if "sankeyData" in data:
        day = decode_flows.day_drawn(data)
        return FLOWS if day else "energy flows of an unknown period: no stream takes them"
    for key, kind in OTHER_KINDS.items():
        if key in data:
            return f"{kind}: no stream reads it"
    return f"object of {', '.join(sorted(data)[:4])}: no stream reads it"


def _kind_of_history(data: dict[str, Any]) -> str:
    """Tell the levels apart by the distance of two labels: minutes, days, months or years."""
    items = [item for item in data["itemList"] or [] if isinstance(item, dict)]
    labels = [decode_totals.parse_period(item.get("dataTime")) for item in items]
    days = sorted({label for label in labels if label is not None})
    if len(days) < 2:  # noqa: PLR2004 - two labels make a distance
        return "history day"
    step = (days[1] - days[0]).days
    if len(items) > len(days):
        return "history day"
    return (
        "history month"
        if step < SHORTEST_MONTH
        else ("history year" if step < SHORTEST_YEAR else "history lifetime")
    )


def _unknown(
    projection: Projection, items: list[dict[str, Any]], besides: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return a note for each vendor field that no column takes, with how often it came."""
    seen = Counter(name for item in items for name in projection.unknown(item) - set(besides))
    return tuple(
        f"field {name} is not known (in {count} of {len(items)})"
        for name, count in sorted(seen.items())
        if not re.match(r"_", name)
    )


def _defects(rows: Sequence[Record]) -> list[str]:
    """Return what is odd about a day's rows, in words."""
    notes = []
    if bad := sum(not row["is_valid_local_time"] for row in rows):
        notes.append(f"{bad} row(s) carry a label that is no wall clock of that day")
    for before, row in itertools.pairwise(rows):
        for name in ("power_generation", "power_use", "es_charging", "es_discharging"):
            was, now = before[name], row[name]
            if was is not None and now is not None and now < was - 0.05:
                notes.append(f"counter {name} falls from {was} to {now} at {row['data_time']}")
    return notes
