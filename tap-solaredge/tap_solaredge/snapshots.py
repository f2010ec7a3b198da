"""Readings of now to rows, the same for both APIs: power flow, benefits, overview, alerts."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import local_text, parse_utc, utc_text
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import number, shorten
from solar_tap_kit.notices import notice
from tap_solaredge.streams import Alerts, EnvironmentalBenefits, Overview, PowerFlow
from tap_solaredge.units import Value, factor
from tap_solaredge.v2.points import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from solar_tap_kit.fields import Field, Record
    from solar_tap_kit.windows import Site

POUND_KG = 0.45359237
MASS_TO_KG = {"kg": 1.0, "lb": POUND_KG, "lbs": POUND_KG}
PARTS = {"PV": "pv", "LOAD": "load", "GRID": "grid", "STORAGE": "storage"}
FLOW_FRAME = frozenset({"unit", "updateRefreshRate", "updatedAt", "siteId"})
"""What an answer may hold beside the parts: without a part it says that nothing is measured."""

DIRECTED: dict[str, dict[str, str]] = {
    "pv": {},
    "load": {},
    "grid": {"IMPORT": "import", "EXPORT": "export"},
    "storage": {"CHARG": "charge", "DISCHARG": "discharge"},
}
"""v2's parts, and how the words of their status begin, case ignored. IMPORT and DISCHARGE were
seen, the opposites are guessed."""


def now_columns(site: Site, fetched_at: str, at: dt.datetime | None = None) -> Record:
    """Return the raw contract's columns of a reading that is of now.

    Args:
        site: The site.
        fetched_at: When the answer was fetched.
        at: The instant that the answer itself names, aware; left out, `fetched_at`.
    """
    utc = (at or parse_utc(fetched_at)).astimezone(dt.UTC).replace(microsecond=0)
    local = utc.astimezone(site.tz)
    offset = local.utcoffset() or dt.timedelta()
    return {
        "site_id": site.id,
        "recorded_at": utc_text(utc),
        "local_time": local_text(local),
        "utc_offset_minutes": round(offset.total_seconds() / 60),
        "local_date": local.date().isoformat(),
        "fetched_at": fetched_at,
    }


def power_flow(answer: Any, site: Site, fetched_at: str) -> list[Record]:
    """Return the row of a power flow answer; none for a site that can't measure it.

    Powers are positive, in W. v2 gives each part's direction as its `status`, v1 in
    `connections`, in any mixture of cases; both are read under either API.

    Raises:
        DecodeError: The answer has another form.
    """
    flow = _object(answer, "power flow")
    flow = _object(flow.get("siteCurrentPowerFlow", flow), "siteCurrentPowerFlow")
    if any(isinstance(flow.get(name), dict) and "power" in flow[name] for name in DIRECTED):
        return [_flow_by_status(flow, site, fetched_at)]
    if "connections" in flow or flow.keys() & PARTS.keys():
        return [_flow_by_connections(flow, site, fetched_at)]
    if all(value is None for name, value in flow.items() if name not in FLOW_FRAME):
        return []
    message = f"power flow: no part of the answer is known: {shorten(flow)}"
    raise DecodeError(message)


def _flow_by_status(flow: Mapping[str, Any], site: Site, fetched_at: str) -> Record:
    """Return v2's row; the sign of a power, if it ever has one, adds nothing to the status."""
    scale = factor(flow.get("unit"), "power_flow")
    at = _aware(flow.get("updatedAt"), "updatedAt of power_flow")
    row = {**_blank(PowerFlow.fields), **now_columns(site, fetched_at, at)}
    for name, ways in DIRECTED.items():
        part = flow.get(name)
        present = part if isinstance(part, dict) else {}
        power = number(present.get("power"), f"power of power_flow {name}")
        row[f"{name}_power"] = _scaled(None if power is None else abs(power), scale)
        row[f"{name}_status"] = _status(present)
        if ways:
            row[f"{name}_direction"] = _way(name, ways, present.get("status"), power)
        if name == "storage":
            row["storage_charge_level"] = number(
                present.get("chargeLevel"), "chargeLevel of power_flow"
            )
    return row


def _way(name: str, ways: Mapping[str, str], status: object, power: Value) -> str | None:
    """Return the direction that a status says; null where nothing flows or the word is new."""
    word = str(status).upper()
    found = next((way for start, way in ways.items() if word.startswith(start)), None)
    if found is None and power:
        what = f"status {shorten(word)} of power_flow {name}"
        notice(f"status of power_flow {name}", f"{what} is not known; its direction is null")
    return found if power else None


def _status(part: Mapping[str, Any]) -> str | None:
    """Return the status as the vendor says it, or v1's word for `active`."""
    active = part.get("active")
    if part.get("status") is not None or active is None:
        return part.get("status")
    return "Active" if active else "Idle"


def _flow_by_connections(flow: Mapping[str, Any], site: Site, fetched_at: str) -> Record:
    scale = factor(flow.get("unit"), "power_flow")
    row = {**_blank(PowerFlow.fields), **now_columns(site, fetched_at)}
    for name, column in PARTS.items():
        part = flow.get(name)
        present = part if isinstance(part, dict) else {}
        power = number(present.get("currentPower"), f"currentPower of power_flow {name}")
        row[f"{column}_power"] = _scaled(power, scale)
        row[f"{column}_status"] = present.get("status")
        if name == "STORAGE":
            row["storage_charge_level"] = number(
                present.get("chargeLevel"), "chargeLevel of power_flow"
            )
            row["storage_critical"] = present.get("critical")
            left = present.get("timeLeft")
            row["storage_time_left"] = None if left is None else str(left)
    listed = flow.get("connections")
    connections = listed if isinstance(listed, list) else []
    givers, takers = (
        {str(pair.get(end)).upper() for pair in connections if isinstance(pair, dict)}
        for end in ("from", "to")
    )
    row["grid_direction"] = _direction("GRID", givers, takers, ("import", "export"))
    row["storage_direction"] = _direction("STORAGE", givers, takers, ("discharge", "charge"))
    row["connections"] = json.dumps(connections)
    return row


