"""Columns of what describes an account: sites, devices, alerts and the like.

Vendor fields keep the vendor's name in snake_case, v2's where both versions have one. What
only one version serves says so; it is null, or its stream empty, under the other
(`docs/vendors/solaredge.md`, One schema for both).
"""

from __future__ import annotations

from solar_tap_kit.fields import CLOCK_FIELDS, DAY_FIELDS, Field

SITE_ID = Field("site_id", "string", "SolarEdge's id of the site.", ("siteId", "id"), required=True)
SERIAL = Field(
    "serial_number",
    "string",
    "Serial number; 'virtual' for a meter that is computed and has none; 'site' where v1 gives "
    "one figure for all meters of a role.",
    ("serialNumber", "SN"),
    required=True,
)
METER_TYPE = Field(
    "meter_type",
    "string",
    "Production, Consumption, SelfConsumption (v1), Purchased (import) or FeedIn (export).",
    required=True,
)
RESOLUTION = Field(
    "resolution",
    "string",
    "quarter_hour, hour or day: the length of the interval. instant: a reading of v1, true at "
    "that second.",
    required=True,
)
FETCHED_AT = Field("fetched_at", "timestamp", "When this was asked, UTC.", required=True)

NO_SERIAL = "virtual"
"""Key of a virtual meter: import and export may share a serial, a computed meter has none."""

ALL_METERS = "site"
"""Key of v1's figures by role, which hold all meters of that role together."""

NO_METER_TYPE = "none"
"""Key of a device that is no meter."""

SITE_FIELDS = (
    SITE_ID,
    Field.vendor("name", "string", "Name of the site. Personal data."),
    Field.vendor("peakPower", "number", "Peak power, kW."),
    Field.vendor("installationDate", "string", "As the cloud gives it: date or date-time."),
    Field("installed_on", "date", "Day of the installation on the site's own clock."),
    Field("activation_status", "string", "ACTIVE, PENDING, DISABLED, ...",
          ("activationStatus", "status")),
    Field.vendor("note", "string", "Free text. May hold personal data.", "notes"),
    Field("country", "string", "Country.", ("country",)),
    Field("state", "string", "State, where there is one.", ("state",)),
    Field("city", "string", "City. Personal data.", ("city",)),
    Field("zip", "string", "Postal code. Personal data.", ("zip",)),
    Field("address", "string", "Street address. Personal data.", ("address",)),
    Field("timezone", "string", "IANA zone of the site.", ("timezone", "timeZone")),
    Field.vendor("lastUpdateTime", "string", "Last report, as the cloud gives it: v1 a date; v2 "
                 "with OAuth a date-time, from a fleet's list null."),
    Field.vendor("accountId", "string", "Account that the site belongs to. v1 only."),
    Field.vendor("currency", "string", "ISO code of the site's currency. v1 only."),
    Field.vendor("ptoDate", "string", "Date of the permission to operate. v1 only."),
    Field("site_type", "string", "Kind of system, such as 'Optimizers & Inverters'. v1 only.",
          ("type",)),
    Field.vendor("address2", "string", "Second line of the address. Personal data. v1 only."),
    Field.vendor("countryCode", "string", "ISO code of the country. v1 only."),
    Field.vendor("stateCode", "string", "Code of the state, where there is one. v1 only."),
    Field("primary_module_manufacturer", "string", "Maker of the modules. v1 only.",
          ("manufacturerName",)),
    Field("primary_module_model", "string", "Model of the modules. v1 only.", ("modelName",)),
    Field("primary_module_power", "number", "Rating of a module, W. v1 only.", ("maximumPower",)),
    Field("primary_module_temperature_coef", "number", "Temperature coefficient as entered, in "
          "no unit that can be relied on. v1 only.", ("temperatureCoef",)),
    Field.vendor("alertQuantity", "integer", "Open alerts. v1 account keys only."),
    Field.vendor("alertSeverity", "string", "Worst open alert. v1 account keys only."),
    Field.vendor("isPublic", "boolean", "Whether the site has a public page. v1 only."),
    Field("public_name", "string", "Name on the public page. Personal data. v1 only.",
          ("publicName",)),
    FETCHED_AT,
)  # fmt: skip

