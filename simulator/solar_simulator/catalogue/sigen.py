"""Switches of the Sigen cloud (docs/vendors/sigen.md)."""

from solar_simulator.catalogue.switch import choice, flag, number, rate

_ENVELOPE = (
    choice(
        "sigen.data_form",
        "How `data` travels: a JSON string, or plain JSON (devices: strings inside an array).",
        "string",
        "object",
    ),
    choice("sigen.login_form", "The same for the login's answer.", "string", "object"),
    flag("sigen.no_attributes", "Devices without `attrMap`."),
    flag("sigen.timestamp", "Whether the envelope has `timestamp`.", default=True),
    flag("sigen.array_envelope", "The whole answer inside a list of one."),
    rate("sigen.null_data", "Success, but `data` is null; by call."),
    rate("sigen.missing_data", "Success, but there is no `data`; by call."),
    choice(
        "sigen.totals",
        "Names of the period's totals in history: with and without Kwh, only with, only"
        " without, or without but zero.",
        "both",
        "kwh",
        "plain",
        "plain_zero",
    ),
    choice(
        "sigen.connect_time",
        "Grid connection: `gridConnectedTime` in ms, `gridConnectTime` in s, none, null, 0, or"
        " the first second of 1970.",
        "connected_ms",
        "connect_s",
        "absent",
        "null",
        "zero",
        "epoch",
    ),
    choice(
        "sigen.status_words",
        "Status in lists: `Normal` or `normal`.",
        "title",
        "lower",
    ),
    choice("sigen.inverter_type", "`deviceType` of inverters.", "Inverter", "AIO"),
    choice(
        "sigen.realtime_keys",
        "Spelling of the strings' keys: `pV1Voltage` or `pv1Voltage`.",
        "capital",
        "lower",
    ),
    flag("sigen.rated_energy_ah", "`ratedEnergy` of batteries in ampere-hours at 28.8 V."),
)

_TIME = (
    choice(
        "sigen.data_time",
        "Labels `yyyyMMdd HH:mm`, `yyyy-MM-dd HH:mm`, that with seconds, or with an explicit"
        " zone: `Z`, or the site's offset.",
        "compact",
        "iso",
        "iso_seconds",
        "utc",
        "offset",
    ),
    choice(
        "sigen.coarse_labels",
        "Labels of days, months and years: the first instant, or `yyyyMMdd`, `yyyyMM`, `yyyy`.",
        "instant",
        "short",
    ),
    choice(
        "sigen.autumn_rows",
        "The hour that comes twice: all rows (300), or only one pass (288).",
        "all",
        "first_pass",
        "second_pass",
    ),
    choice(
        "sigen.spring_rows",
        "The hour that is skipped: no rows (276), or labels that never were (288).",
        "real",
        "filled",
    ),
    number("sigen.row_lag_seconds", 60, "How long after its stamp a history row appears."),
    flag("sigen.future_rows", "The rest of today as rows of zeros."),
    choice(
        "sigen.outside_dates",
        "History before the installation or in the future: empty list, 1201 or 13001.",
        "empty",
        "1201",
        "13001",
    ),
)

_ROWS = (
    rate("sigen.missing_rows", "History rows that are not there; by row."),
    number("sigen.missing_for_hours", 0, "After so many hours missing rows appear; 0 is never."),
    rate("sigen.zero_counters", "Rows in which every running energy reads 0; by row."),
    rate("sigen.flicker", "Running energies that read 0.01 low in a row; by row."),
    rate("sigen.dips", "Half hours in which running energies sag and come back; by half hour."),
    number("sigen.dip_kwh", 10.59, "How deep a dip goes, at most."),
    rate("sigen.sentinels", "Powers that read 4294967.295 or its like; by row."),
    rate("sigen.null_fields", "Powers and SoC that are null; by row."),
    rate("sigen.missing_fields", "Rows without powers and SoC; by row."),
    rate("sigen.unknown_fields", "Rows with a field that no document names; by row."),
    flag("sigen.standby_leak", "`esDischargePower` of 0.01 to 0.02 kW while the battery idles."),
    flag("sigen.low_pv_power", "`pvTotalPower` too low while the battery discharges hard."),
    flag("sigen.no_power_from_battery", "`powerFromBattery` is 0.0, as in the vendor's sample."),
)

