{{ config(materialized="view") }}

{#- A system that was not fetched for longer than this, although its account was, lacks the days since. -#}
{%- set late = 60 * var("coverage_late_hours") -%}
{%- set settling = var("coverage_settling_days") %}

with ledger as (
    select
        'sigen:' || system_id as system_key,
        'sigen' as vendor,
        system_id,
        account,
        'history_intervals' as stream,
        local_date,
        day_start_utc,
        day_end_utc,
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
        account,
        stream,
        local_date,
        day_start_utc,
        {{ add_minutes("day_start_utc", "1440") }} as day_end_utc,
        status,
        n_points,
        expected_points,
        fetched_at_utc,
        stream = 'site_energy' as is_main_stream
    from {{ ref("stg_solaredge__sync_days") }}
),

accounts as (
    select
        vendor,
        account,
        max(fetched_at_utc) as fetched_at_utc,
        max(local_date) as newest_date
    from ledger
    group by vendor, account
),

lists as (
    select
        vendor,
        account,
        max(fetched_at_utc) as fetched_at_utc
    from {{ ref("dim_systems") }}
    group by vendor, account
),

asked as (
    select
        system_key,
        vendor,
        system_id,
        stream,
        max(account) as account,
        max(case when is_main_stream then 1 else 0 end) = 1 as is_main_stream,
        min(local_date) as first_asked_on,
        max(local_date) as newest_date,
        coalesce(max(day_start_utc), cast(max(local_date) as timestamp)) as newest_start_utc,
        max(fetched_at_utc) as fetched_at_utc,
        min(case when n_points > 0 and status <> 'empty' then local_date end) as first_data_on,
        max(case when n_points > 0 and status <> 'empty' then local_date end) as last_data_on
    from ledger
    group by system_key, vendor, system_id, stream
),

-- A day is due when it is over, by the system's own clock, at the system's own last fetch.
due as (
    select
        asked.*,
        systems.installed_on,
        systems.installed_at_utc,
        accounts.newest_date as newest_date_of_account,
        case
            when asked.fetched_at_utc >= {{ add_minutes("accounts.fetched_at_utc", "-" ~ late) }}
                then asked.fetched_at_utc
            -- It is not in the list any more.
            when
                coalesce(systems.fetched_at_utc < {{ add_minutes("lists.fetched_at_utc", "-" ~ late) }}, true)
                then asked.fetched_at_utc
            else accounts.fetched_at_utc
        end as due_at_utc
    from asked
    inner join accounts
        on
            asked.vendor = accounts.vendor
            and asked.account = accounts.account
    left join {{ ref("dim_systems") }} as systems on asked.system_key = systems.system_key
    left join lists
        on
            systems.vendor = lists.vendor
            and systems.account = lists.account
),

spans as (
    select
        *,
        -- Nor is a day due that no system of the account was fetched for: there may be an end date.
        least(newest_date_of_account, {{ add_days(
            "newest_date",
            "cast(floor(" ~ seconds_between("newest_start_utc", "due_at_utc") ~ " / 86400.0) as integer) - 1"
        ) }}) as last_due_on,
        -- Days before the first fetch are told once for a system, not for each of its streams.
        least(first_asked_on, case when is_main_stream then installed_on else first_asked_on end)
            as first_date
    from due
),

days as (
    select
        spans.*,
        {{ each_day("first_date", "greatest(newest_date, last_due_on)") }} as local_date
    from spans
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

joined as (
    select
        days.*,
        ledger.status as ledger_status,
        coalesce(ledger.n_points, 0) as n_points,
        ledger.fetched_at_utc as source_fetched_at_utc,
        set_aside.reason as set_aside_because,
        coalesce(ledger.day_end_utc <= days.installed_at_utc, days.local_date < days.installed_on, false)
            as is_before_installation,
        coalesce(
            ledger.day_start_utc <= days.installed_at_utc and ledger.day_end_utc > days.installed_at_utc,
            days.local_date = days.installed_on,
            false
        ) as is_day_of_installation,
        -- Midnight stands for a date alone.
        coalesce(ledger.day_start_utc < days.installed_at_utc, false) as knows_hour_of_installation,
        -- The day of the installation is whole from its hour on.
        case
            when ledger.day_start_utc < days.installed_at_utc and ledger.day_end_utc > days.installed_at_utc
                then floor(
                    ledger.expected_points
                    * {{ seconds_between("days.installed_at_utc", "ledger.day_end_utc") }}
                    / {{ seconds_between("ledger.day_start_utc", "ledger.day_end_utc") }}
                )
            else ledger.expected_points
        end as expected_points
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
),

judged as (
    select
        *,
        case
            when set_aside_because is not null then 'set_aside'
            when ledger_status = 'partial' and is_day_of_installation and n_points >= expected_points
                then 'complete'
            when ledger_status is not null then ledger_status
            when local_date < first_asked_on then 'before_start'
            else 'missing'
        end as status,
        -- Of a day that is set aside nothing is used; an empty day's intervals have no value.
        case
            when set_aside_because is null and coalesce(ledger_status <> 'empty', true) then n_points
            else 0
        end as used_points,
        coalesce(local_date >= last_data_on, true)
        and local_date > {{ add_days("last_due_on", "-" ~ settling) }} as may_still_come
    from joined
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
        when status = 'complete' then null
        when is_before_installation then 'before the installation'
        when is_day_of_installation and status in ('partial', 'empty')
            then 'the day of the installation: there is nothing from before its hour'
        when status = 'empty' and last_data_on is null then 'the system has nothing that gives this stream'
        when status = 'empty' and not is_main_stream and local_date < first_data_on
            then 'before the first data of this stream'
        when status = 'empty' and may_still_come
            then 'the vendor answered without data: the system is offline, or the data is late'
        when status = 'partial' then 'the vendor gave fewer intervals than the day has'
        when status = 'empty' then 'the vendor answered without data'
        when status = 'refused' then 'the vendor refused to answer'
        when status = 'pending' then 'too recent to be final; it is asked again'
        when status = 'before_start' then 'after the installation, before the first day fetched'
        when status = 'missing' then 'not fetched, or its fetch failed'
    end as reason,
    case
        when status in ('complete', 'pending') then false
        when local_date > last_due_on or is_before_installation then false
        when is_day_of_installation and (status = 'empty' or not knows_hour_of_installation) then false
        when status = 'empty' and (last_data_on is null or may_still_come) then false
        when status = 'empty' and not is_main_stream and local_date < first_data_on then false
        else true
    end as is_hole,
    cast(n_points as integer) as n_points,
    cast(expected_points as integer) as expected_points,
    cast(greatest(coalesce(expected_points, 0) - used_points, 0) as integer) as missing_points,
    {{ share("least(used_points, expected_points)", "expected_points") }} as coverage_share,
    source_fetched_at_utc
from judged
