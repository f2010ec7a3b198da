"""Recorded SolarEdge answers to records, without knowing what had been asked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import zoneinfo
from typing import TYPE_CHECKING, Any

import msgspec

from solar_tap_kit.clock import UTC
from solar_tap_kit.cloud import ReplayedFile
from solar_tap_kit.errors import SolarError
from solar_tap_kit.windows import Site
from tap_solaredge import decode
from tap_solaredge.series import METER_METRICS, Span
from tap_solaredge.streams import Devices, Sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from solar_tap_kit.cloud import Recording
    from solar_tap_kit.fields import Record

REPLAYED = "replayed"
"""The site id of an answer that carries none."""

EVER = Span(
    dt.datetime.min.replace(tzinfo=UTC) + dt.timedelta(days=1),
    dt.datetime.max.replace(tzinfo=UTC) - dt.timedelta(days=1),
    None,
)
"""A recording shows its own offset, so the site's zone is not needed to read it."""

TELEMETRY: dict[str, tuple[str, Callable[[Sequence[Any], str, Span, str], list[Record]], set[str]]]
TELEMETRY = {
    "meters": ("meter_energy", decode.meter_energy,
               set(METER_METRICS) | {m.replace("Energy", "Power") for m in METER_METRICS}),
    "inverters": ("inverter_telemetry", decode.inverter_telemetry,
                  {"power", "energy", "voltage", "current", "frequency"}),
    "storage": ("storage_telemetry", decode.storage_telemetry,
                {"chargePower", "chargeEnergy", "dischargePower", "dischargeEnergy",
                 "stateOfEnergy", "remainingEnergy"}),
}  # fmt: skip
"""An answer's key to its stream, decoder and known metrics."""

V1_KEYS = {
    "details", "Inventory", "energy", "power", "overview", "powerDetails", "energyDetails",
    "siteCurrentPowerFlow", "storageData", "envBenefits", "reporters", "data",
    "meterEnergyDetails", "ChangeLog", "dataPeriod", "timeFrameEnergy",
}  # fmt: skip
ENERGY_UNITS = {"WH", "KWH", "MWH", "GWH"}


def replay(recordings: Iterable[Recording], fetched_at: str) -> Iterator[ReplayedFile]:
    """Yield what each recorded answer decodes to."""
    for recording in recordings:
        try:
            yield _decode(recording, fetched_at)
        except msgspec.DecodeError as error:
            yield ReplayedFile(recording.name, f"not JSON: {error}")
        except SolarError as error:
            yield ReplayedFile(recording.name, f"not decoded: {error}")


def _decode(recording: Recording, fetched_at: str) -> ReplayedFile:
    answer = msgspec.json.decode(recording.body)
    if isinstance(answer, list):
        return _list(recording.name, answer, fetched_at)
    if not isinstance(answer, dict):
        return ReplayedFile(recording.name, "not an answer of this API")
    if "sites" in answer and isinstance(answer["sites"], dict):
        return _sites(recording.name, answer, fetched_at)
    for key, (stream, decoder, known) in TELEMETRY.items():
        if key in answer and isinstance(answer[key], dict):
            rows = decoder([answer], REPLAYED, EVER, fetched_at)
            seen = {metric for metrics in answer[key].values() for metric in metrics}
            notes = tuple(f"metric {metric} is not known" for metric in sorted(seen - known))
            replayed = _series(recording.name, stream, rows, answer, fetched_at)
            return dataclasses.replace(replayed, notes=notes)
    if "values" in answer and _is_quarter_hour_energy(answer):
        rows = decode.site_energy([answer], REPLAYED, EVER, fetched_at)
        return _series(recording.name, "site_energy", rows, answer, fetched_at)
    return ReplayedFile(recording.name, _why_not(answer))


def _is_quarter_hour_energy(answer: dict[str, Any]) -> bool:
    unit = str(answer.get("unit")).upper()
    return unit in ENERGY_UNITS and answer.get("resolution") == "QUARTER_HOUR"


def _why_not(answer: dict[str, Any]) -> str:
    """Say what an answer is that no stream reads."""
    if "title" in answer and "status" in answer:
        return f"refusal, HTTP {answer['status']}: {answer.get('detail')}"
    if "values" in answer:
        unit, resolution = answer.get("unit"), answer.get("resolution")
        return f"series in {unit} by {resolution}: no stream reads it"
    if V1_KEYS & answer.keys():
        return "answer of the API v1, which this version does not read"
    return f"object of {', '.join(sorted(answer)[:4])}: no stream reads it"


def _list(name: str, answer: list[Any], fetched_at: str) -> ReplayedFile:
    first = answer[0] if answer else None
    if isinstance(first, dict) and "type" in first and "serialNumber" in first:
        rows = decode.devices(answer, REPLAYED, fetched_at)
        unknown = sorted({key for item in answer for key in Devices.projection.unknown(item)})
        notes = tuple(f"field {key} is not known" for key in unknown)
        return ReplayedFile(name, "device list", {"devices": rows}, notes)
    if isinstance(first, dict) and "siteId" in first and "peakPower" in first:
        return _sites(name, answer, fetched_at)
    return ReplayedFile(name, "empty list" if first is None else "list that no stream reads")


def _sites(name: str, answer: Any, fetched_at: str) -> ReplayedFile:
    rows = decode.sites(answer, fetched_at)
    items = decode.site_items(answer)
    unknown = {key for item in items for key in Sites.projection.unknown(item)} - {"location"}
    notes = [f"field {key} is not known" for key in sorted(unknown)]
    notes += [f"site {row['site_id']} has no time zone" for row in rows if not row["timezone"]]
    return ReplayedFile(name, "site list", {"sites": rows}, tuple(notes))


def _series(
    name: str, stream: str, rows: list[Record], answer: dict[str, Any], fetched_at: str
) -> ReplayedFile:
    entries = []
    for day in sorted({row["local_date"] for row in rows}):
        offset = next(row["utc_offset_minutes"] for row in rows if row["local_date"] == day)
        where = Site(REPLAYED, _fixed_zone(offset))
        entry = decode.ledger_entry(stream, where, dt.date.fromisoformat(day), rows, [answer])
        entries.append({**entry, "fetched_at": fetched_at})
    counts = ", ".join(f"{e['local_date']} {e['status']}" for e in entries)
    what = f"answer for {stream}, {counts or 'no rows'}"
    return ReplayedFile(name, what, {stream: rows, "sync_days": entries})


def _fixed_zone(offset_minutes: int) -> zoneinfo.ZoneInfo:
    """Return a zone with a whole-hour offset; the sign of Etc/GMT zones is reversed."""
    hours = round(offset_minutes / 60)
    return zoneinfo.ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC")
