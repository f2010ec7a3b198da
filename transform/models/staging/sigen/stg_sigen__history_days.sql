with raw as (
    {{ latest_of("sigen", "history_days", ["system_id", "local_date"], merged(clock_columns(), {
        "system_id": "text",
        "status": "text",
        "timezone": "text",
        "payload_sha256": "text",
        "n_points": "integer",
        "expected_points": "integer",
        "power_generation": "double",
        "power_to_grid": "double",
        "power_self_consumption": "double",
        "power_use": "double",
        "power_from_grid": "double",
        "power_oneself": "double",
        "es_charging": "double",
        "es_discharging": "double",
    })) }}
)

select
    account,
    system_id,
    local_date,
    recorded_at as day_start_utc,
    {{ add_minutes("recorded_at", "5 * expected_points") }} as day_end_utc,
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
from raw
