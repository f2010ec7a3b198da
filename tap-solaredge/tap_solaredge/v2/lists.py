"""SolarEdge v2 lists to rows: sites and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
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
        if not row["site_id"]:
            message = "site list: a site has no siteId"
            raise DecodeError(message)
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def device_rows(answer: Any, site_id: str, fetched_at: str) -> list[Record]:
    """Return the records of a device list.

    Raises:
        DecodeError: The answer is not a list of devices.
    """
    rows = []
    for item in objects(answer, "device list"):
        row = Devices.projection({**item, "siteId": site_id})
        row["serial_number"] = serial(row["serial_number"])
        row["device_type"] = row["device_type"] or "UNKNOWN"
        row["meter_type"] = meter_role(row["meter_type"])
        row["fetched_at"] = fetched_at
        rows.append(row)
    return rows


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """Return a list of objects.

    Raises:
        DecodeError: It is none.
    """
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        message = f"{what}: expected a list of objects, got {shorten(value)}"
        raise DecodeError(message)
    return value
