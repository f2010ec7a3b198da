{{ config(materialized="view") }}

with ledger as (
    select
        'sigen:' || system_id as system_key,
        'sigen' as vendor,
        system_id,
        'history_intervals' as stream,
        local_date,
        status,
        n_points,
        expected_points,
        fetched_at_utc,
        true as is_main_stream
    from {{ ref("stg_sigen__history_days") }}

    union all

    select
        'solaredge:' || site_id as system_key,
        'solaredge' as vendor,
        site_id as system_id,
        stream,
        local_date,
        status,
        n_points,
        expected_points,
        fetched_at_utc,
        stream = 'site_energy' as is_main_stream
    from {{ ref("stg_solaredge__sync_days") }}
),

-- The newest day that any system of a vendor has: up to there a day without entry is a hole.
newest as (
    select
        vendor,
        max(local_date) as last_date
    from ledger
    group by vendor
),

asked as (
    select
        ledger.system_key,
        ledger.vendor,
        ledger.system_id,
        ledger.stream,
        min(ledger.local_date) as first_asked_on,
        max(newest.last_date) as last_date,
        -- Days before the first fetch are told once for a system, not for each of its streams.
        least(
            min(ledger.local_date),
            coalesce(
                max(case when ledger.is_main_stream then systems.installed_on end),
                min(ledger.local_date)
            )
        ) as first_date
    from ledger
    inner join newest on ledger.vendor = newest.vendor
    left join {{ ref("dim_systems") }} as systems on ledger.system_key = systems.system_key
    group by ledger.system_key, ledger.vendor, ledger.system_id, ledger.stream
),

days as (
    select
        system_key,
        vendor,
        system_id,
        stream,
        first_asked_on,
        {{ each_day("first_date", "last_date") }} as local_date
    from asked
),

set_aside as (
    select
        system_key,
        stream,
        local_date,
        min(sentence) as reason
    from {{ ref("fct_day_findings") }}
    where action = 'set_aside'
    group by system_key, stream, local_date
),

judged as (
    select
        days.system_key,
        days.vendor,
        days.system_id,
        days.stream,
        days.local_date,
        case
            when set_aside.reason is not null then 'set_aside'
            when ledger.status is not null then ledger.status
            when days.local_date < days.first_asked_on then 'before_start'
            else 'missing'
        end as status,
        coalesce(ledger.n_points, 0) as n_points,
        -- Of a day that is set aside nothing is used.
        case when set_aside.reason is null then coalesce(ledger.n_points, 0) else 0 end as used_points,
        ledger.expected_points,
        ledger.fetched_at_utc,
        set_aside.reason as set_aside_because,
        max(coalesce(ledger.n_points, 0)) over (partition by days.system_key, days.stream) as most_points
    from days
    left join ledger
        on
            days.system_key = ledger.system_key
            and days.stream = ledger.stream
            and days.local_date = ledger.local_date
    left join set_aside
        on
            days.system_key = set_aside.system_key
            and days.stream = set_aside.stream
            and days.local_date = set_aside.local_date
)

select
    system_key,
    vendor,
    system_id,
    stream,
    local_date,
    status,
    case
        when status = 'set_aside' then set_aside_because
        when status = 'empty' and most_points = 0 then 'the system has nothing that gives this stream'
        when status = 'partial' then 'the vendor gave fewer intervals than the day has'
        when status = 'empty' then 'the vendor answered without data'
        when status = 'refused' then 'the vendor refused to answer'
        when status = 'pending' then 'too recent to be final; it is asked again'
        when status = 'before_start' then 'after the installation, before the first day fetched'
        when status = 'missing' then 'not fetched, or its fetch failed'
    end as reason,
    status <> 'complete' and not (status = 'empty' and most_points = 0) as is_hole,
    cast(n_points as integer) as n_points,
    cast(expected_points as integer) as expected_points,
    cast(greatest(coalesce(expected_points, 0) - used_points, 0) as integer) as missing_points,
    {{ share("used_points", "expected_points") }} as coverage_share,
    fetched_at_utc as source_fetched_at_utc
from judged
