select
    {{ seh_id("site_id", "measured_at_utc") }} as id,
    {{ whole_number("site_id") }} as site_id,
    measured_at_local as timestamp,
    'W' as unit,
    grid_status,
    pv_status,
    load_status,
    storage_status,
    grid_power_w as grid_power,
    pv_power_w as pv_power,
    load_power_w as load_power,
    storage_power_w as storage_power,
    storage_charge_pct as storage_charge_level,
    is_storage_critical as storage_critical,
    fetched_at_utc as created_at,
    fetched_at_utc as updated_at
from {{ ref("stg_solaredge__power_flow") }}
