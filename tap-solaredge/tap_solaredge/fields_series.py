"""Columns of everything that has a time: series and snapshots.

Energies are Wh and powers W, whatever unit the answer used; positive means what the name
says. Quantities that v1 and v2 both serve stand in one column; what only one of them
serves says so and is null under the other.
"""

from __future__ import annotations

from solar_tap_kit.fields import CLOCK_FIELDS, Field
from tap_solaredge.fields import METER_TYPE, RESOLUTION, SERIAL, SITE_ID

BASIS = Field(
    "basis",
    "string",
    "pv: the battery's charge and discharge are taken out (v2). inverter_output: the AC output "
    "of the inverters, with the battery's share in it (v1). Without a battery they are the same.",
)

SITE_ENERGY_FIELDS = (
    SITE_ID, RESOLUTION, *CLOCK_FIELDS,
    Field("energy", "number", "Energy of the interval, Wh, of which kind basis says; null while "
          "the inverters sleep.", ("energy",)),
    BASIS,
)  # fmt: skip

SITE_POWER_FIELDS = (
    SITE_ID, RESOLUTION, *CLOCK_FIELDS,
    Field("power", "number", "Mean power of the interval, W, of which kind basis says; null "
          "while the inverters sleep.", ("power",)),
    BASIS,
)  # fmt: skip

ENERGY_DAY_FIELDS = (
    SITE_ID, *CLOCK_FIELDS,
    Field("energy", "number", "Energy of the local day, Wh, of which kind basis says; null when "
          "nothing was reported.", ("energy",)),
    BASIS,
)  # fmt: skip

METER_ENERGY_FIELDS = (
    SITE_ID, SERIAL, METER_TYPE, RESOLUTION, *CLOCK_FIELDS,
    Field("energy", "number", "Energy of the interval, Wh. Production is the AC output of the "
          "inverters, battery discharge included.", ("energy",)),
)  # fmt: skip

METER_POWER_FIELDS = (
    SITE_ID, SERIAL, METER_TYPE, RESOLUTION, *CLOCK_FIELDS,
    Field("power", "number", "Mean power of the interval, W. Production is the AC output of the "
          "inverters, battery discharge included.", ("power",)),
)  # fmt: skip

METER_READING_FIELDS = (
    SITE_ID, SERIAL, METER_TYPE, *CLOCK_FIELDS,
    Field("lifetime_energy", "number", "The meter's register, Wh; it starts anew when the meter "
          "is replaced. recorded_at is when the device read it.", ("value",)),
    Field.vendor("model", "string", "Model of the meter."),
    Field("connected_to", "string", "Serial of the device that it is connected to.",
          ("connectedSolaredgeDeviceSN",)),
)  # fmt: skip

STORAGE_FIELDS = (
    SITE_ID, SERIAL, RESOLUTION, *CLOCK_FIELDS,
    Field.vendor("chargePower", "number", "Charging, W: mean of the interval, or at the instant."),
    Field.vendor("chargeEnergy", "number", "Charged in the interval, Wh. v2 only."),
    Field.vendor("dischargePower", "number", "Discharging, W: mean of the interval, or at the "
                 "instant."),
    Field.vendor("dischargeEnergy", "number", "Discharged in the interval, Wh. v2 only."),
    Field.vendor("stateOfEnergy", "number", "State of charge at recorded_at, percent.",
                 "batteryPercentageState", "stateOfCharge"),
    Field.vendor("remainingEnergy", "number", "Energy in the battery at recorded_at, Wh. v2 only."),
    Field.vendor("power", "number", "Power as v1 writes it, W: + charging, - discharging. v1 "
                 "only."),
    Field.vendor("batteryState", "integer", "The device's state code, which no document explains "
                 "rightly. v1 only."),
    Field.vendor("lifeTimeEnergyCharged", "number", "Charged since it was made, Wh; 0 for ever on "
                 "some batteries. v1 only."),
    Field.vendor("lifeTimeEnergyDischarged", "number", "Discharged since it was made, Wh; 0 for "
                 "ever on some batteries. v1 only."),
    Field.vendor("fullPackEnergyAvailable", "number", "Capacity when full, Wh. v1 only."),
    Field.vendor("internalTemp", "number", "Temperature, degrees Celsius. v1 only."),
    Field.vendor("ACGridCharging", "number", "Charged from the grid, Wh, counted within the "
                 "request that brought the row. v1 only."),
    Field.vendor("nameplate", "number", "Nominal capacity, Wh. v1 only."),
    Field("model", "string", "Model. v1 only.", ("modelNumber",)),
)  # fmt: skip

