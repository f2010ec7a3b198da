"""SolarEdge v2 lists to rows: sites and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from solar_tap_kit.http import parse_json
from solar_tap_kit.notices import notice
from tap_solaredge.roles import meter_role, serial
from tap_solaredge.streams import Devices, Sites

if TYPE_CHECKING:
    from solar_tap_kit.fields import Record


def site_items(answer: Any) -> list[dict[str, Any]]:
    """Return the site objects of a list, of today's form or of 2022's, or of one site alone.

    Raises:
        DecodeError: It is none of them.
    """
    items = answer
    if isinstance(answer, dict):
        if "siteId" in answer:
            return [answer]
        inner = answer.get("sites")
        items = inner.get("site") if isinstance(inner, dict) else inner
    return objects(items, "site list")


def ids_and_count(body: bytes) -> tuple[list[str], int | None]:
    """Return the ids of a page of the site list, and how many sites the list counts.

    Raises:
        DecodeError: The body is no such list.
    """
    answer = parse_json(body)
    inner = answer.get("sites") if isinstance(answer, dict) else None
    count = inner.get("count") if isinstance(inner, dict) else None
    ids = [str(item.get("siteId")) for item in site_items(answer)]
    return ids, count if isinstance(count, int) else None


def site_rows(answer: Any, fetched_at: str) -> list[Record]:
    """Return the records of one page of the site list, or of one site.

    Raises:
        DecodeError: The answer is neither.
    """
    rows = []
    for item in site_items(answer):
        location = item.get("location")
        place = location if isinstance(location, dict) else {}
        row = Sites.projection({**place, **item})
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def device_rows(answer: Any, site_id: str, fetched_at: str) -> list[Record]:
    """Return the records of a device list; a device without a serial number is left out.

    Raises:
        DecodeError: The answer is not a list of devices.
    """
    rows = []
    for item in objects(answer, "device list"):
        row = Devices.projection({**item, "siteId": site_id})
        # Only computed meters have none.
        if not row["serial_number"] and row["device_type"] not in (None, "METER"):
            told = f"a device of {site_id} has no serialNumber: {shorten(item)}"
            notice(f"device without serial {site_id}", f"{told}; left out")
            continue
        row["serial_number"] = serial(row["serial_number"])
        row["device_type"] = row["device_type"] or "UNKNOWN"
        row["meter_type"] = meter_role(row["meter_type"])
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """Return a list of objects; null is an empty one, an entry of another kind is left out.

    Raises:
        DecodeError: It is none, or none of its entries is an object.
    """
    if value is None:
        return []
    found = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if not isinstance(value, list) or (value and not found):
        message = f"{what}: expected a list of objects, got {shorten(value)}"
        raise DecodeError(message)
    if len(found) < len(value):
        odd = next(item for item in value if not isinstance(item, dict))
        notice(f"{what} entry", f"{what}: {shorten(odd)} is no object; left out")
    return found
