"""Switches of SolarEdge, v2 and v1 (docs/vendors/solaredge.md)."""

from solar_simulator.catalogue.switch import choice, flag, number, rate

_BOTH = (
    number("solaredge.data_delay_minutes", 0, "Buckets younger than this have no value yet."),
    choice("solaredge.future_rows", "Buckets after now: left out, or null.", "absent", "null"),
    flag("solaredge.shuffled", "Devices and meters come in no order."),
    choice(
        "solaredge.no_flow",
        "The live flow of a site that has none: an object in an object, an empty one, or one"
        " without connections.",
        "inner_empty",
        "empty",
        "no_connections",
    ),
    rate("solaredge.fail_429", "HTTP 429 without more; by call."),
    rate("solaredge.fail_500", "HTTP 500; by call."),
    rate("solaredge.fail_503", "HTTP 503 with an HTML page; by call."),
    rate("solaredge.fail_empty", "HTTP 200 with an empty body; by call."),
    rate("solaredge.fail_cut", "The connection ends before the answer; by call."),
)

_WRONG = (
    rate("solaredge.null_pv", "Intervals of site energy and power without a value; by interval."),
    rate("solaredge.null_meters", "Intervals of all meters without a value; by interval."),
    rate("solaredge.null_storage", "Intervals of batteries without a value (v2); by interval."),
    rate("solaredge.impossible_pv", "Site energy of 4,294,967,290 Wh; by interval."),
    rate("solaredge.impossible_meters", "Energy of meters of 4,294,967,290 Wh; by interval."),
    rate("solaredge.impossible_storage", "Energy of batteries of 4,294,967,290 Wh (v2)."),
    rate("solaredge.negative_energies", "Energies below zero; by interval."),
    rate("solaredge.impossible_soc", "A state of charge of 6553.5 %; by interval or record."),
    flag("solaredge.null_totals", "Energy by day and more without a value."),
)

_V2 = (
    choice(
        "solaredge.span_limits",
        "Longest window by resolution: documented (12 h, 24 h, a month), a day for quarter"
        " hours, an interval less than documented, or none.",
        "documented",
        "whole_day",
        "excluded",
        "none",
    ),
    choice(
        "solaredge.month",
        "v2: the longest window by day: 31 days and an hour, to the same day of the next month"
        " (28 days in February), or 25 days and an hour.",
        "31_days",
        "calendar",
        "25_days",
    ),
    flag("solaredge.refuse_future_to", "v2: 400 for a window that ends after now."),
    flag("solaredge.to_inclusive", "v2: the bucket that begins at `to` is in the answer too."),
    choice(
        "solaredge.power_flow",
        "v2: form of the live flow: `pv`, `load`, `grid`, `storage` with a status, or v1's object.",
        "status",
        "connections",
    ),
    number("solaredge.alert_hours", 0, "v2: hours after which an alert is closed; 0 is never."),
    flag("solaredge.owner_alerts", "v2: alerts of a site by its owner's token.", default=True),
    flag("solaredge.form_tokens", "v2: token requests may be form-encoded."),
    flag("solaredge.message_429", "v2: a 429 holds only a `message`, no problem document."),
    choice(
        "solaredge.virtual_meter",
        "Where the consumption series stands: under the grid meter's serial, under `null`, or"
        " nowhere.",
        "grid_meter",
        "null",
        "absent",
    ),
    choice("solaredge.meter_type", "Spelling: `Production` or `PRODUCTION`.", "title", "upper"),
    choice(
        "solaredge.replaced_devices",
        "v2 device list: without what was replaced, or with it as not active.",
        "absent",
        "inactive",
    ),
    choice("solaredge.tier", "Tier of the account; power flow needs a paid one.", "free", "pro"),
    number("solaredge.calls_per_minute", 10, "v2, with limits: calls in a minute of the clock."),
    number("solaredge.credits_per_month", 2000, "v2, with limits: calls in a month."),
    number("solaredge.credits_renew_on_day", 1, "v2: the day on which a month of credits begins."),
)

_V1_ACCESS = (
    choice(
        "solaredge.v1_sunset",
        "Whether v1 still answers: by the clock (410 from 2026-11-03, eight endpoints from"
        " 2026-03-01), by the day announced first (2026-11-01), all of it, or none of it.",
        "by_clock",
        "as_announced",
        "alive",
        "gone",
    ),
    number("solaredge.v1_calls_per_day", 300, "v1, with limits: calls per token and per site."),
    choice(
        "solaredge.v1_quota",
        "v1, with limits: site calls count on the site only (A), or on the token too (B).",
        "A",
        "B",
    ),
    choice("solaredge.v1_day", "v1, with limits: when a day begins.", "midnight_utc", "rolling"),
    number("solaredge.v1_concurrency", 3, "v1, with limits: calls at once from one address."),
    flag("solaredge.v1_bare_429", "v1: a 429 has no body."),
    flag("solaredge.v1_html_errors", "v1: every refusal is a Tomcat page."),
    flag("solaredge.v1_json_400", "v1: a missing parameter is a JSON problem, not a Tomcat page."),
    choice("solaredge.v1_span_status", "v1: status for too long a window.", "403", "400"),
    number("solaredge.v1_month_days", 0, "v1: days that a `month` allows; 0 is a calendar one."),
    flag("solaredge.v1_no_details", "v1: 403 for `details` alone."),
    flag("solaredge.v1_alerts", "v1: the restricted `alerts` answers."),
)