def _direction(name: str, givers: set[str], takers: set[str], words: tuple[str, str]) -> str | None:
    if (name in givers) == (name in takers):
        return None
    return words[0] if name in givers else words[1]


def benefits(answer: Any, site: Site, fetched_at: str) -> list[Record]:
    """Return the row of an environmental benefits answer, in kilograms.

    Raises:
        DecodeError: The answer has another form.
    """
    found = _object(answer, "environmental benefits")
    found = _object(found.get("envBenefits", found), "envBenefits")
    gases = found.get("gasEmissionSaved")
    saved = gases if isinstance(gases, dict) else {}
    row = EnvironmentalBenefits.projection({**found, **saved})
    unit = str(saved.get("units", "kg")).strip().lower()
    scale = MASS_TO_KG.get(unit)
    if scale is None:
        what = f"unit {shorten(unit)} of environmental_benefits"
        notice("unit of environmental_benefits", f"{what} is not known; stored as null")
    for name in ("co2", "so2", "nox"):
        row[name] = _scaled(row[name], scale)
    return [{**row, **now_columns(site, fetched_at)}]


def overview_v1(part: Mapping[str, Any], site: Site, fetched_at: str) -> list[Record]:
    """Return the row of a site's part of a v1 overview."""
    if not part:
        return []
    energies = {
        column: part.get(name) if isinstance(part.get(name), dict) else {}
        for column, name in (("lifetime", "lifeTimeData"), ("year", "lastYearData"),
                             ("month", "lastMonthData"), ("today", "lastDayData"))
    }  # fmt: skip
    row = _blank(Overview.fields)
    for column, data in energies.items():
        row[f"{column}_energy"] = number((data or {}).get("energy"), f"{column} energy of overview")
    row["lifetime_revenue"] = number(
        (energies["lifetime"] or {}).get("revenue"), "revenue of overview"
    )
    power = part.get("currentPower")
    now = power.get("power") if isinstance(power, dict) else None
    row["current_power"] = number(now, "currentPower of overview")
    row["measured_by"] = part.get("measuredBy") or None
    row["last_update_time"] = part.get("lastUpdateTime")
    row["basis"] = "inverter_output"
    return [{**row, **now_columns(site, fetched_at)}]


def overview_v2(answer: Any, site: Site, fetched_at: str) -> list[Record]:
    """Return the row of a v2 overview, which covers the running day so far.

    Raises:
        DecodeError: The answer has another form.
    """
    found = _object(answer, "overview")
    row = _blank(Overview.fields)
    for part, columns in (
        ("production", {"total": "today_energy", "toSelfConsumption": "today_to_self_consumption",
                        "toStorage": "today_to_storage", "toGrid": "today_to_grid"}),
        ("consumption", {"total": "today_consumption", "fromPv": "today_from_pv",
                         "fromStorage": "today_from_storage", "fromGrid": "today_from_grid"}),
    ):  # fmt: skip
        data = _object(found.get(part), part)
        scale = factor(data.get("unit"), f"{part} of overview")
        for name, column in columns.items():
            value = number(data.get(name), f"{part} {name} of overview")
            row[column] = _scaled(value, scale)
    row["basis"] = "pv"
    return [{**row, **now_columns(site, fetched_at)}]


def _scaled(value: Value, scale: float | None) -> Value:
    if value is None or scale is None:
        return None
    return value if scale == 1 else value * scale


def _blank(fields: Iterable[Field]) -> Record:
    return {field.name: None for field in fields}


def alerts_v2(items: Iterable[Mapping[str, Any]], fetched_at: str) -> list[Record]:
    """Return the rows of v2 alerts; one without an id is left out and reported."""
    rows = []
    for item in items:
        if item.get("alertId") is None or item.get("siteId") is None:
            told = shorten(dict(item))
            notice("alert without id", f"an alert has no alertId or siteId: {told}; left out")
            continue
        component = item.get("component")
        device = component if isinstance(component, dict) else {}
        named = {
            "componentName": device.get("name"),
            "componentSerialNumber": device.get("serialNumber"),
        }
        row = Alerts.projection({**item, **named})
        for name in ("first_trigger", "last_trigger"):
            row[name] = _instant(row[name], f"{name} of alerts")
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def _aware(value: object, field: str) -> dt.datetime | None:
    """Return a timestamp as an aware date-time; one that can't be read is None and reported."""
    if value is None:
        return None
    try:
        return parse_timestamp(str(value)).astimezone(dt.UTC)
    except (DecodeError, OverflowError):
        notice(f"unreadable {field}", f"{field} is {shorten(value)}, no timestamp; not used")
    return None


def _instant(text: str | None, field: str) -> str | None:
    """Return a timestamp in UTC; one that can't be read is None and reported."""
    if text is None:
        return None
    try:
        return utc_text(parse_timestamp(text))
    except (DecodeError, OverflowError):
        notice(f"unreadable {field}", f"{field} is {shorten(text)}, no timestamp; stored as null")
    return None


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = f"{what}: expected an object, got {shorten(value)}"
        raise DecodeError(message)
    return value
