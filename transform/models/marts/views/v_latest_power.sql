{{ config(materialized="view") }}

-- Live powers where a run has asked for them; the newest half hour of the history otherwise.
with readings as (
    select
        'solaredge:' || site_id as system_key,
        measured_at_utc,
        measured_at_local,
        power_w,
        'site_power' as source,
        fetched_at_utc
    from {{ ref("stg_solaredge__site_power") }}
    where power_w is not null

    union all

    select
        'solaredge:' || site_id as system_key,
        measured_at_utc,
        measured_at_local,
        pv_power_w as power_w,
        'power_flow' as source,
        fetched_at_utc
    from {{ ref("stg_solaredge__power_flow") }}
    where pv_power_w is not null

    union all

    select
        'sigen:' || system_id as system_key,
        measured_at_utc,
        measured_at_local,
        pv_power_kw * 1000 as power_w,
        'energy_flow' as source,
        fetched_at_utc
    from {{ ref("stg_sigen__energy_flow") }}
    where pv_power_kw is not null

    union all

    select
        system_key,
        block_start_utc as measured_at_utc,
        block_start_local as measured_at_local,
        pv_kw_avg * 1000 as power_w,
        'fct_energy_30min' as source,
        {{ null_of("timestamp") }} as fetched_at_utc
    from {{ ref("fct_energy_30min") }}
    where pv_kw_avg is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by system_key
            -- An appending loader keeps every answer for a time: the last one holds.
            order by measured_at_utc desc, source asc, fetched_at_utc desc
        ) as recency
    from readings
)

select
    systems.vendor,
    systems.system_key,
    systems.system_id as site_id,
    systems.system_name as site_name,
    ranked.measured_at_utc,
    ranked.measured_at_local,
    ranked.power_w,
    ranked.power_w / 1000.0 as power_kw,
    ranked.source
from ranked
inner join {{ ref("dim_systems") }} as systems on ranked.system_key = systems.system_key
where ranked.recency = 1
