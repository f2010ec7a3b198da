with raw as (
    {{ latest_of("sigen", "energy_flow", ["system_id", "recorded_at"], merged(clock_columns(), {
        "system_id": "text",
        "pv_power": "double",
        "grid_power": "double",
        "ev_power": "double",
        "load_power": "double",
        "heat_pump_power": "double",
        "battery_power": "double",
        "battery_soc": "double",
    })) }}
)

select
    account,
    system_id,
    recorded_at as measured_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    local_date,
    fetched_at as fetched_at_utc,
    pv_power as pv_power_kw,
    grid_power as grid_power_kw,
    ev_power as ev_power_kw,
    load_power as load_power_kw,
    heat_pump_power as heat_pump_power_kw,
    battery_power as battery_power_kw,
    battery_soc as battery_soc_pct
from raw
