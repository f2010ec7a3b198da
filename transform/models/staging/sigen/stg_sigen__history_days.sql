with raw as (
    {{ raw_table(source("tap_sigen", "history_days"), {
        "system_id": "text",
        "local_date": "date",
        "fetched_at": "timestamp",
        "n_points": "integer",
        "expected_points": "integer",
        "status": "text",
        "timezone": "text",
        "payload_sha256": "text",
        "power_generation": "double precision",
        "power_to_grid": "double precision",
        "power_self_consumption": "double precision",
        "power_use": "double precision",
        "power_from_grid": "double precision",
        "power_oneself": "double precision",
        "es_charging": "double precision",
        "es_discharging": "double precision",
    }) }}
),

-- An appending loader keeps every fetch of a day; the latest one speaks for it.
latest as (
    select
        *,
        row_number() over (partition by system_id, local_date order by fetched_at desc) as recency
    from raw
)

select
    system_id,
    local_date,
    fetched_at as fetched_at_utc,
    n_points,
    expected_points,
    status,
    timezone,
    payload_sha256,
    power_generation as power_generation_kwh,
    power_to_grid as power_to_grid_kwh,
    power_self_consumption as power_self_consumption_kwh,
    power_use as power_use_kwh,
    power_from_grid as power_from_grid_kwh,
    power_oneself as power_oneself_kwh,
    es_charging as es_charging_kwh,
    es_discharging as es_discharging_kwh
from latest
where recency = 1