PHASES = ("L1", "L2", "L3")

_PHASE_FIELDS = tuple(
    Field(f"{phase.lower()}_{column}", "number", f"{text} of phase {phase}. v1 only.",
          (f"{phase}.{source}",))
    for phase in PHASES
    for column, source, text in (
        ("ac_current", "acCurrent", "Current, A,"),
        ("ac_voltage", "acVoltage", "Voltage, V,"),
        ("ac_frequency", "acFrequency", "Frequency, Hz,"),
        ("apparent_power", "apparentPower", "Apparent power, VA,"),
        ("active_power", "activePower", "Active power, W,"),
        ("reactive_power", "reactivePower", "Reactive power, var,"),
        ("cos_phi", "cosPhi", "Power factor"),
    )
)  # fmt: skip

INVERTER_FIELDS = (
    SITE_ID, SERIAL, RESOLUTION, *CLOCK_FIELDS,
    Field.vendor("power", "number", "AC power of all phases, W: mean of the interval, or at the "
                 "instant.", "totalActivePower"),
    Field.vendor("energy", "number", "AC energy of the interval, Wh. v2 only."),
    Field.vendor("voltage", "number", "AC voltage, V; under v1 of inverters with one phase."),
    Field.vendor("current", "number", "AC current, A; v2 derives it, v1 has it of inverters with "
                 "one phase."),
    Field.vendor("frequency", "number", "Grid frequency, Hz; under v1 that of phase L1."),
    Field.vendor("totalEnergy", "number", "Counter since it was made, Wh, in steps that grow with "
                 "it. v1 only."),
    Field.vendor("dcVoltage", "number", "DC voltage, V; null while asleep. v1 only."),
    Field.vendor("groundFaultResistance", "number", "Insulation, kOhm. v1 only."),
    Field.vendor("powerLimit", "number", "Power limit, percent; 0 at night. v1 only."),
    Field.vendor("temperature", "number", "Temperature, degrees Celsius. v1 only."),
    Field.vendor("inverterMode", "string", "MPPT, SLEEPING, THROTTLED, FAULT, ... v1 only."),
    Field.vendor("operationMode", "integer", "0 on grid, 1 off grid, 2 off grid with a generator. "
                 "v1 only."),
    Field.vendor("vL1ToN", "number", "Voltage L1 to neutral, V, one or split phase. v1 only."),
    Field.vendor("vL2ToN", "number", "Voltage L2 to neutral, V, split phase. v1 only."),
    Field.vendor("vL1To2", "number", "Voltage L1 to L2, V, three phases. v1 only."),
    Field.vendor("vL2To3", "number", "Voltage L2 to L3, V, three phases. v1 only."),
    Field.vendor("vL3To1", "number", "Voltage L3 to L1, V, three phases. v1 only."),
    *_PHASE_FIELDS,
)  # fmt: skip

SENSOR_TELEMETRY_FIELDS = (
    SITE_ID,
    Field("connected_to", "string", "The gateway or inverter that read it.", ("connectedTo",),
          required=True),
    *CLOCK_FIELDS,
    Field.vendor("ambientTemperature", "number", "Air, degrees Celsius."),
    Field.vendor("moduleTemperature", "number", "Modules, degrees Celsius."),
    Field.vendor("windSpeed", "number", "Wind, m/s."),
    Field.vendor("globalHorizontalIrradiance", "number", "Irradiance, W/m2."),
    Field.vendor("diffuseHorizontalIrradiance", "number", "Irradiance, W/m2."),
    Field.vendor("directIrradiance", "number", "Irradiance, W/m2."),
    Field.vendor("planeOfArrayIrradiance", "number", "Irradiance, W/m2."),
    Field("others", "object", "Readings that have no column of their own, by the vendor's name."),
)  # fmt: skip

