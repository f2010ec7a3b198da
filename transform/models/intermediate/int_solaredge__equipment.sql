-- What each site's equipment can give at most, W: beyond it no value is believed.
{%- set beyond = var("solaredge_beyond_nameplate") %}

with batteries as (
    select
        site_id,
        -- A nameplate below this is in another unit, or none.
        sum(case when nameplate >= 500 then nameplate end) as capacity_wh
    from {{ ref("stg_solaredge__devices") }}
    where upper(device_type) = 'BATTERY'
    group by site_id
)

select
    sites.site_id,
    sites.installed_on,
    {{ beyond }} * 1000 * nullif(sites.peak_power_kw, 0) as most_pv_w,
    -- A battery is taken to give all that it holds in an hour.
    {{ beyond }} * batteries.capacity_wh as most_battery_w
from {{ ref("stg_solaredge__sites") }} as sites
left join batteries on sites.site_id = batteries.site_id
