with raw as (
    {{ latest_of("solaredge", "power_flow", ["site_id", "recorded_at"], merged(clock_columns(), {
        "site_id": "text",
        "grid_direction": "text",
        "storage_direction": "text",
        "pv_status": "text",
        "load_status": "text",
        "grid_status": "text",
        "storage_status": "text",
        "storage_time_left": "text",
        "connections": "text",
        "pv_power": "double",
        "load_power": "double",
        "grid_power": "double",
        "storage_power": "double",
        "storage_charge_level": "double",
        "storage_critical": "boolean",
    })) }}
)

select
    account,
    site_id,
    recorded_at as measured_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    local_date,
    fetched_at as fetched_at_utc,
    pv_power as pv_power_w,
    load_power as load_power_w,
    grid_power as grid_power_w,
    storage_power as storage_power_w,
    grid_direction,
    storage_direction,
    pv_status,
    load_status,
    grid_status,
    storage_status,
    storage_charge_level as storage_charge_pct,
    storage_critical as is_storage_critical,
    storage_time_left,
    connections as connections_json
from raw
