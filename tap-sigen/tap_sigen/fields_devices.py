"""The columns of device readings (`docs/vendors/sigen.md`, Devices).

The cloud spells these names with `pv` or `pV` in front; they are matched without case.
"""

from __future__ import annotations

from solar_tap_kit.fields import CLOCK_FIELDS, Field
from tap_sigen.fields import LOCAL_SYSTEM_DAY, SYSTEM_ID

SERIAL_NUMBER = Field("serial_number", "string", "The device's serial number.", required=True)
DEVICE_TYPE = Field.vendor("deviceType", "string", "Inverter, AIO, Battery, Gateway, Meter, ...")


def _reading(name: str, source: str, text: str, *aliases: str) -> Field:
    """Declare a reading; its sources are compared in lower case."""
    return Field(name, "number", text, tuple(s.lower() for s in (source, *aliases)))


PHASES = tuple(
    _reading(f"{phase}_phase_{name}", f"{phase}Phase{name.title()}", f"{text} of phase {phase}.",
             f"{name}{phase.upper()}")
    for name, text in (("voltage", "Voltage, V,"), ("current", "Current, A,"))
    for phase in "abc"
)  # fmt: skip

STRINGS = tuple(
    _reading(f"pv{number}_{name}", f"pv{number}{name}", f"{text} of PV string {number}; absent "
             "strings read 0 or -0.1.")
    for number in range(1, 5)
    for name, text in (("voltage", "Voltage, V,"), ("current", "Current, A,"))
)  # fmt: skip

ELECTRIC = (
    _reading("active_power", "activePower", "Active power, kW, + generating."),
    _reading("reactive_power", "reactivePower", "Reactive power, kvar."),
    *PHASES,
    _reading("power_factor", "powerFactor", "Power factor."),
    _reading("grid_frequency", "gridFrequency", "Grid frequency, Hz."),
    _reading("pv_power", "pvPower", "PV power of the device, kW, live."),
    *STRINGS,
)

DEVICE_REALTIME_FIELDS = (
    SYSTEM_ID,
    SERIAL_NUMBER,
    DEVICE_TYPE,
    *CLOCK_FIELDS,
    *ELECTRIC,
    _reading("internal_temperature", "internalTemperature", "Temperature inside, degrees C."),
    _reading("insulation_resistance", "insulationResistance", "Insulation resistance, MOhm."),
    _reading("pv_energy_daily", "pvEnergyDaily", "PV energy since midnight, kWh."),
    _reading("pv_energy_total", "pvEnergyTotal", "PV energy since installation, kWh."),
    _reading("bat_power", "batPower", "Battery, kW: + DISCHARGING, the reverse of energy_flow."),
    _reading("pv_total_power", "pvTotalPower", "PV power of the system, kW; may lag."),
    _reading("pcs_active_power", "pcsActivePower", "Active power of the converter, kW."),
    _reading("pcs_reactive_power", "pcsReactivePower", "Reactive power of the converter, kvar."),
    _reading("es_charging_day", "esChargingDay", "Battery charged since midnight, kWh."),
    _reading("es_discharging_day", "esDischargingDay", "Battery discharged since midnight, kWh."),
    _reading(
        "es_discharging_total", "esDischargingTotal", "Battery discharged since installation, kWh."
    ),
    _reading("pv_power_day", "pvPowerDay", "PV energy since midnight, kWh."),
    _reading("bat_soc", "batSoc", "State of charge, percent."),
)

DEVICE_HISTORY_FIELDS = (
    SYSTEM_ID,
    SERIAL_NUMBER,
    DEVICE_TYPE,
    LOCAL_SYSTEM_DAY,
    *CLOCK_FIELDS,
    Field("data_time", "string", "The vendor's label, as it came.", ("datatime",)),
    Field(
        "is_valid_local_time",
        "boolean",
        "False when the label stands in the spring gap: no such wall clock existed.",
    ),
    *ELECTRIC,
    _reading("battery_soc", "batterySOC", "State of charge of the battery, percent."),
    _reading("charging_discharging_power", "chargingDischargingPower", "Battery power, kW."),
    _reading("charge_energy", "chargeEnergy", "Energy charged, kWh; whether since midnight or per "
             "interval is not documented."),
    _reading("discharge_energy", "dischargeEnergy", "Energy discharged, kWh; see charge_energy."),
)  # fmt: skip
