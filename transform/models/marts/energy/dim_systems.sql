select
    'sigen:' || system_id as system_key,
    'sigen' as vendor,
    system_id,
    system_name,
    timezone,
    cast(null as text) as country,
    pv_capacity_kw as peak_power_kw,
    battery_capacity_kwh,
    cast(grid_connected_at_utc as date) as installed_on,
    status,
    fetched_at_utc
from {{ ref("stg_sigen__systems") }}

union all

select
    'solaredge:' || site_id as system_key,
    'solaredge' as vendor,
    site_id as system_id,
    site_name as system_name,
    timezone,
    country,
    peak_power_kw,
    cast(null as double precision) as battery_capacity_kwh,
    installed_on,
    activation_status as status,
    fetched_at_utc
from {{ ref("stg_solaredge__sites") }}
