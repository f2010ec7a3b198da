{{ config(materialized="view") }}

select
    systems.vendor,
    systems.system_key,
    systems.system_id as site_id,
    systems.system_name as site_name,
    sites.city,
    sites.state,
    systems.country,
    systems.timezone,
    systems.peak_power_kw,
    systems.battery_capacity_kwh,
    systems.status,
    systems.installed_on as installation_date,
    sites.last_update_local,
    sites.primary_module_manufacturer,
    sites.primary_module_model,
    totals.first_date,
    totals.last_date,
    totals.days_with_data,
    totals.pv_kwh,
    totals.coverage_share,
    systems.fetched_at_utc
from {{ ref("dim_systems") }} as systems
left join {{ ref("stg_solaredge__sites") }} as sites
    on
        systems.vendor = 'solaredge'
        and systems.system_id = sites.site_id
left join {{ ref("fct_energy_total") }} as totals on systems.system_key = totals.system_key
