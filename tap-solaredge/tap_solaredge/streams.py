"""The streams of tap-solaredge."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from solar_tap_kit.stream import SolarStream
from tap_solaredge.fields import (
    ALERT_FIELDS,
    DATA_PERIOD_FIELDS,
    DEVICE_FIELDS,
    EQUIPMENT_CHANGE_FIELDS,
    SENSOR_FIELDS,
    SITE_FIELDS,
    SYNC_DAY_FIELDS,
)
from tap_solaredge.fields_series import (
    BENEFIT_FIELDS,
    ENERGY_DAY_FIELDS,
    INVERTER_FIELDS,
    METER_ENERGY_FIELDS,
    METER_POWER_FIELDS,
    METER_READING_FIELDS,
    OVERVIEW_FIELDS,
    POWER_FLOW_FIELDS,
    SENSOR_TELEMETRY_FIELDS,
    SITE_ENERGY_FIELDS,
    SITE_POWER_FIELDS,
    STORAGE_FIELDS,
)

if TYPE_CHECKING:
    from solar_tap_kit.fields import Field
    from solar_tap_kit.tap import SolarTap


class OfTheMoment(SolarStream):
    """A reading of now that costs a credit a site under v2, where it has to be chosen."""

    fields: ClassVar[tuple[Field, ...]] = ()

    def __init__(self, tap: SolarTap) -> None:
        self.selected_by_default = tap.config.get("api_version") == "v1"
        super().__init__(tap)


class Sites(SolarStream):
    """The sites that the credential may read, as of now."""

    name = "sites"
    fields = SITE_FIELDS
    besides = ("location", "primaryModule", "publicSettings", "uris")
    primary_keys = ("site_id",)


class Devices(SolarStream):
    """Inverters, batteries, meters and the rest, as of now."""

    name = "devices"
    fields = DEVICE_FIELDS
    primary_keys = ("site_id", "serial_number", "device_type", "meter_type")


class EnergyDays(SolarStream):
    """Energy of the site by local day: cheap, fetched first, and what the series must add up to."""

    name = "energy_days"
    fields = ENERGY_DAY_FIELDS
    primary_keys = ("site_id", "local_date")
    replication_key = "recorded_at"


class SiteEnergy(SolarStream):
    """Energy of the site by interval."""

    name = "site_energy"
    fields = SITE_ENERGY_FIELDS
    primary_keys = ("site_id", "resolution", "recorded_at")
    replication_key = "recorded_at"


class SitePower(SolarStream):
    """Mean power of the site by interval."""

    name = "site_power"
    fields = SITE_POWER_FIELDS
    primary_keys = ("site_id", "resolution", "recorded_at")
    replication_key = "recorded_at"


class MeterEnergy(SolarStream):
    """Energy through each meter by interval: production, consumption, import, export."""

    name = "meter_energy"
    fields = METER_ENERGY_FIELDS
    primary_keys = ("site_id", "serial_number", "meter_type", "recorded_at")
    replication_key = "recorded_at"


class MeterPower(SolarStream):
    """Mean power through each meter by interval: production, consumption, import, export."""

    name = "meter_power"
    fields = METER_POWER_FIELDS
    primary_keys = ("site_id", "serial_number", "meter_type", "recorded_at")
    replication_key = "recorded_at"


class MeterReadings(SolarStream):
    """Lifetime registers of the meters. v1 only."""

    name = "meter_readings"
    fields = METER_READING_FIELDS
    primary_keys = ("site_id", "serial_number", "meter_type", "recorded_at")
    replication_key = "recorded_at"


class InverterTelemetry(SolarStream):
    """Each inverter: by interval under v2, every reading of every phase under v1."""

    name = "inverter_telemetry"
    fields = INVERTER_FIELDS
    besides = ("date",)
    primary_keys = ("site_id", "serial_number", "recorded_at")
    replication_key = "recorded_at"


class StorageTelemetry(SolarStream):
    """Each battery: by interval under v2, every reading under v1."""

    name = "storage_telemetry"
    fields = STORAGE_FIELDS
    besides = ("timeStamp",)
    primary_keys = ("site_id", "serial_number", "recorded_at")
    replication_key = "recorded_at"


class PowerFlow(OfTheMoment):
    """What flows where at this moment."""

    name = "power_flow"
    fields = POWER_FLOW_FIELDS
    primary_keys = ("site_id", "recorded_at")
    replication_key = "recorded_at"


class Alerts(SolarStream):
    """Alerts, open and closed; of v2's fleets those that were open at a run."""

    name = "alerts"
    fields = ALERT_FIELDS
    besides = ("component", "alertTimestamp")
    primary_keys = ("alert_id",)


class EnvironmentalBenefits(SolarStream):
    """What the site has saved since its beginning."""

    name = "environmental_benefits"
    fields = BENEFIT_FIELDS
    besides = ("gasEmissionSaved", "units")
    primary_keys = ("site_id", "recorded_at")
    replication_key = "recorded_at"


class Overview(OfTheMoment):
    """Totals up to this moment."""

    name = "overview"
    fields = OVERVIEW_FIELDS
    primary_keys = ("site_id", "recorded_at")
    replication_key = "recorded_at"


class DataPeriods(SolarStream):
    """First and last day with data. v1 only."""

    name = "data_periods"
    fields = DATA_PERIOD_FIELDS
    primary_keys = ("site_id",)


class Sensors(SolarStream):
    """Weather sensors. v1 only."""

    name = "sensors"
    fields = SENSOR_FIELDS
    primary_keys = ("site_id", "connected_to", "name")


class SensorTelemetry(SolarStream):
    """Readings of the weather sensors. v1 only."""

    name = "sensor_telemetry"
    fields = SENSOR_TELEMETRY_FIELDS
    besides = ("date",)
    primary_keys = ("site_id", "connected_to", "recorded_at")
    replication_key = "recorded_at"


class EquipmentChanges(SolarStream):
    """Which device stood in whose place, and since when. v1 only."""

    name = "equipment_changes"
    fields = EQUIPMENT_CHANGE_FIELDS
    primary_keys = ("site_id", "serial_number", "changed_on")


class SyncDays(SolarStream):
    """The day ledger: what was fetched for each site, stream and local day."""

    name = "sync_days"
    fields = SYNC_DAY_FIELDS
    primary_keys = ("site_id", "stream", "local_date")
    replication_key = "fetched_at"


STREAMS = (
    Sites, Devices, EnergyDays, SiteEnergy, SitePower, MeterEnergy, MeterPower, MeterReadings,
    InverterTelemetry, StorageTelemetry, PowerFlow, Alerts, EnvironmentalBenefits, Overview,
    DataPeriods, Sensors, SensorTelemetry, EquipmentChanges, SyncDays,
)  # fmt: skip
