{%- set counters = energy_counters() %}
{%- set clock = add_minutes("history.measured_at_utc", "history.utc_offset_minutes") %}

with days as (
    select
        ledger.*,
        following.fetched_at_utc as following_fetched_at_utc
    from {{ ref("int_sigen__days") }} as ledger
    left join {{ ref("int_sigen__days") }} as following
        on
            ledger.system_id = following.system_id
            and following.local_date = {{ add_days("ledger.local_date", 1) }}
),

-- Half hours say which readings are right: no row's is below the start or above the end of its own.
blocks as (
    select
        system_id,
        local_date,
        block_start_utc,
        import_rank,
        -- What is sold directly has no quality of its own; that of the export holds it.
        greatest(
            {%- for quantity in energy_quantities() %}
            case
                when {{ quantity }}_kwh is null then -1 else {{ quantity }}_rank
            end{{ "," if not loop.last }}
            {%- endfor %}
        ) as block_rank,
        {%- for name in counters %}
        {{ name }}_kwh as {{ name }}_block_kwh,
        coalesce(
            sum({{ name }}_kwh) over (
                partition by system_id, local_date order by block_start_utc
                rows between unbounded preceding and 1 preceding
            ), 0.0
        ) as {{ name }}_start
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref("int_sigen__30min") }}
),

midnights as (
    select
        days.system_id,
        days.local_date,
        max(history.from_grid_power_kw) as power_kw
    from days
    inner join {{ ref("stg_sigen__history") }} as history
        on
            days.system_id = history.system_id
            and days.following_fetched_at_utc = history.fetched_at_utc
            and history.local_date = {{ add_days("days.local_date", 1) }}
            and days.day_end_utc = history.measured_at_utc
    where history.is_valid_local_time
    group by days.system_id, days.local_date
),

readings as (
    select
        history.account,
        history.system_id,
        history.local_date,
        history.utc_offset_minutes,
        history.measured_at_utc,
        history.from_grid_power_kw,
        days.day_start_utc,
        days.day_end_utc,
        days.fetched_at_utc >= days.day_end_utc as day_is_over,
        history.measured_at_utc = days.day_start_utc as starts_day,
        blocks.import_rank,
        blocks.block_rank,
        {%- for name, counter in counters.items() %}
        history.{{ counter }}_kwh as {{ name }}_counter,
        blocks.{{ name }}_start,
        blocks.{{ name }}_start + blocks.{{ name }}_block_kwh as {{ name }}_block_end,
        -- A day is counted from midnight on, whatever the midnight row says.
        case
            when blocks.{{ name }}_block_kwh is null or history.{{ counter }}_kwh is null then null
            when history.measured_at_utc > days.day_start_utc
                then least(
                    greatest(history.{{ counter }}_kwh, blocks.{{ name }}_start),
                    blocks.{{ name }}_start + blocks.{{ name }}_block_kwh
                )
            else 0.0
        end as {{ name }}_level
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref("stg_sigen__history") }} as history
    inner join days
        on
            history.system_id = days.system_id
            and history.local_date = days.local_date
            and history.fetched_at_utc = days.fetched_at_utc
            {{- same_account("sigen", "history", "days") }}
    inner join blocks
        on
            history.system_id = blocks.system_id
            and history.local_date = blocks.local_date
            and {{ block_start_utc(clock, "history.utc_offset_minutes") }} = blocks.block_start_utc
    where history.is_valid_local_time
),

runs as (
    select
        *,
        lead(measured_at_utc) over day as next_utc,
        lead(from_grid_power_kw) over day as next_row_power_kw,
        row_number() over day = 1 as is_first,
        {%- for name in counters %}
        starts_day or coalesce(abs({{ name }}_counter - {{ name }}_level) <= {{ counter_digit() }}, false)
            as {{ name }}_is_read,
        max({{ name }}_level) over (
            partition by system_id, local_date order by measured_at_utc
            rows between unbounded preceding and current row
        ) as {{ name }}_run
        {{- "," if not loop.last }}
        {%- endfor %}
    from readings
    window day as (partition by system_id, local_date order by measured_at_utc)
),

intervals as (
    select
        runs.*,
        runs.next_utc is null as is_last,
        case when runs.is_first then runs.day_start_utc else runs.measured_at_utc end as interval_start_utc,
        coalesce(runs.next_utc, runs.day_end_utc) as interval_end_utc,
        case
            when runs.next_utc is null then midnights.power_kw else runs.next_row_power_kw
        end as next_power_kw,
        {%- for name in counters %}
        {{ rounded(
            "case when runs." ~ name ~ "_block_end is not null then coalesce(lead(runs." ~ name
            ~ "_run) over day, runs." ~ name ~ "_block_end) - case when runs.is_first then 0.0 else coalesce(runs."
            ~ name ~ "_run, runs." ~ name ~ "_start) end end"
        ) }} as {{ name }}_kwh,
        {%- endfor %}
        (
            {%- for name in counters %}
            runs.{{ name }}_is_read
            and coalesce(lead(runs.{{ name }}_is_read) over day, runs.next_utc is null)
            {{- " and" if not loop.last }}
            {%- endfor %}
        ) as is_read
    from runs
    left join midnights
        on
            runs.system_id = midnights.system_id
            and runs.local_date = midnights.local_date
    window day as (partition by runs.system_id, runs.local_date order by runs.measured_at_utc)
),

measured as (
    select
        *,
        cast(round({{ seconds_between("interval_start_utc", "interval_end_utc") }} / 60.0) as integer)
            as minutes,
        load_kwh + pv_to_grid_kwh + charge_kwh - pv_kwh - discharge_kwh as import_by_balance
    from intervals
    -- What comes after the last row of a running day is not known yet.
    where day_is_over or not is_last
)

select
    system_id,
    local_date,
    interval_start_utc,
    interval_end_utc,
    {{ add_minutes("interval_start_utc", "utc_offset_minutes") }} as interval_start_local,
    utc_offset_minutes,
    minutes,
    pv_kwh,
    load_kwh,
    {{ rounded(
        "case when minutes = 5 and next_power_kw >= 0 and import_rank in ("
        ~ rank_of("ok") ~ ", " ~ rank_of("unsettled") ~ ") then next_power_kw / 12.0"
        ~ " when import_by_balance < 0 then 0.0 else import_by_balance end"
    ) }} as import_kwh,
    pv_to_grid_kwh,
    charge_kwh,
    discharge_kwh,
    case
        when is_last and next_power_kw is null then 'unsettled'
        -- Its half hour is not settled as a whole, but this part of it is read.
        when minutes = 5 and next_power_kw is not null and is_read and not is_last
            and block_rank = {{ rank_of("unsettled") }} then 'ok'
        when block_rank <> {{ rank_of("ok") }} then {{ quality_name("block_rank") }}
        when minutes = 5 and next_power_kw is not null and is_read then 'ok'
        else 'bridged'
    end as quality,
    account
from measured
