{%- set counters = energy_counters() %}

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
        days.following_fetched_at_utc,
        {%- for name, counter in counters.items() %}
        -- Energy is counted from midnight on, whatever the midnight row says.
        case when history.measured_at_utc > days.day_start_utc then history.{{ counter }}_kwh else 0.0 end
            as {{ name }}_counter,
        days.{{ counter }}_kwh as {{ name }}_day_total
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref("stg_sigen__history") }} as history
    inner join days
        on
            history.system_id = days.system_id
            and history.local_date = days.local_date
            and history.fetched_at_utc = days.fetched_at_utc
            {{- same_account("sigen", "history", "days") }}
    where history.is_valid_local_time
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

neighbours as (
    select
        readings.*,
        row_number() over day = 1 as is_first,
        lead(readings.measured_at_utc) over day is null as is_last,
        lead(readings.measured_at_utc) over day as next_utc,
        coalesce(
            lead(readings.from_grid_power_kw) over day,
            case when lead(readings.measured_at_utc) over day is null then midnights.power_kw end
        ) as next_power_kw,
        {%- for name in counters %}
        lead(readings.{{ name }}_counter) over day as {{ name }}_next,
        max(readings.{{ name }}_counter) over (
            partition by readings.system_id, readings.local_date order by readings.measured_at_utc
            rows between unbounded preceding and current row
        ) as {{ name }}_run
        {{- "," if not loop.last }}
        {%- endfor %}
    from readings
    left join midnights
        on
            readings.system_id = midnights.system_id
            and readings.local_date = midnights.local_date
    window day as (partition by readings.system_id, readings.local_date order by readings.measured_at_utc)
),

intervals as (
    select
        *,
        case when is_first then day_start_utc else measured_at_utc end as interval_start_utc,
        coalesce(next_utc, day_end_utc) as interval_end_utc,
        {%- for name in counters %}
        {{ rounded(
            "greatest(" ~ name ~ "_run, case when is_last then " ~ name ~ "_day_total else "
            ~ name ~ "_next end) - case when is_first then 0.0 else " ~ name ~ "_run end"
        ) }} as {{ name }}_kwh,
        coalesce(
            case when is_last then {{ name }}_day_total else {{ name }}_next end
            >= {{ name }}_run - {{ counter_digit() }}, false
        ) as {{ name }}_is_read
        {{- "," if not loop.last }}
        {%- endfor %}
    from neighbours
    -- What comes after the last row of a running day is not known yet.
    where day_is_over or not is_last
),

measured as (
    select
        *,
        cast(round({{ seconds_between("interval_start_utc", "interval_end_utc") }} / 60.0) as integer)
            as minutes,
        load_kwh + pv_to_grid_kwh + charge_kwh - pv_kwh - discharge_kwh as import_by_balance
    from intervals
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
        "case when minutes = 5 and next_power_kw is not null then next_power_kw / 12.0 "
        ~ "else greatest(0.0, import_by_balance) end"
    ) }} as import_kwh,
    pv_to_grid_kwh,
    charge_kwh,
    discharge_kwh,
    case
        when
            minutes = 5
            and next_power_kw is not null
            {%- for name in counters %}
            and {{ name }}_is_read
            {%- endfor %}
            then 'ok'
        when is_last and next_power_kw is null then 'unsettled'
        else 'bridged'
    end as quality,
    account
from measured
