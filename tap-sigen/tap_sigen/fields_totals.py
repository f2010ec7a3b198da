"""The columns of period totals and snapshots (`docs/vendors/sigen.md`, History and Snapshots)."""

from __future__ import annotations

from solar_tap_kit.fields import CLOCK_FIELDS, Field
from tap_sigen.fields import SYSTEM_ID, period_totals

LABEL = Field("data_time", "string", "The vendor's label, as it came.", ("dataTime",))

DAILY_TOTAL_FIELDS = (SYSTEM_ID, *CLOCK_FIELDS, LABEL, *period_totals("local day"))
"""One row a local day, from the history at level Month: what intervals are reconciled with."""

MONTHLY_TOTAL_FIELDS = (
    SYSTEM_ID,
    Field("month", "string", "The local calendar month, YYYY-MM.", required=True),
    *CLOCK_FIELDS,
    LABEL,
    *period_totals("local month"),
)
"""One row a month, from the history at level Year; `local_date` is the month's first day."""

YEARLY_TOTAL_FIELDS = (
    SYSTEM_ID,
    Field("year", "integer", "The local calendar year.", required=True),
    *CLOCK_FIELDS,
    LABEL,
    *period_totals("local year"),
)
"""One row a year, from the history at level Lifetime; `local_date` is the year's first day."""

SUMMARY_FIELDS = (
    SYSTEM_ID,
    *CLOCK_FIELDS,
    Field.vendor("dailyPowerGeneration", "number", "PV generation since local midnight, kWh."),
    Field.vendor("monthlyPowerGeneration", "number", "PV generation of the running month, kWh."),
    Field.vendor("annualPowerGeneration", "number", "PV generation of the running year, kWh."),
    Field.vendor(
        "lifetimePowerGeneration",
        "number",
        "PV generation since installation, kWh. One bad poll may be divided by 100.",
    ),
    Field.vendor("lifetimeCo2", "number", "CO2 avoided since installation, metric tons."),
    Field.vendor("lifetimeCoal", "number", "Coal saved since installation, metric tons."),
    Field.vendor("lifetimeTreeEquivalent", "number", "The same as planted trees."),
)

ENERGY_FLOW_FIELDS = (
    SYSTEM_ID,
    *CLOCK_FIELDS,
    Field.vendor("pvPower", "number", "PV power, kW. May read 0 while producing."),
    Field.vendor("gridPower", "number", "Grid, kW: + exporting, - importing."),
    Field.vendor("evPower", "number", "EV charger, kW."),
    Field.vendor("loadPower", "number", "House without EV charger and heat pump, kW."),
    Field.vendor("heatPumpPower", "number", "Heat pump, kW."),
    Field.vendor("batteryPower", "number", "Battery, kW: + charging, - discharging."),
    Field.vendor("batterySoc", "number", "State of charge, percent."),
)
