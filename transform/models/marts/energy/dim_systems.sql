with sigen_batteries as (
    select
        system_id,
        count(*) as battery_count
    from {{ ref("stg_sigen__devices") }}
    where lower(device_type) = 'battery'
    group by system_id
),

solaredge_batteries as (
    select
        site_id,
        count(*) as battery_count,
        sum(nameplate) / 1000.0 as battery_capacity_kwh
    from {{ ref("stg_solaredge__devices") }}
    where upper(device_type) = 'BATTERY'
    group by site_id
)

select
    'sigen:' || systems.system_id as system_key,
    'sigen' as vendor,
    systems.system_id,
    systems.system_name,
    systems.timezone,
    {{ null_of("text") }} as country,
    systems.pv_capacity_kw as peak_power_kw,
    systems.battery_capacity_kwh,
    coalesce(batteries.battery_count, 0) > 0 or coalesce(systems.battery_capacity_kwh, 0) > 0 as has_battery,
    systems.grid_connected_on as installed_on,
    systems.grid_connected_at_utc as installed_at_utc,
    systems.status,
    systems.fetched_at_utc,
    systems.account
from {{ ref("stg_sigen__systems") }} as systems
left join sigen_batteries as batteries on systems.system_id = batteries.system_id

union all

select
    'solaredge:' || sites.site_id as system_key,
    'solaredge' as vendor,
    sites.site_id as system_id,
    sites.site_name as system_name,
    sites.timezone,
    sites.country,
    sites.peak_power_kw,
    batteries.battery_capacity_kwh,
    coalesce(batteries.battery_count, 0) > 0 as has_battery,
    sites.installed_on,
    sites.installed_at_utc,
    sites.activation_status as status,
    sites.fetched_at_utc,
    sites.account
from {{ ref("stg_solaredge__sites") }} as sites
left join solaredge_batteries as batteries on sites.site_id = batteries.site_id
