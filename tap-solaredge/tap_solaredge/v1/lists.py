"""v1 lists to rows: sites, equipment, alerts, data periods, sensors, replaced devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import utc_text
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from solar_tap_kit.notices import notice
from tap_solaredge.fields import NO_METER_TYPE
from tap_solaredge.roles import meter_role, serial
from tap_solaredge.streams import Alerts, DataPeriods, Devices, EquipmentChanges, Sensors, Sites
from tap_solaredge.v1.labels import moments, parse_label
from tap_solaredge.v1.shapes import inner, objects, whole

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from solar_tap_kit.fields import Record

STATUSES = {"active": "ACTIVE", "pending": "PENDING", "disabled": "DISABLED"}
"""v1's words for a site's state by their beginning, in v2's words."""

DEVICE_TYPES = {
    "inverters": "INVERTER",
    "thirdPartyInverters": "THIRD_PARTY_INVERTER",
    "smiList": "SMI",
    "batteries": "BATTERY",
    "meters": "METER",
    "gateways": "GATEWAY",
    "sensors": "SENSOR",
}
"""The lists of an inventory to device types, v2's where it has them."""


def site_items(body: bytes) -> list[dict[str, Any]]:
    """Return the sites of a page of the list, or the one of a details answer.

    Raises:
        DecodeError: The answer is neither.
    """
    parsed = whole(body)
    if "details" in parsed:
        return objects(parsed["details"], "details")
    sites = parsed.get("sites")
    if not isinstance(sites, dict):
        message = "site list: there is no object under sites"
        raise DecodeError(message)
    return objects(sites.get("site", sites.get("list")), "site list")


def ids_and_count(body: bytes) -> tuple[list[str], int | None]:
    """Return the ids of a page of the site list, and how many sites the list counts.

    Raises:
        DecodeError: The body is no such list.
    """
    sites = whole(body).get("sites")
    count = sites.get("count") if isinstance(sites, dict) else None
    ids = [str(item.get("id")) for item in site_items(body)]
    return ids, count if isinstance(count, int) else None


def site_row(item: Mapping[str, Any], fetched_at: str) -> Record:
    """Return the record of a site."""
    place, module, public = (
        part if isinstance(part := item.get(name), dict) else {}
        for name in ("location", "primaryModule", "publicSettings")
    )
    shared = {"isPublic": public.get("isPublic"), "publicName": public.get("name")}
    row = Sites.projection({**module, **shared, **place, **item})
    status = str(row["activation_status"] or "")
    words = (word for start, word in STATUSES.items() if status.lower().startswith(start))
    row["activation_status"] = next(words, status.upper() or None)
    row["fetched_at"] = fetched_at
    return row


def devices(body: bytes, site_id: str, fetched_at: str) -> list[Record]:
    """Return the records of an inventory.

    A sensor has no serial number: it is known by the device that reads it and its id.

    Raises:
        DecodeError: The answer is no inventory.
    """
    rows = []
    for kind, items in inner(body, "Inventory").items():
        for item in objects(items, kind) if isinstance(items, list) else ():
            row = Devices.projection({**item, "siteId": site_id})
            row["device_type"] = DEVICE_TYPES.get(kind, kind.upper())
            is_meter = kind == "meters"
            row["meter_type"] = meter_role(item.get("type")) if is_meter else NO_METER_TYPE
            if kind == "sensors":
                row["serial_number"] = f"{row['connected_to'] or ''}:{item.get('id')}"
                row["name"] = row["name"] or item.get("id")
            row["serial_number"] = serial(row["serial_number"])
            reader = item.get("connectedSolaredgeDeviceSN") or item.get("connectedInverterSn")
            row["connected_to"], row["connected_to_name"] = reader, item.get("connectedTo")
            row["fetched_at"] = fetched_at
            rows.append(row)
    return rows


def alerts(body: bytes, site_id: str, tz: dt.tzinfo, fetched_at: str) -> list[Record]:
    """Return the records of an alerts answer, of which one client's reading is all we know.

    Raises:
        DecodeError: The answer has another form.
    """
    rows = []
    for item in objects(inner(body, "alerts").get("alert"), "alert"):
        row = Alerts.projection({**item, "siteId": site_id})
        if item.get("alertId") is None:
            notice("alert without id", f"an alert has no alertId: {shorten(item)}; left out")
            continue
        row["alert_id"] = str(item["alertId"])
        row["first_trigger"] = _instant(item.get("alertTimestamp"), tz)
        row["error_codes"] = None
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def _instant(stamp: object, tz: dt.tzinfo) -> str | None:
    if stamp is None:
        return None
    try:
        return utc_text(moments([stamp], tz)[0].utc)
    except DecodeError as error:
        notice("unreadable alertTimestamp", f"alertTimestamp of alerts: {error}; stored as null")
    return None


def data_period(part: Mapping[str, Any], site_id: str, fetched_at: str) -> Record:
    """Return the record of a site's data period; both ends are null before its first report."""
    row = DataPeriods.projection({})
    for name in ("startDate", "endDate"):
        if part.get(name):
            row[f"{name[:-4]}_date"] = parse_label(part[name]).date().isoformat()
    row["site_id"], row["fetched_at"] = site_id, fetched_at
    return row


def sensors(body: bytes, site_id: str, fetched_at: str) -> list[Record]:
    """Return the records of a sensor list.

    Raises:
        DecodeError: The answer has another form.
    """
    rows = []
    for gateway in objects(inner(body, "SiteSensors").get("list"), "list"):
        for item in objects(gateway.get("sensors"), "sensors"):
            row = Sensors.projection({**item, "connectedTo": gateway.get("connectedTo")})
            row["site_id"], row["fetched_at"] = site_id, fetched_at
            row["connected_to"] = row["connected_to"] or "unknown"
            row["name"] = row["name"] or str(row["measurement"])
            rows.append(row)
    return rows


def equipment_changes(
    body: bytes, present_serial: str, site_id: str, fetched_at: str
) -> list[Record]:
    """Return the records of a device's change log: who stood in its place, and since when.

    Raises:
        DecodeError: The answer has another form.
    """
    rows = []
    log = whole(body).get("ChangeLog")
    for item in objects(log.get("list") if isinstance(log, dict) else None, "list"):
        row = EquipmentChanges.projection({**item, "siteId": site_id})
        row["serial_number"] = serial(row["serial_number"])
        row["changed_on"] = parse_label(item.get("date")).date().isoformat()
        row["present_serial_number"] = present_serial
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def inverter_serials(rows: list[Record]) -> list[str]:
    """Return the serial numbers of the inverters among device records, sorted."""
    return sorted(
        {row["serial_number"] for row in rows if row["device_type"] in ("INVERTER", "SMI")}
    )
