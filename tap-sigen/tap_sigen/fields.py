"""The columns of tap-sigen, declared once (`docs/vendors/sigen.md`, History and Units).

Vendor fields keep the vendor's name in snake_case. Several of those names lie; the text of
each says what the number really is.
"""

from __future__ import annotations

from solar_tap_kit.fields import CLOCK_FIELDS, DAY_FIELDS, Field

SYSTEM_ID = Field("system_id", "string", "Sigen's id of the system.", ("systemId",), required=True)
COUNTER = "kWh, running total since local midnight, as sampled at the row's stamp"
MEAN = "kW, mean of the five minutes before the row's stamp"

SYSTEM_FIELDS = (
    SYSTEM_ID,
    Field.vendor("systemName", "string", "Name that the owner gave. Personal data."),
    Field.vendor("addr", "string", "Postal address. Personal data."),
    Field.vendor("status", "string", "Normal, Standby, Fault, Offline, Disconnection, ..."),
    Field.vendor("isActivate", "boolean", "Whether the system is activated."),
    Field.vendor("onOffGridStatus", "string", "onGrid or offGrid."),
    Field.vendor("timeZone", "string", "IANA zone in which the system labels its data."),
    Field.vendor("pvCapacity", "number", "PV capacity, kW."),
    Field.vendor("batteryCapacity", "number", "Battery capacity, kWh."),
    Field("grid_connected_at", "timestamp", "When the system was connected to the grid, UTC."),
    Field("grid_connected_on", "date", "The day of that on the system's own clock."),
    Field("fetched_at", "timestamp", "When this was asked, UTC.", required=True),
)

DEVICE_FIELDS = (
    SYSTEM_ID,
    Field(
        "serial_number", "string", "The device's serial number.", ("serialNumber",), required=True
    ),
    Field.vendor("deviceType", "string", "Inverter, Battery, Gateway, Meter, AcCharger, ..."),
    Field.vendor("status", "string", "As the cloud says; stays Normal on a disconnected system."),
    Field.vendor("pn", "string", "Part number."),
    Field.vendor("firmwareVersion", "string", "Firmware."),
    Field.vendor(
        "attrMap",
        "object",
        "Ratings by device type, untouched. A battery's ratedEnergy can be ampere-hours.",
    ),
    Field("fetched_at", "timestamp", "When this was asked, UTC.", required=True),
)

POWERS = (
    Field.vendor(
        "pvTotalPower",
        "number",
        f"PV power, {MEAN}. Reads too low while the battery discharges hard.",
    ),
    Field.vendor("loadPower", "number", f"Load with EV charging, {MEAN}."),
    Field.vendor("toGridPower", "number", f"PV to grid only, battery export excluded, {MEAN}."),
    Field.vendor("fromGridPower", "number", f"The whole import, grid-to-battery included, {MEAN}."),
    Field.vendor(
        "esChargeDischargePower", "number", f"Battery, + charging, - discharging, {MEAN}."
    ),
    Field.vendor("esChargePower", "number", f"Battery charging from all sources, {MEAN}."),
    Field.vendor("esDischargePower", "number", f"Battery to load only, {MEAN}."),
    Field.vendor("oneselfPower", "number", f"Self-supplied part of the load, {MEAN}."),
)

TOTALS = (
    ("powerGeneration", "PV generation"),
    ("powerToGrid", "PV energy sold; battery export is in no field"),
    ("powerSelfConsumption", "Generation less powerToGrid"),
    ("powerUse", "Load with EV charging"),
    (
        "powerFromGrid",
        "Load energy that is not of solar origin, even out of the battery; not the meter's import",
    ),
    ("powerOneself", "Load energy of solar origin"),
    ("esCharging", "Battery charged, all sources"),
    ("esDischarging", "Battery discharged, all sinks"),
)
"""Vendor name and meaning of the energies that rows and period totals share."""

COUNTERS = (
    *(Field.vendor(name, "number", f"{text}: {COUNTER}.") for name, text in TOTALS),
    Field.vendor("powerFromBattery", "number", f"Battery to load: {COUNTER}. Unreliable, often 0."),
)

STATE_OF_CHARGE = Field.vendor("batSoc", "number", "State of charge, percent.")

LOCAL_SYSTEM_DAY = Field(
    "seq",
    "integer",
    "Position in the day's answer, from 0: repeated or impossible labels overwrite nothing.",
    required=True,
)

INTERVAL_FIELDS = (
    SYSTEM_ID,
    LOCAL_SYSTEM_DAY,
    *CLOCK_FIELDS,
    Field("data_time", "string", "The vendor's label, as it came.", ("dataTime",)),
    Field(
        "is_valid_local_time",
        "boolean",
        "False where the row does not count: no such wall clock existed, the label can't be "
        "read, the row was there before, contradicts another one, or lies in the future.",
    ),
    *POWERS,
    *COUNTERS,
    STATE_OF_CHARGE,
)


def period_totals(period: str) -> tuple[Field, ...]:
    """Return the energies of a period.

    The names with `Kwh` are the ones that are filled in practice; the plain ones may be 0.
    """
    return tuple(
        Field(
            Field.vendor(name, "number", text).name,
            "number",
            f"{text}: kWh of the whole {period}.",
            (f"{name}Kwh", name),
        )
        for name, text in TOTALS
    )


HISTORY_DAY_FIELDS = (SYSTEM_ID, *CLOCK_FIELDS, *DAY_FIELDS, *period_totals("day"))
