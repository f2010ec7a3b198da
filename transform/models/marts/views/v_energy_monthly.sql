{{ config(materialized="view") }}

select
    months.vendor,
    months.system_key,
    months.system_id as site_id,
    systems.system_name as site_name,
    months.month_start,
    {{ month_text("months.month_start") }} as month,
    {{ rounded("months.pv_kwh * 1000", 1) }} as total_wh,
    months.pv_kwh as total_kwh,
    months.days_with_data,
    months.days_in_month,
    not months.is_partial as is_complete
from {{ ref("fct_energy_monthly") }} as months
left join {{ ref("dim_systems") }} as systems on months.system_key = systems.system_key
