{{ config(materialized="view") }}

with streams as (
    select
        system_key,
        vendor,
        system_id,
        stream,
        max(source_fetched_at_utc) as last_sync_at_utc,
        min(case when source_fetched_at_utc is not null then local_date end) as first_date,
        max(case when n_points > 0 then local_date end) as last_data_date,
        sum(n_points) as records_synced,
        count(case when status = 'complete' then 1 end) as days_complete,
        count(case when is_hole and status <> 'before_start' then 1 end) as days_with_holes,
        count(case when status = 'refused' then 1 end) as days_refused,
        count(case when status = 'before_start' then 1 end) as days_before_start
    from {{ ref("fct_day_coverage") }}
    group by system_key, vendor, system_id, stream
)

select
    streams.vendor,
    streams.system_key,
    streams.system_id as site_id,
    systems.system_name as site_name,
    streams.stream as data_type,
    streams.last_sync_at_utc,
    streams.first_date,
    streams.last_data_date,
    cast(streams.records_synced as bigint) as records_synced,
    case
        when streams.days_refused > 0 then 'refused'
        when streams.days_with_holes > 0 then 'holes'
        else 'success'
    end as status,
    cast(streams.days_complete as integer) as days_complete,
    cast(streams.days_with_holes as integer) as days_with_holes,
    cast(streams.days_refused as integer) as days_refused,
    cast(streams.days_before_start as integer) as days_before_start
from streams
left join {{ ref("dim_systems") }} as systems on streams.system_key = systems.system_key
