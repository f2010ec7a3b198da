with ranked as (
    select
        *,
        row_number() over (partition by site_id order by timestamp desc, id desc) as recency
    from {{ ref("seh_power_flows") }}
)

select
    ranked.id,
    ranked.site_id,
    sites.name as site_name,
    ranked.timestamp,
    ranked.unit,
    ranked.pv_status,
    ranked.pv_power,
    ranked.grid_status,
    ranked.grid_power,
    ranked.load_status,
    ranked.load_power,
    ranked.storage_status,
    ranked.storage_power,
    ranked.storage_charge_level,
    ranked.created_at
from ranked
inner join {{ ref("seh_sites") }} as sites on ranked.site_id = sites.id
where ranked.recency = 1
