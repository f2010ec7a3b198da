with ranked as (
    select
        *,
        row_number() over (partition by site_id order by timestamp desc, id desc) as recency
    from {{ ref("seh_power_readings") }}
)

select
    ranked.id,
    ranked.site_id,
    sites.name as site_name,
    ranked.timestamp,
    ranked.power_watts,
    {{ rounded("ranked.power_watts / 1000.0", 3) }} as power_kw,
    ranked.created_at
from ranked
inner join {{ ref("seh_sites") }} as sites on ranked.site_id = sites.id
where ranked.recency = 1
