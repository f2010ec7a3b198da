"""The streams of tap-sigen."""

from __future__ import annotations

from solar_tap_kit.stream import SolarStream
from tap_sigen.fields import (
    DEVICE_FIELDS,
    HISTORY_DAY_FIELDS,
    INTERVAL_FIELDS,
    SYSTEM_FIELDS,
)
from tap_sigen.fields_devices import DEVICE_HISTORY_FIELDS, DEVICE_REALTIME_FIELDS
from tap_sigen.fields_flows import (
    FLOWS_BY_DAY_FIELDS,
    FLOWS_BY_MONTH_FIELDS,
    FLOWS_BY_YEAR_FIELDS,
)
from tap_sigen.fields_totals import (
    DAILY_TOTAL_FIELDS,
    ENERGY_FLOW_FIELDS,
    MONTHLY_TOTAL_FIELDS,
    SUMMARY_FIELDS,
    YEARLY_TOTAL_FIELDS,
)

NOT_IN_TOTALS = (
    "pvTotalPower", "loadPower", "toGridPower", "fromGridPower", "esChargeDischargePower",
    "esChargePower", "esDischargePower", "oneselfPower", "powerFromBattery", "batSoc",
)  # fmt: skip
"""What rows of days carry and items of coarse levels may repeat, as zeros."""


class Systems(SolarStream):
    """The systems that the credential may read, as of now."""

    name = "systems"
    fields = SYSTEM_FIELDS
    besides = ("gridConnectTime", "gridConnectedTime")
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
    besides = ("itemList", "date", "level")
    primary_keys = ("system_id", "local_date")
    replication_key = "fetched_at"


class DailyTotals(SolarStream):
    """Energies of whole days, from the level Month: one call a month, asked first."""

    name = "daily_totals"
    fields = DAILY_TOTAL_FIELDS
    besides = NOT_IN_TOTALS
    primary_keys = ("system_id", "local_date")
    replication_key = "recorded_at"


class MonthlyTotals(SolarStream):
    """Energies of whole months, from the level Year."""

    name = "monthly_totals"
    fields = MONTHLY_TOTAL_FIELDS
    besides = NOT_IN_TOTALS
    primary_keys = ("system_id", "month")
    replication_key = "recorded_at"


class YearlyTotals(SolarStream):
    """Energies of whole years, from the level Lifetime."""

    name = "yearly_totals"
    fields = YEARLY_TOTAL_FIELDS
    besides = NOT_IN_TOTALS
    primary_keys = ("system_id", "year")
    replication_key = "recorded_at"


class FlowsByDay(SolarStream):
    """Energy between PV, battery, grid, load and EV charger: the only metered import and export."""

    name = "flows_by_day"
    fields = FLOWS_BY_DAY_FIELDS
    primary_keys = ("system_id", "local_date", "flow")
    replication_key = "recorded_at"


class FlowsByMonth(SolarStream):
    """The same for whole months."""

    name = "flows_by_month"
    fields = FLOWS_BY_MONTH_FIELDS
    primary_keys = ("system_id", "month", "flow")
    replication_key = "recorded_at"


class FlowsByYear(SolarStream):
    """The same for whole years."""

    name = "flows_by_year"
    fields = FLOWS_BY_YEAR_FIELDS
    primary_keys = ("system_id", "year", "flow")
    replication_key = "recorded_at"


class Summary(SolarStream):
    """PV generation of day, month, year and lifetime, as of now."""

    name = "summary"
    fields = SUMMARY_FIELDS
    primary_keys = ("system_id", "recorded_at")
    replication_key = "recorded_at"


class EnergyFlow(SolarStream):
    """Powers and state of charge, as of now."""

    name = "energy_flow"
    fields = ENERGY_FLOW_FIELDS
    besides = ("acPower",)
    primary_keys = ("system_id", "recorded_at")
    replication_key = "recorded_at"


class DeviceRealtime(SolarStream):
    """What each device measures now. Off by default: one call a device and run."""

    name = "device_realtime"
    fields = DEVICE_REALTIME_FIELDS
    primary_keys = ("serial_number", "recorded_at")
    replication_key = "recorded_at"
    selected_by_default = False


class DeviceHistory(SolarStream):
    """Five-minute rows of each inverter and battery. Off by default: one call a device-day."""

    name = "device_history"
    fields = DEVICE_HISTORY_FIELDS
    primary_keys = ("serial_number", "local_date", "seq")
    replication_key = "recorded_at"
    selected_by_default = False


STREAMS = (
    Systems,
    Devices,
    Summary,
    EnergyFlow,
    DeviceRealtime,
    YearlyTotals,
    MonthlyTotals,
    DailyTotals,
    HistoryIntervals,
    HistoryDays,
    FlowsByYear,
    FlowsByMonth,
    FlowsByDay,
    DeviceHistory,
)