DEVICE_FIELDS = (
    SITE_ID,
    SERIAL,
    Field("device_type", "string", "INVERTER, BATTERY, METER, OPTIMIZER, GATEWAY, SENSOR, ...",
          ("type",), required=True),
    Field("meter_type", "string", "Role of a meter; 'none' for other devices.",
          ("meterType",), required=True),
    Field.vendor("name", "string", "Name."),
    Field.vendor("manufacturer", "string", "Manufacturer."),
    Field.vendor("model", "string", "Model."),
    Field.vendor("partNumber", "string", "Part number. v2 only."),
    Field.vendor("firmwareVersion", "string", "Firmware; of v1 inverters, the cpu version.",
                 "firmware", "cpuVersion"),
    Field.vendor("communicationType", "string", "ETHERNET, WIFI, RS485, ...",
                 "communicationMethod"),
    Field.vendor("connectedTo", "string", "Serial of the device it is connected to.",
                 "connectedSolaredgeDeviceSN", "connectedInverterSn"),
    Field.vendor("connectedToName", "string", "Name of the device it is connected to."),
    Field.vendor("connectedOptimizers", "integer", "Number of optimizers."),
    Field.vendor("nameplate", "number", "Rating as the cloud gives it; battery: Wh.",
                 "nameplateCapacity"),
    Field.vendor("form", "string", "physical or virtual, for meters."),
    Field.vendor("active", "boolean", "Whether the device is in service. v2 only."),
    Field.vendor("createdAt", "string", "When it was registered, as the cloud gives it. v2 only."),
    Field.vendor("cpuVersion", "string", "Firmware of the communication board. v1 only."),
    Field.vendor("dsp1Version", "string", "Firmware of the first processor. v1 only."),
    Field.vendor("dsp2Version", "string", "Firmware of the second processor. v1 only."),
    Field("category", "string", "What a sensor measures: IRRADIANCE, TEMPERATURE. v1 only.",
          ("category",)),
    FETCHED_AT,
)  # fmt: skip

ALERT_FIELDS = (
    Field("alert_id", "string", "SolarEdge's id of the alert.", ("alertId",), required=True),
    SITE_ID,
    Field.vendor("category", "string", "Such as EQUIPMENT. v2 only."),
    Field.vendor("type", "string", "What happened.", "alertType"),
    Field.vendor("impact", "integer", "Weight from 1 to 9. v2 only."),
    Field.vendor("status", "string", "OPEN, ... v2 only."),
    Field.vendor("firstTrigger", "timestamp", "When it began, UTC."),
    Field.vendor("lastTrigger", "timestamp", "When it was last seen, UTC. v2 only."),
    Field("component_name", "string", "Device concerned.", ("componentName",)),
    Field("component_serial_number", "string", "Its serial number.", ("componentSerialNumber",)),
    Field.vendor("errorCodes", "string", "The device's error codes, a JSON list. v2 only."),
    Field.vendor("severity", "string", "Such as HIGH. v1 only."),
    Field.vendor("alertCode", "integer", "Number of the kind of alert. v1 only."),
    Field.vendor("message", "string", "Text of the alert. v1 only.", "description"),
    FETCHED_AT,
)

DATA_PERIOD_FIELDS = (
    SITE_ID,
    Field.vendor("startDate", "date", "First local day with data; null before the first report."),
    Field.vendor("endDate", "date", "Last local day with data."),
    FETCHED_AT,
)

SENSOR_FIELDS = (
    SITE_ID,
    Field("connected_to", "string", "The gateway or inverter that reads it.", ("connectedTo",),
          required=True),
    Field("name", "string", "Name of the sensor.", ("name",), required=True),
    Field.vendor("measurement", "string", "Such as SensorGlobalHorizontalIrradiance."),
    Field.vendor("type", "string", "IRRADIANCE, TEMPERATURE, ..."),
    FETCHED_AT,
)  # fmt: skip

EQUIPMENT_CHANGE_FIELDS = (
    SITE_ID,
    SERIAL,
    Field("changed_on", "date", "Local day on which the device went into service.", ("date",),
          required=True),
    Field.vendor("partNumber", "string", "Part number."),
    Field("present_serial_number", "string", "The device that stands in this place today."),
    FETCHED_AT,
)  # fmt: skip

SYNC_DAY_FIELDS = (
    SITE_ID,
    Field("stream", "string", "The stream that the day was fetched for.", required=True),
    *CLOCK_FIELDS,
    Field("n_points", "integer", "Intervals that hold a value, or the null of a night; of readings "
          "at a device's own time, all of them."),
    *(field for field in DAY_FIELDS if field.name != "n_points"),
    Field("n_rows", "integer", "Rows emitted for this fetch, those without a value included."),
    Field("resolution", "string", "Length of the intervals that were asked for, or 'instant'."),
    Field("api_version", "string", "v2 or v1: which API answered."),
)  # fmt: skip