# A rate of 1 with a period puts one of these at a chosen place of a chosen day.
_WRONG = (
    rate("sigen.null_counters", "Rows in which every running energy is null; by row."),
    rate("sigen.counter_spikes", "Rows in which running energies read far too high; by row."),
    number("sigen.spike_kwh", 999.99, "What a spike reads."),
    rate("sigen.stale_counters", "Rows whose running energies are yesterday's totals; by row."),
    rate("sigen.negative_counters", "Rows in which running energies read -0.05; by row."),
    rate("sigen.frozen_rows", "Rows that repeat the last one before them, bar the label; by row."),
    rate("sigen.impossible_soc", "State of charge that reads 6553.5; by row."),
    flag("sigen.energies_in_wh", "A day's running energies and totals in Wh."),
    choice(
        "sigen.day_totals",
        "A Day answer's own totals: the day's, those of the day before, twice the day's, zeros,"
        " null, or none.",
        "right",
        "yesterday",
        "double",
        "zero",
        "null",
        "absent",
    ),
)

_MISPLACED = (
    number("sigen.days_off", 0, "A Day answer is for the day so many days after the asked one."),
    rate("sigen.repeated_rows", "Rows in whose place the row before them comes again; by row."),
    rate("sigen.dashes", "State of charge that reads `--`; by row."),
    flag("sigen.null_text", "A Day answer without rows: `data` is the text `null`."),
    flag("sigen.no_code", "Answers with data have no `code`."),
    choice(
        "sigen.zone_words",
        "Zone in the system list: as it is, `GMT+1`, Windows' name, a blank, null, `localtime`.",
        "iana",
        "offset",
        "windows",
        "blank",
        "null",
        "local",
    ),
    flag("sigen.null_id", "The system list gives null for the id."),
    flag("sigen.no_serial", "The last entry of the device list has no serial number."),
    choice(
        "sigen.ev_key",
        "The car's power in the energy flow: `evPower`, or `acPower` beside an `evPower` of 0.",
        "evPower",
        "acPower",
    ),
)

_LIVE = (
    rate("sigen.summary_hundredth", "Summary energies divided by 100; by five minutes."),
    rate("sigen.flow_pv_zero", "`pvPower` 0.0 while producing; by five minutes."),
    rate("sigen.flow_grid_zero", "`gridPower` 0 while trading; by five minutes."),
    flag("sigen.lifetime_dip", "V1 history Lifetime sags for half an hour after midnight."),
    flag("sigen.disconnected", "Status Disconnection in the list; live endpoints answer 13008."),
    flag("sigen.not_found", "13001 at every endpoint of the station."),
)

_REFUSALS = (
    flag("sigen.edge", "The edge's HTML 403 without a User-Agent, or with a body.", default=True),
    flag("sigen.refuse_aiohttp", "The edge's HTML 403 for the User-Agent of aiohttp."),
    choice(
        "sigen.token_refusal",
        "What a missing or old token gets: HTTP 401, HTTP 424 with code 1, or body code 424.",
        "401",
        "424",
        "body_424",
    ),
    choice(
        "sigen.login_refusal",
        "What a right login gets: a token, or the code of an account without API access.",
        "none",
        "1402",
        "1603",
        "1604",
    ),
    flag("sigen.list_restricted", "The system list answers 1201 while all else works."),
    number("sigen.window_seconds", 300, "With limits: one call per station and endpoint in this."),
    number("sigen.burst", 1, "With limits: calls allowed in a window."),
    choice(
        "sigen.window_scope",
        "With limits: what shares a window: an endpoint, each level of history by itself, or"
        " all endpoints of a station.",
        "endpoint",
        "level",
        "station",
    ),
    number("sigen.calls_per_minute", 10, "With limits: calls of an account."),
    choice("sigen.minute_refusal", "What the call after those gets.", "1110", "429"),
    rate("sigen.fail_1110", "Code 1110; by call."),
    rate("sigen.fail_1201", "Code 1201; by call."),
    rate("sigen.fail_1502", "Code 1502; by call."),
    rate("sigen.fail_424", "HTTP 424; by call."),
    rate("sigen.fail_429", "HTTP 429 with Retry-After; by call."),
    rate("sigen.fail_500", "HTTP 500; by call."),
    rate("sigen.fail_503", "HTTP 503; by call."),
    rate("sigen.fail_html_403", "The edge's HTML page; by call."),
    rate("sigen.fail_empty", "HTTP 200 with an empty body; by call."),
    rate("sigen.fail_cut", "The connection ends before the answer; by call."),
)

SIGEN = (*_ENVELOPE, *_TIME, *_ROWS, *_WRONG, *_MISPLACED, *_LIVE, *_REFUSALS)
