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
    {{ if_possible("power_generation", least=0) }} as power_generation_kwh,
    {{ if_possible("power_to_grid", least=0) }} as power_to_grid_kwh,
    {{ if_possible("power_self_consumption", least=0) }} as power_self_consumption_kwh,
    {{ if_possible("power_use", least=0) }} as power_use_kwh,
    {{ if_possible("power_from_grid", least=0) }} as power_from_grid_kwh,
    {{ if_possible("power_oneself", least=0) }} as power_oneself_kwh,
    {{ if_possible("es_charging", least=0) }} as es_charging_kwh,
    {{ if_possible("es_discharging", least=0) }} as es_discharging_kwh
from raw
where system_id is not null and local_date is not null
