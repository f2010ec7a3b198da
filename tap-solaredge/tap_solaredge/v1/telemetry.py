"""Readings of v1 devices at their own times: inverters, batteries, weather sensors."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from solar_tap_kit.fields import UNKNOWN_FIELDS
from tap_solaredge.fields_series import PHASES
from tap_solaredge.roles import serial
from tap_solaredge.streams import InverterTelemetry, SensorTelemetry, StorageTelemetry
from tap_solaredge.v1.labels import moments
from tap_solaredge.v1.shapes import inner, objects

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from solar_tap_kit.fields import Record

PHASE_KEYS = {phase: f"{phase}Data" for phase in PHASES}
INSTANT = "instant"
"""Resolution of a reading that is true at its own second."""

NESTED = "threePhaseInverterTelemetry"
"""A wrapper that one edition of the vendor's document puts around each inverter record."""


def inverter_rows(
    body: bytes, serial_number: str, site_id: str, tz: dt.tzinfo, fetched_at: str
) -> list[Record]:
    """Return the rows of one inverter's data answer: every reading, every phase.

    Raises:
        DecodeError: The answer has another form.
    """
    readings = objects(inner(body, "data").get("telemetries"), "telemetries")
    rows = []
    for clock, reading in _clocked((_unwrapped(item) for item in readings), "date", tz):
        row = InverterTelemetry.projection(_flat(reading))
        row.update(clock)
        row["site_id"], row["serial_number"] = site_id, serial_number
        row["resolution"], row["fetched_at"] = INSTANT, fetched_at
        rows.append(row)
    return rows


def storage_rows(body: bytes, site_id: str, tz: dt.tzinfo, fetched_at: str) -> list[Record]:
    """Return the rows of a storageData answer: every reading of every battery.

    v1 writes one signed power; the columns of both versions are charge and discharge.

    Raises:
        DecodeError: The answer has another form.
    """
    rows = []
    for battery in objects(inner(body, "storageData").get("batteries"), "batteries"):
        fixed = {
            "site_id": site_id,
            "serial_number": serial(battery.get("serialNumber")),
            "resolution": INSTANT,
            "fetched_at": fetched_at,
        }
        plate = {name: battery.get(name) for name in ("nameplate", "modelNumber")}
        readings = objects(battery.get("telemetries"), "telemetries")
        for clock, reading in _clocked(readings, "timeStamp", tz):
            row = StorageTelemetry.projection({**plate, **reading})
            if (power := row["power"]) is not None:
                row["charge_power"], row["discharge_power"] = max(power, 0), max(-power, 0)
            row.update(clock)
            row.update(fixed)
            rows.append(row)
    return rows


def battery_count(body: bytes) -> int:
    """Return how many batteries a storageData answer knows."""
    return len(objects(inner(body, "storageData").get("batteries"), "batteries"))


def sensor_rows(body: bytes, site_id: str, tz: dt.tzinfo, fetched_at: str) -> list[Record]:
    """Return the rows of a sensor data answer; readings without a column keep their names.

    Raises:
        DecodeError: The answer has another form.
    """
    rows = []
    for gateway in objects(inner(body, "siteSensors").get("data"), "data"):
        readings = objects(gateway.get("telemetries"), "telemetries")
        for clock, reading in _clocked(readings, "date", tz):
            row = SensorTelemetry.projection(reading)
            # Each kind of sensor brings a reading of its own name: none of them is drift.
            row["others"] = row.pop(UNKNOWN_FIELDS.name, None)
            row.update(clock)
            row["site_id"], row["fetched_at"] = site_id, fetched_at
            row["connected_to"] = str(gateway.get("connectedTo") or "unknown")
            rows.append(row)
    return rows


def _clocked(
    readings: Iterable[Mapping[str, Any]], key: str, tz: dt.tzinfo
) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """Yield readings with their time columns; of two at one instant, the last."""
    listed = list(readings)
    found = {}
    for reading, moment in zip(listed, moments([r.get(key) for r in listed], tz), strict=True):
        if moment.exists or moment.columns["recorded_at"] not in found:
            found[moment.columns["recorded_at"]] = (moment.columns, reading)
    yield from sorted(found.values(), key=lambda pair: str(pair[0]["recorded_at"]))


def _unwrapped(item: dict[str, Any]) -> dict[str, Any]:
    nested = item.get(NESTED)
    return nested if isinstance(nested, dict) else item


def _flat(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reading with its phases' values beside the others, as `L1.acVoltage`.

    What v2 gives of an inverter as a whole is taken from L1 where that is the whole.
    """
    flat = dict(reading)
    phases = {}
    for phase, key in PHASE_KEYS.items():
        data = flat.pop(key, None)
        if isinstance(data, dict):
            phases[phase] = data
            flat.update(zip(_names(phase, tuple(data)), data.values(), strict=True))
    first = phases.get("L1", {})
    flat["frequency"] = first.get("acFrequency")
    if phases.keys() == {"L1"}:
        flat["voltage"], flat["current"] = first.get("acVoltage"), first.get("acCurrent")
    return flat


@functools.lru_cache(maxsize=64)
def _names(phase: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{phase}.{name}" for name in names)
