{{ config(materialized="view") }}

select
    days.vendor,
    days.system_key,
    days.system_id as site_id,
    systems.system_name as site_name,
    days.local_date as reading_date,
    'DAY' as time_unit,
    {{ rounded("days.pv_kwh * 1000", 1) }} as energy_wh,
    {{ rounded("days.pv_kwh", 2) }} as energy_kwh,
    days.coverage_share
from {{ ref("fct_energy_daily") }} as days
left join {{ ref("dim_systems") }} as systems on days.system_key = systems.system_key
