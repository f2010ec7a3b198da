"""v1 series by interval to rows: energy, power, details by role, and meter registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from tap_solaredge.fields import ALL_METERS, NO_SERIAL
from tap_solaredge.roles import meter_role
from tap_solaredge.units import in_base_units
from tap_solaredge.v1.labels import moments
from tap_solaredge.v1.shapes import inner, objects

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from solar_tap_kit.fields import Record

INVERTER_OUTPUT = "inverter_output"
"""What v1's energy and power of a site are: the battery's share is in them."""

TIME_UNITS = {"quarter_hour": "QUARTER_OF_AN_HOUR", "hour": "HOUR", "day": "DAY"}
"""Resolutions in v1's words."""

RESOLUTIONS = {word: name for name, word in TIME_UNITS.items()}


def values(
    items: Any, tz: dt.tzinfo, unit: object, what: str
) -> Iterable[tuple[Record, float | int | None]]:
    """Return a series' values with the time columns of their labels, in base units.

    A label in the spring gap has no instant of its own: without a value it says nothing and
    is passed over, with one it is kept unless a real interval holds that instant.

    Args:
        items: `[{"date": ..., "value": ...}]`; a missing value is a null.
        tz: The site's zone.
        unit: The values' unit.
        what: The series, for messages.

    Raises:
        DecodeError: The series has another form.
    """
    rows = objects(items, what)
    scaled = in_base_units([row.get("value") for row in rows], unit, what)
    clock = moments([row.get("date") for row in rows], tz)
    stamps = {moment.columns["recorded_at"] for moment in clock if moment.exists}
    if len(stamps) == len(rows):
        return zip([moment.columns for moment in clock], scaled, strict=True)
    found: dict[str, tuple[Record, float | int | None]] = {}
    for moment, value in zip(clock, scaled, strict=True):
        stamp = moment.columns["recorded_at"]
        if moment.exists and (value is not None or stamp not in found):
            found[stamp] = (moment.columns, value)
    for moment, value in zip(clock, scaled, strict=True):
        if not moment.exists and value is not None:
            found.setdefault(moment.columns["recorded_at"], (moment.columns, value))
    return [found[stamp] for stamp in sorted(found)]


def site_series(
    part: Mapping[str, Any], site_id: str, tz: dt.tzinfo, column: str, fetched_at: str
) -> list[Record]:
    """Return the rows of a site's part of an energy or power answer.

    Args:
        part: See `shapes.part_of`; an empty one has no rows.
        site_id: The site.
        tz: Its zone.
        column: `energy` or `power`.
        fetched_at: When it was fetched.
    """
    resolution = _resolution(part.get("timeUnit"))
    return [
        {"site_id": site_id, "resolution": resolution, **clock, "fetched_at": fetched_at,
         column: value, "basis": INVERTER_OUTPUT}
        for clock, value in values(part.get("values"), tz, part.get("unit"), column)
    ]  # fmt: skip


def energy_days(
    part: Mapping[str, Any], site_id: str, tz: dt.tzinfo, fetched_at: str
) -> list[Record]:
    """Return the rows of an energy answer by day."""
    return [
        {"site_id": site_id, **clock, "fetched_at": fetched_at, "energy": value,
         "basis": INVERTER_OUTPUT}
        for clock, value in values(part.get("values"), tz, part.get("unit"), "energy")
    ]  # fmt: skip


def details(
    body: bytes, root: str, site_id: str, tz: dt.tzinfo, column: str, fetched_at: str
) -> list[Record]:
    """Return the rows of powerDetails or energyDetails: one per role and interval.

    A role without any value is one that the site does not measure: v1 lists it all the
    same, and no rows are made of it.

    Args:
        body: The answer.
        root: `powerDetails` or `energyDetails`.
        site_id: The site.
        tz: Its zone.
        column: `power` or `energy`.
        fetched_at: When it was fetched.
    """
    answer = inner(body, root)
    resolution = _resolution(answer.get("timeUnit"))
    unit = answer.get("unit")
    rows: list[Record] = []
    for meter in objects(answer.get("meters"), "meters"):
        series = list(values(meter.get("values"), tz, unit, root))
        if any(value is not None for _, value in series):
            head = {
                "site_id": site_id,
                "serial_number": ALL_METERS,
                "meter_type": meter_role(meter.get("type")),
                "resolution": resolution,
            }
            rows += [
                {**head, **clock, "fetched_at": fetched_at, column: value}
                for clock, value in series
            ]
    return rows


def meter_readings(body: bytes, site_id: str, tz: dt.tzinfo, fetched_at: str) -> list[Record]:
    """Return the registers of a meters answer; an interval without a reading has no row."""
    answer = inner(body, "meterEnergyDetails")
    unit = answer.get("unit")
    rows: list[Record] = []
    for meter in objects(answer.get("meters"), "meters"):
        head = {
            "site_id": site_id,
            "serial_number": meter.get("meterSerialNumber") or NO_SERIAL,
            "meter_type": meter_role(meter.get("meterType")),
        }
        tail = {
            "model": meter.get("model"),
            "connected_to": meter.get("connectedSolaredgeDeviceSN"),
        }
        rows += [
            {**head, **clock, "fetched_at": fetched_at, "lifetime_energy": value, **tail}
            for clock, value in values(meter.get("values"), tz, unit, "meters")
            if value is not None
        ]
    return rows


def _resolution(unit: object) -> str:
    """Return the resolution that an answer says it has; power is always by quarter-hour."""
    known = RESOLUTIONS.get(str(unit or "QUARTER_OF_AN_HOUR"))
    if known is None:
        message = f"timeUnit {shorten(unit)} is not known"
        raise DecodeError(message)
    return known
