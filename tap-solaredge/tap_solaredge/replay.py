"""Recorded SolarEdge answers of both APIs to records, without knowing what had been asked."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.cloud import ReplayedFile
from solar_tap_kit.errors import DecodeError, SolarError
from solar_tap_kit.fields import UNKNOWN_FIELDS, shorten
from solar_tap_kit.http import parse_json
from solar_tap_kit.windows import Days, Site, Window
from tap_solaredge import snapshots
from tap_solaredge.days import Grain, Kind, Question, judge
from tap_solaredge.evidence import Evidence
from tap_solaredge.v1 import lists as v1_lists
from tap_solaredge.v1 import series as v1_series
from tap_solaredge.v1 import telemetry as v1_telemetry
from tap_solaredge.v1.shapes import DATA_PERIOD, ENERGY, OVERVIEW, POWER
from tap_solaredge.v2 import rows as v2_rows
from tap_solaredge.v2.lists import device_rows, objects, site_rows
from tap_solaredge.v2.sources import SERIES, STEPS, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from solar_tap_kit.cloud import Recording
    from solar_tap_kit.fields import Record

REPLAYED = "replayed"
"""The site id, or serial number, of an answer that carries none."""

UTC = zoneinfo.ZoneInfo("Etc/UTC")
SITE = Site(REPLAYED, UTC)
"""v1's labels name no zone, so they are read as UTC; v2's show their own offset."""

RESOLUTIONS = {word: name for name, word in WORDS.items()}
METRICS = {
    "meters": {f"{word}{what}" for word in v2_rows.METER_ROLES for what in ("Energy", "Power")},
    "inverters": {"power", "energy", "voltage", "current", "frequency"},
    "storage": {"chargePower", "chargeEnergy", "dischargePower", "dischargeEnergy",
                "stateOfEnergy", "remainingEnergy"},
}  # fmt: skip
"""The metrics of v2 telemetry that are read."""

Rows = dict[str, "list[Record]"]


@dataclass(frozen=True, slots=True)
class Reader:
    """How an answer is known, and read.

    Attributes:
        kind: What it is, in words.
        read: Returns its records by stream.
    """

    kind: str
    read: Callable[[bytes, str], Rows]


def replay(recordings: Iterable[Recording], fetched_at: str) -> Iterator[ReplayedFile]:
    """Yield what each recorded answer decodes to."""
    for recording in recordings:
        try:
            yield _decode(recording, fetched_at)
        except SolarError as error:
            yield ReplayedFile(recording.name, f"not decoded: {error}")


def _decode(recording: Recording, fetched_at: str) -> ReplayedFile:
    answer = parse_json(recording.body)
    if isinstance(answer, list):
        return _list(recording.name, answer, fetched_at)
    if not isinstance(answer, dict):
        return ReplayedFile(recording.name, "not an answer of this API")
    # Before telemetry: a flow has a part `storage` too.
    if any(isinstance(answer.get(part), dict) for part in ("pv", "load", "grid")):
        return _made(recording.name, "power flow", _power_flow(recording.body, fetched_at))
    for key in METRICS:
        if isinstance(answer.get(key), dict):
            return _telemetry(recording.name, key, answer, fetched_at)
    if "values" in answer:
        return _series(recording.name, answer, fetched_at)
    for key, reader in READERS.items():
        if key in answer:
            return _made(recording.name, reader.kind, reader.read(recording.body, fetched_at))
    return ReplayedFile(recording.name, _why_not(answer))


def _why_not(answer: dict[str, Any]) -> str:
    """Say what an answer is that no stream reads."""
    if "title" in answer and "status" in answer:
        return f"refusal, HTTP {answer['status']}: {answer.get('detail')}"
    return f"object of {', '.join(sorted(answer)[:4])}: no stream reads it"


def _made(name: str, kind: str, rows: Rows) -> ReplayedFile:
    notes = [
        f"{stream}: field {field} is not known"
        for stream, records in rows.items()
        for field in sorted({key for row in records for key in row.get(UNKNOWN_FIELDS.name, ())})
    ]
    notes += [
        f"site {row['site_id']} has no time zone"
        for row in rows.get("sites", ())
        if not row["timezone"]
    ]
    return ReplayedFile(name, kind, rows, tuple(notes))


def _list(name: str, answer: list[Any], fetched_at: str) -> ReplayedFile:
    first = answer[0] if answer else None
    if isinstance(first, dict) and "alertId" in first:
        rows = snapshots.alerts_v2(objects(answer, "alerts"), fetched_at)
        return _made(name, "alerts", {"alerts": rows})
    if isinstance(first, dict) and "type" in first and "serialNumber" in first:
        return _made(name, "device list", {"devices": device_rows(answer, REPLAYED, fetched_at)})
    if isinstance(first, dict) and "siteId" in first and "peakPower" in first:
        return _made(name, "site list", {"sites": site_rows(answer, fetched_at)})
    return ReplayedFile(name, "empty list" if first is None else "list that no stream reads")


def _sites(body: bytes, fetched_at: str) -> Rows:
    answer = parse_json(body)
    inner = answer.get("sites")
    items = inner.get("site", inner.get("list")) if isinstance(inner, dict) else inner
    first = items[0] if isinstance(items, list) and items else items
    if isinstance(first, dict) and "siteId" in first:
        return {"sites": site_rows(answer, fetched_at)}
    return {"sites": [v1_lists.site_row(item, fetched_at) for item in v1_lists.site_items(body)]}


def _telemetry(name: str, key: str, answer: dict[str, Any], fetched_at: str) -> ReplayedFile:
    resolution = RESOLUTIONS.get(str(answer.get("resolution", "QUARTER_HOUR")), "quarter_hour")
    asked = v2_rows.Asked(REPLAYED, None, resolution, STEPS[resolution], fetched_at)
    kind = next(kind for kind in SERIES if kind.path.startswith(key))
    rows = {part.stream: decode([answer], asked) for part, decode in kind.streams.items()}
    found = _with_ledger(rows, resolution, "v2", fetched_at)
    seen = {metric for metrics in answer[key].values() for metric in metrics}
    notes = tuple(f"metric {metric} is not known" for metric in sorted(seen - METRICS[key]))
    return ReplayedFile(name, f"telemetry of {key}, {_days(found)}", found, notes)


def _series(name: str, answer: dict[str, Any], fetched_at: str) -> ReplayedFile:
    """Decode a v2 series, which only its unit tells to be energy or power."""
    unit, word = str(answer.get("unit")).upper(), answer.get("resolution")
    resolution = RESOLUTIONS.get(str(word))
    if resolution is None or not unit.endswith(("W", "WH")):
        return ReplayedFile(name, f"series in {unit} by {word}: no stream reads it")
    column = "energy" if unit.endswith("WH") else "power"
    if resolution == "day" and column == "energy":
        rows = {"energy_days": v2_rows.energy_days([answer], REPLAYED, None, fetched_at)}
    else:
        asked = v2_rows.Asked(REPLAYED, None, resolution, STEPS[resolution], fetched_at)
        rows = {f"site_{column}": v2_rows.site_series([answer], asked, column)}
    found = _with_ledger(rows, resolution, "v2", fetched_at)
    return ReplayedFile(name, f"series of {column} by {word}, {_days(found)}", found)


def _site_parts(body: bytes, column: str, fetched_at: str) -> Rows:
    shape = ENERGY if column == "energy" else POWER
    rows: Rows = {}
    for site_id, one in shape.parts(body).items():
        part, site = one.read(), site_id or REPLAYED
        unit = str(part.get("timeUnit"))
        if unit == "DAY":
            found = v1_series.energy_days(part, site, UTC, fetched_at)
            rows.setdefault("energy_days", []).extend(found)
        elif unit in v1_series.RESOLUTIONS or column == "power":
            found = v1_series.site_series(part, site, UTC, column, fetched_at)
            rows.setdefault(f"site_{column}", []).extend(found)
        else:
            message = f"energy by {shorten(unit)}: no stream reads it"
            raise DecodeError(message)
    return _with_ledger(rows, "quarter_hour", "v1", fetched_at)


def _overviews(body: bytes, fetched_at: str) -> Rows:
    rows: list[Record] = []
    for site_id, part in OVERVIEW.parts(body).items():
        rows += snapshots.overview_v1(part.read(), Site(site_id or REPLAYED, UTC), fetched_at)
    return {"overview": rows}


def _periods(body: bytes, fetched_at: str) -> Rows:
    parts = DATA_PERIOD.parts(body)
    rows = [
        v1_lists.data_period(part.read(), at or REPLAYED, fetched_at) for at, part in parts.items()
    ]
    return {"data_periods": rows}


def _dated(stream: str, resolution: str, rows: list[Record], fetched_at: str) -> Rows:
    return _with_ledger({stream: rows}, resolution, "v1", fetched_at)


def _with_ledger(rows: Rows, resolution: str, api_version: str, fetched_at: str) -> Rows:
    """Add what the day ledger would say of the days in a recording."""
    entries: list[Record] = []
    step = STEPS.get(resolution)
    for stream, records in rows.items():
        values = next((k.values for kind in SERIES for k in kind.streams if k.stream == stream),
                      ("energy", "power", "lifetime_energy", "others"))  # fmt: skip
        kind = Kind(stream, tuple(name for name in values if records and name in records[0]))
        for day in sorted({row["local_date"] for row in records}):
            first = dt.date.fromisoformat(day)
            window = Window(stream, SITE, Days(first, first + dt.timedelta(days=1)), "backfill")
            grain = Grain(resolution, step, api_version)
            question = Question(kind, grain, window, fetched_at)
            entries += judge(question, records, Evidence(), void=True).entries
    return {**rows, "sync_days": entries}


def _days(rows: Rows) -> str:
    counts = ", ".join(
        f"{entry['local_date']} {entry['status']}" for entry in rows.get("sync_days", ())
    )
    return counts or "no rows"


def _series_reader(stream: str, root: str, column: str) -> Callable[[bytes, str], Rows]:
    def read(body: bytes, at: str) -> Rows:
        found = v1_series.details(body, root, REPLAYED, UTC, column, at)
        return _dated(stream, "quarter_hour", found, at)

    return read


def _power_flow(body: bytes, fetched_at: str) -> Rows:
    return {"power_flow": snapshots.power_flow(parse_json(body), SITE, fetched_at)}


READERS: dict[str, Reader] = {
    "sites": Reader("site list", _sites),
    "details": Reader("site", _sites),
    "Inventory": Reader(
        "inventory", lambda body, at: {"devices": v1_lists.devices(body, REPLAYED, at)}
    ),
    "energy": Reader("energy (v1)", lambda body, at: _site_parts(body, "energy", at)),
    "sitesEnergy": Reader("energy (v1)", lambda body, at: _site_parts(body, "energy", at)),
    "power": Reader("power (v1)", lambda body, at: _site_parts(body, "power", at)),
    "powerDateValuesList": Reader("power (v1)", lambda body, at: _site_parts(body, "power", at)),
    "overview": Reader("overview (v1)", _overviews),
    "sitesOverviews": Reader("overview (v1)", _overviews),
    "dataPeriod": Reader("data period", _periods),
    "datePeriodList": Reader("data periods", _periods),
    "powerDetails": Reader("power details", _series_reader("meter_power", "powerDetails", "power")),
    "energyDetails": Reader(
        "energy details", _series_reader("meter_energy", "energyDetails", "energy")
    ),
    "meterEnergyDetails": Reader(
        "meter registers",
        lambda body, at: _dated(
            "meter_readings", "instant", v1_series.meter_readings(body, REPLAYED, UTC, at), at
        ),
    ),
    "storageData": Reader(
        "storage readings",
        lambda body, at: _dated(
            "storage_telemetry", "instant", v1_telemetry.storage_rows(body, REPLAYED, UTC, at), at
        ),
    ),
    "data": Reader(
        "inverter readings",
        lambda body, at: _dated(
            "inverter_telemetry",
            "instant",
            v1_telemetry.inverter_rows(body, REPLAYED, REPLAYED, UTC, at),
            at,
        ),
    ),
    "siteSensors": Reader(
        "sensor readings",
        lambda body, at: _dated(
            "sensor_telemetry", "instant", v1_telemetry.sensor_rows(body, REPLAYED, UTC, at), at
        ),
    ),
    "SiteSensors": Reader(
        "sensor list", lambda body, at: {"sensors": v1_lists.sensors(body, REPLAYED, at)}
    ),
    "ChangeLog": Reader(
        "change log",
        lambda body, at: {
            "equipment_changes": v1_lists.equipment_changes(body, REPLAYED, REPLAYED, at)
        },
    ),
    "production": Reader(
        "overview", lambda body, at: {"overview": snapshots.overview_v2(parse_json(body), SITE, at)}
    ),
    "co2Emissions": Reader(
        "benefits",
        lambda body, at: {"environmental_benefits": snapshots.benefits(parse_json(body), SITE, at)},
    ),
    "siteCurrentPowerFlow": Reader("power flow", _power_flow),
    "envBenefits": Reader(
        "benefits",
        lambda body, at: {"environmental_benefits": snapshots.benefits(parse_json(body), SITE, at)},
    ),
    "alerts": Reader(
        "alerts (v1)", lambda body, at: {"alerts": v1_lists.alerts(body, REPLAYED, UTC, at)}
    ),
}
"""By the key that only an answer of that endpoint has."""
