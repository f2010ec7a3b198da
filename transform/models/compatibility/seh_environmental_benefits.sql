with ranked as (
    select
        *,
        row_number() over (partition by site_id order by measured_at_utc desc) as recency
    from {{ ref("stg_solaredge__environmental_benefits") }}
)

select
    {{ whole_number("site_id") }} as id,
    {{ whole_number("site_id") }} as site_id,
    co2_kg as co2_saved,
    so2_kg as so2_saved,
    nox_kg as nox_saved,
    'kg' as co2_units,
    trees_planted,
    light_bulbs,
    measured_at_local as benefits_timestamp,
    fetched_at_utc as created_at,
    fetched_at_utc as updated_at
from ranked
where recency = 1