_V1_SHAPES = (
    choice("solaredge.v1_list", "v1 site list under `site` or `list`.", "site", "list"),
    flag("solaredge.v1_one_site_object", "v1: one site in the list is an object, not a list."),
    flag("solaredge.v1_bare_lists", "v1: equipment list and change log as printed."),
    flag("solaredge.v1_self_consumption", "v1: metered sites list SelfConsumption as well."),
    flag("solaredge.v1_float32", "v1: fractions with the seven digits of a 32-bit float."),
    flag("solaredge.v1_coefficient_scaled", "v1: `temperatureCoef` is -10 and the like."),
    choice(
        "solaredge.v1_battery_state",
        "v1: `batteryState` as recorded (3, 4, 6) or as printed (1 standby, 3 enabled).",
        "recorded",
        "printed",
    ),
    choice(
        "solaredge.v1_bulk", "v1 bulk answers as clients see them, or as printed.", "real", "pdf"
    ),
    flag("solaredge.v1_power_in_wh", "v1: bulk power says unit Wh."),
    choice("solaredge.v1_flow_unit", "v1: unit of the live flow.", "kW", "W"),
    choice(
        "solaredge.v1_flow_case",
        "Spelling in the live flow's connections: mixed as recorded, or all capitals.",
        "mixed",
        "upper",
    ),
    flag("solaredge.v1_scientific", "v1: big numbers as 3.77792E7."),
    choice(
        "solaredge.v1_state_of_charge",
        "v1: key of the battery's state.",
        "batteryPercentageState",
        "stateOfCharge",
    ),
    flag("solaredge.v1_nested_telemetry", "v1: inverter records in `threePhaseInverterTelemetry`."),
    choice(
        "solaredge.v1_autumn",
        "v1, the hour that comes twice: one value for both, or all rows.",
        "collapse",
        "duplicate",
    ),
    choice("solaredge.v1_spring", "v1, the skipped hour: no rows, or null rows.", "skip", "null"),
)

_V1_DATA = (
    flag("solaredge.v1_lifetime_zero", "v1: `lifeTimeData` is 0 while the year is right."),
    rate("solaredge.v1_lifetime_dip", "v1: `lifeTimeData` sags by 5 %; by hour."),
    flag("solaredge.v1_day_lingers", "v1: just after midnight `lastDayData` is yesterday's."),
    flag("solaredge.v1_day_resets_utc", "v1: `lastDayData` begins at midnight UTC."),
    flag("solaredge.v1_incident", "v1: power flows, but `lastDayData` is 0, `measuredBy` empty."),
    flag("solaredge.v1_no_storage_counters", "v1: the battery's lifetime counters stay 0."),
    number("solaredge.v1_storage_counter_loss", 0, "v1: share that the lifetime counters missed."),
    rate("solaredge.v1_missing_records", "v1: records of a device that are not there; by record."),
    flag("solaredge.v1_meter_swap", "v1: registers begin anew where the rule begins."),
    flag("solaredge.v1_meter_spike", "v1: a new meter's first reading counts as energy."),
    rate("solaredge.v1_register_gaps", "v1: readings of meters null or without a value."),
)

_MISPLACED = (
    number("solaredge.days_off", 0, "v2: series are of so many days after the asked ones."),
    rate("solaredge.repeated_stamps", "v2: values under the timestamp before theirs; by value."),
    rate("solaredge.dashes", "v2: values that read `--`; by value."),
    flag("solaredge.unknown_unit", "v2: series in a unit that no document names."),
    number("solaredge.largest_page", 0, "v2: most sites in a page, whatever is asked; 0 is any."),
    flag("solaredge.page_ignored", "v2: every page of the site list is the first."),
    number("solaredge.count_off", 0, "v2: by how much the site list's `count` is wrong."),
    flag("solaredge.site_twice", "v2: the first site is at the list's end once more."),
    choice(
        "solaredge.installation",
        "v2: installation date of a site: right, null with status PENDING, or 1970.",
        "date",
        "null",
        "epoch",
    ),
    choice(
        "solaredge.zone_words",
        "v2: zone of a site: as it is, `GMT-5`, Windows' name, a blank, null, `localtime`.",
        "iana",
        "offset",
        "windows",
        "blank",
        "null",
        "local",
    ),
    flag("solaredge.null_id", "v2: the site list gives null for the id."),
    choice(
        "solaredge.odd_alert",
        "v2: a site's first alert: as it is, without id, with an odd time, or an odd impact.",
        "none",
        "null_id",
        "odd_time",
        "huge_impact",
    ),
    flag("solaredge.keeps_refresh_token", "v2: a refresh brings no new refresh token."),
    flag("solaredge.v1_no_changes", "v1: the change log has no entry."),
)

SOLAREDGE = (*_BOTH, *_WRONG, *_MISPLACED, *_V2, *_V1_ACCESS, *_V1_SHAPES, *_V1_DATA)
