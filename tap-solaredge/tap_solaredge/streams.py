"""The streams of tap-solaredge."""

from __future__ import annotations

from solar_tap_kit.stream import SolarStream
from tap_solaredge.fields import (
    DEVICE_FIELDS,
    INVERTER_FIELDS,
    METER_ENERGY_FIELDS,
    SITE_ENERGY_FIELDS,
    SITE_FIELDS,
    STORAGE_FIELDS,
    SYNC_DAY_FIELDS,
)


class Sites(SolarStream):
    """The sites that the credential may read, as of now."""

    name = "sites"
    fields = SITE_FIELDS
    primary_keys = ("site_id",)


class Devices(SolarStream):
    """Inverters, batteries, meters and the rest, as of now."""

    name = "devices"
    fields = DEVICE_FIELDS
    primary_keys = ("site_id", "serial_number", "device_type", "meter_type")


class SiteEnergy(SolarStream):
    """PV energy of the site by quarter-hour."""

    name = "site_energy"
    fields = SITE_ENERGY_FIELDS
    primary_keys = ("site_id", "resolution", "recorded_at")
    replication_key = "recorded_at"


class MeterEnergy(SolarStream):
    """Energy through each meter by quarter-hour: production, consumption, import, export."""

    name = "meter_energy"
    fields = METER_ENERGY_FIELDS
    primary_keys = ("site_id", "serial_number", "meter_type", "recorded_at")
    replication_key = "recorded_at"


class InverterTelemetry(SolarStream):
    """AC side of each inverter by quarter-hour."""

    name = "inverter_telemetry"
    fields = INVERTER_FIELDS
    primary_keys = ("site_id", "serial_number", "recorded_at")
    replication_key = "recorded_at"


class StorageTelemetry(SolarStream):
    """Each battery by quarter-hour: charge, discharge, state of charge."""

    name = "storage_telemetry"
    fields = STORAGE_FIELDS
    primary_keys = ("site_id", "serial_number", "recorded_at")
    replication_key = "recorded_at"


class SyncDays(SolarStream):
    """The day ledger: what was fetched for each site, stream and local day."""

    name = "sync_days"
    fields = SYNC_DAY_FIELDS
    primary_keys = ("site_id", "stream", "local_date")
    replication_key = "fetched_at"


STREAMS = (Sites, Devices, SiteEnergy, MeterEnergy, InverterTelemetry, StorageTelemetry, SyncDays)
