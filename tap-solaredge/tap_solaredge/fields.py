"""The columns of tap-solaredge, declared once (`docs/vendors/solaredge.md`, v2).

Vendor fields keep the vendor's name in snake_case. Energies are Wh, powers W, whatever
unit the answer used.
"""

from __future__ import annotations

from solar_tap_kit.fields import CLOCK_FIELDS, DAY_FIELDS, Field

SITE_ID = Field("site_id", "string", "SolarEdge's id of the site.", ("siteId",), required=True)
SERIAL = Field(
    "serial_number",
    "string",
    "Serial number; 'virtual' for a meter that is computed and has none.",
    ("serialNumber",),
    required=True,
)
METER_TYPE = Field(
    "meter_type",
    "string",
    "Production, Consumption, Purchased (import) or FeedIn (export).",
    required=True,
)
RESOLUTION = Field("resolution", "string", "Length of the interval: quarter_hour.", required=True)
FETCHED_AT = Field("fetched_at", "timestamp", "When this was asked, UTC.", required=True)

NO_SERIAL = "virtual"
"""Key of a virtual meter: import and export may share a serial, a computed meter has none."""

NO_METER_TYPE = "none"
"""Key of a device that is no meter."""

SITE_FIELDS = (
    SITE_ID,
    Field.vendor("name", "string", "Name of the site. Personal data."),
    Field.vendor("peakPower", "number", "Peak power, kW."),
    Field.vendor("installationDate", "string", "As the cloud gives it: date or date-time."),
    Field.vendor("activationStatus", "string", "ACTIVE, PENDING, ..."),
    Field.vendor("note", "string", "Free text. May hold personal data."),
    Field("country", "string", "Country.", ("country",)),
    Field("state", "string", "State, where there is one.", ("state",)),
    Field("city", "string", "City. Personal data.", ("city",)),
    Field("zip", "string", "Postal code. Personal data.", ("zip",)),
    Field("address", "string", "Street address. Personal data.", ("address",)),
    Field("timezone", "string", "IANA zone of the site.", ("timezone", "timeZone")),
    FETCHED_AT,
)

DEVICE_FIELDS = (
    SITE_ID,
    SERIAL,
    Field(
        "device_type",
        "string",
        "INVERTER, BATTERY, METER, OPTIMIZER, GATEWAY, ...",
        ("type",),
        required=True,
    ),
    Field(
        "meter_type",
        "string",
        "Role of a meter; 'none' for other devices.",
        ("meterType",),
        required=True,
    ),
    Field.vendor("name", "string", "Name."),
    Field.vendor("manufacturer", "string", "Manufacturer."),
    Field.vendor("model", "string", "Model."),
    Field.vendor("partNumber", "string", "Part number."),
    Field.vendor("firmwareVersion", "string", "Firmware.", "firmware"),
    Field.vendor("communicationType", "string", "ETHERNET, WIFI, RS485, ..."),
    Field.vendor(
        "connectedTo", "string", "Serial of the device it is connected to.", "connectedToName"
    ),
    Field.vendor("connectedOptimizers", "integer", "Number of optimizers."),
    Field.vendor("nameplate", "number", "Rating as the cloud gives it; battery: Wh."),
    Field.vendor("form", "string", "physical or virtual, for meters."),
    Field.vendor("active", "boolean", "Whether the device is in service."),
    Field.vendor("createdAt", "string", "When it was registered, as the cloud gives it."),
    FETCHED_AT,
)

SITE_ENERGY_FIELDS = (
    SITE_ID, RESOLUTION, *CLOCK_FIELDS,
    Field("energy", "number", "PV energy of the interval, Wh, battery shifts taken out; null "
          "while the inverter sleeps.", ("energy",)),
)  # fmt: skip

METER_ENERGY_FIELDS = (
    SITE_ID, SERIAL, METER_TYPE, RESOLUTION, *CLOCK_FIELDS,
    Field("energy", "number", "Energy of the interval, Wh. Production is the AC output of the "
          "inverters, battery discharge included.", ("energy",)),
)  # fmt: skip

STORAGE_FIELDS = (
    SITE_ID, SERIAL, RESOLUTION, *CLOCK_FIELDS,
    Field.vendor("chargePower", "number", "Charging, mean of the interval, W."),
    Field.vendor("chargeEnergy", "number", "Charged in the interval, Wh."),
    Field.vendor("dischargePower", "number", "Discharging, mean of the interval, W."),
    Field.vendor("dischargeEnergy", "number", "Discharged in the interval, Wh."),
    Field.vendor("stateOfEnergy", "number", "State of charge, percent."),
    Field.vendor("remainingEnergy", "number", "Energy in the battery, Wh."),
)  # fmt: skip

INVERTER_FIELDS = (
    SITE_ID, SERIAL, RESOLUTION, *CLOCK_FIELDS,
    Field.vendor("power", "number", "AC power, mean of the interval, W."),
    Field.vendor("energy", "number", "AC energy of the interval, Wh."),
    Field.vendor("voltage", "number", "AC voltage, V."),
    Field.vendor("current", "number", "AC current, A, derived by the cloud."),
    Field.vendor("frequency", "number", "Grid frequency, Hz."),
)  # fmt: skip

SYNC_DAY_FIELDS = (
    SITE_ID,
    Field("stream", "string", "The stream that the day was fetched for.", required=True),
    *CLOCK_FIELDS,
    *DAY_FIELDS,
)
