-- The vendor's day where it was fetched, the sum of its intervals otherwise.
with days as (
    select
        site_id,
        local_date,
        energy_wh,
        fetched_at_utc,
        1 as preference
    from {{ ref("stg_solaredge__energy_days") }}
    where energy_wh is not null

    union all

    select
        days.system_id as site_id,
        days.local_date,
        {{ rounded("days.pv_kwh * 1000", 3) }} as energy_wh,
        ledger.fetched_at_utc,
        2 as preference
    from {{ ref("fct_energy_daily") }} as days
    left join {{ ref("stg_solaredge__sync_days") }} as ledger
        on
            days.system_id = ledger.site_id
            and days.local_date = ledger.local_date
            and ledger.stream = 'site_energy'
    where days.vendor = 'solaredge' and days.pv_kwh is not null
),

chosen as (
    select
        *,
        row_number() over (partition by site_id, local_date order by preference) as place
    from days
)

select
    {{ seh_id("site_id", "cast(local_date as timestamp)") }} as id,
    {{ whole_number("site_id") }} as site_id,
    local_date as reading_date,
    'DAY' as time_unit,
    energy_wh,
    fetched_at_utc as created_at,
    fetched_at_utc as updated_at
from chosen
where place = 1