POWER_FLOW_FIELDS = (
    SITE_ID, *CLOCK_FIELDS,
    Field("pv_power", "number", "PV, W."),
    Field("load_power", "number", "Consumption, W."),
    Field("grid_power", "number", "At the grid, W, never negative; grid_direction says which way."),
    Field("storage_power", "number", "At the battery, W, never negative; storage_direction says "
          "which way."),
    Field("grid_direction", "string", "import or export; null when nothing flows or the cloud "
          "does not say."),
    Field("storage_direction", "string", "charge or discharge; null as grid_direction."),
    Field("pv_status", "string", "Active, Idle, Disabled."),
    Field("load_status", "string", "Active, Idle, Disabled."),
    Field("grid_status", "string", "v2: IMPORT, EXPORT. v1: Active, Idle, Disabled (an outage)."),
    Field("storage_status", "string", "v2: CHARGE, DISCHARGE. v1: Charging, Discharging, Active, "
          "Idle, Disabled."),
    Field("storage_charge_level", "number", "State of charge of all batteries, percent."),
    Field("storage_critical", "boolean", "Whether the battery is nearly empty."),
    Field("storage_time_left", "string", "Time left, in backup mode."),
    Field("connections", "string", "Who feeds whom, a JSON list as the cloud gives it."),
)  # fmt: skip

BENEFIT_FIELDS = (
    SITE_ID, *CLOCK_FIELDS,
    Field("co2", "number", "CO2 saved since the beginning, kg.", ("co2Emissions", "co2")),
    Field("ev_miles", "number", "Miles that an electric car would have gone. v2 only.",
          ("evMiles",)),
    Field("so2", "number", "SO2 saved since the beginning, kg. v1 only.", ("so2",)),
    Field("nox", "number", "NOx saved since the beginning, kg. v1 only.", ("nox",)),
    Field.vendor("treesPlanted", "number", "The same in trees. v1 only."),
    Field.vendor("lightBulbs", "number", "The same in light bulbs lit for a day. v1 only."),
)  # fmt: skip

OVERVIEW_FIELDS = (
    SITE_ID, *CLOCK_FIELDS,
    Field("today_energy", "number", "Energy of the running day so far, Wh, of which kind basis "
          "says."),
    BASIS,
    Field("month_energy", "number", "Energy of the running month so far, Wh. v1 only."),
    Field("year_energy", "number", "Energy of the running year so far, Wh. v1 only."),
    Field("lifetime_energy", "number", "Energy since the beginning, Wh; now and then too low. "
          "v1 only."),
    Field("lifetime_revenue", "number", "Revenue since the beginning, in the site's currency. "
          "v1 only."),
    Field("current_power", "number", "Power at last_update_time, W. v1 only."),
    Field("measured_by", "string", "INVERTER or METER. v1 only."),
    Field("last_update_time", "string", "The site's wall clock at its last report. v1 only."),
    Field("today_to_self_consumption", "number", "PV used at once today, Wh. v2 only."),
    Field("today_to_storage", "number", "PV stored today, Wh. v2 only."),
    Field("today_to_grid", "number", "PV exported today, Wh. v2 only."),
    Field("today_consumption", "number", "Consumption of the running day so far, Wh. v2 only."),
    Field("today_from_pv", "number", "Of that, from PV, Wh. v2 only."),
    Field("today_from_storage", "number", "Of that, from the battery, Wh. v2 only."),
    Field("today_from_grid", "number", "Of that, from the grid, Wh. v2 only."),
)  # fmt: skip
