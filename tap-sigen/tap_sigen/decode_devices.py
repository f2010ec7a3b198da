"""Readings of single devices to records (`docs/vendors/sigen.md`, Devices)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten
from solar_tap_kit.notices import notice
from tap_sigen.decode import joined_rows, report
from tap_sigen.decode_totals import now_columns
from tap_sigen.envelope import objects
from tap_sigen.intervals import Question
from tap_sigen.streams import DeviceHistory, DeviceRealtime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window

T = TypeVar("T")


def readable(
    bodies: Sequence[bytes], read: Callable[[bytes], T], stream: str, system_id: str
) -> list[T]:
    """Return what the answers of a system's devices say; one that can't be read is left out.

    Args:
        bodies: One answer for each device.
        read: Decodes one.
        stream: The stream, for reports.
        system_id: The system.

    Raises:
        DecodeError: None of them can be read.
    """
    found: list[T] = []
    trouble: DecodeError | None = None
    for body in bodies:
        try:
            found.append(read(body))
        except DecodeError as error:
            notice(f"device of {stream} {system_id}", f"a device's answer: {error}; left out")
            trouble = error
    if trouble is not None and not found:
        raise trouble
    return found


def realtime(data: Any, window: Window, fetched_at: str) -> Record:
    """Return the record of what a device measures now.

    Raises:
        DecodeError: The data is not a device's.
    """
    device = _device(data)
    readings = device.get("realTimeInfo") or {}
    if not isinstance(readings, dict):
        message = f"realTimeInfo: expected an object, got {shorten(readings)}"
        raise DecodeError(message)
    record = DeviceRealtime.projection(_lower(readings))
    return {**record, **_identity(device), **now_columns(window, fetched_at)}


def history(data: Any, window: Window, fetched_at: str) -> Sequence[Record]:
    """Return the five-minute records of one device.

    Raises:
        DecodeError: The data is not a device's.
    """
    device = _device(data)
    items = objects(device.get("itemList"), "device history itemList")
    question = Question(window.days.first, window.site.tz, fetched_at)
    more = {"system_id": window.site.id, **_identity(device)}
    rows, clock = joined_rows(items, question, DeviceHistory, more, read=_lower)
    report(clock, "device_history", str(device["serialNumber"]))
    return rows


def _device(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict) or not data.get("serialNumber"):
        message = f"device: expected an object with serialNumber, got {shorten(data)}"
        raise DecodeError(message)
    return data


def _identity(device: dict[str, Any]) -> Record:
    kind = device.get("deviceType")
    return {
        "serial_number": str(device["serialNumber"]),
        "device_type": None if kind is None else str(kind),
    }


def _lower(item: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in item.items()}
