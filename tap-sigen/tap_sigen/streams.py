"""The streams of tap-sigen."""

from __future__ import annotations

from solar_tap_kit.stream import SolarStream
from tap_sigen.fields import (
    DEVICE_FIELDS,
    HISTORY_DAY_FIELDS,
    INTERVAL_FIELDS,
    SYSTEM_FIELDS,
)


class Systems(SolarStream):
    """The systems that the credential may read, as of now."""

    name = "systems"
    fields = SYSTEM_FIELDS
    primary_keys = ("system_id",)


class Devices(SolarStream):
    """Inverters, batteries, meters and chargers of each system, as of now."""

    name = "devices"
    fields = DEVICE_FIELDS
    primary_keys = ("system_id", "serial_number")


class HistoryIntervals(SolarStream):
    """Five-minute rows: powers, counters since local midnight, state of charge."""

    name = "history_intervals"
    fields = INTERVAL_FIELDS
    primary_keys = ("system_id", "local_date", "seq")
    replication_key = "recorded_at"


class HistoryDays(SolarStream):
    """The day ledger: what was fetched for each system and local day, with its totals."""

    name = "history_days"
    fields = HISTORY_DAY_FIELDS
    primary_keys = ("system_id", "local_date")
    replication_key = "fetched_at"


STREAMS = (Systems, Devices, HistoryIntervals, HistoryDays)
