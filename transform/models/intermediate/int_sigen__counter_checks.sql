{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_id", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([["system_id", "local_date", "day_version"]]),
    pre_hook="{{ plain_plans() }}",
    post_hook="{{ delete_days_without(
        'select system_id, local_date from ' ~ ref('int_sigen__30min_statistics') ~ ' where is_first_of_day',
        'system_id',
        one_row_a_day='1 = 1'
    ) }}",
) }}

{%- set wanted -%}
        select
            system_id,
            local_date,
            day_version
        from {{ ref("int_sigen__30min_statistics") }}
        where is_first_of_day
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_id", one_row_a_day="1 = 1") -%}
{%- set dates = dates_to_build(todo) %}

with todo as (
    {{ todo }}
),

readings as (
    select
        blocks.system_id,
        blocks.local_date,
        blocks.block_start_utc,
        todo.day_version,
        blocks.es_discharge_power_sum,
        blocks.es_discharge_power_count,
        blocks.data_points_count,
        blocks.load_power_max,
        blocks.es_charge_power_max,
        blocks.pv_total_power_max
        {%- for name, counter in energy_counters().items() %},
        -- Energy is counted from midnight on, whatever the midnight row says.
        case
            when blocks.block_start_local <> cast(blocks.local_date as timestamp)
                then blocks.{{ counter }}_first
        end as {{ name }}_first,
        blocks.{{ counter }}_rest_min as {{ name }}_rest_min,
        blocks.{{ counter }}_rest_max as {{ name }}_rest_max
        {%- endfor %}
    from todo
    inner join {{ ref("int_sigen__30min_statistics") }} as blocks
        on
            todo.system_id = blocks.system_id
            and todo.local_date = blocks.local_date
            and cast(blocks.block_start_local as date) = blocks.local_date
            {{ on_dates(dates, "blocks.local_date") }}
),

preceded as (
    select
        *
        {%- for name in energy_counters() %},
        max(greatest({{ name }}_first, {{ name }}_rest_max)) over before_it
            as {{ name }}_before
        {%- endfor %},
        lead(block_start_utc) over (partition by system_id, local_date order by block_start_utc) is null
            as is_last
    from readings
    window before_it as (
        partition by system_id, local_date order by block_start_utc
        rows between unbounded preceding and 1 preceding
    )
)

select
    system_id,
    local_date,
    {%- for name in energy_counters() %}
    -- Zero is what a dropout reads: it contradicts nothing, unless the day ends with it.
    max(
        case
            when
                is_last
                and greatest({{ name }}_first, {{ name }}_rest_max) <= {{ counter_digit() }}
                and {{ name }}_before > {{ counter_digit() }}
                then 1
            when
                {{ name }}_first > {{ counter_digit() }}
                and {{ name }}_first < {{ name }}_before - {{ counter_digit() }} then 1
            when
                {{ name }}_rest_min > {{ counter_digit() }}
                and {{ name }}_rest_min
                < greatest({{ name }}_first, {{ name }}_before) - {{ counter_digit() }}
                then 1
            when
                {{ name }}_rest_max > {{ counter_digit() }}
                and {{ name }}_rest_max
                < greatest({{ name }}_first, {{ name }}_before) - {{ counter_digit() }}
                then 1
            else 0
        end
    ) = 1 as {{ name }}_falls,
    max(greatest({{ name }}_first, {{ name }}_rest_max)) as {{ name }}_highest,
    max(
        case
            when {{ name }}_first is not null or {{ name }}_rest_max is not null then block_start_utc
        end
    ) as {{ name }}_last_start_utc,
    {%- endfor %}
    -- More went out of the battery than into the house, though every row is there.
    coalesce(
        count(*) >= 46
        and min(es_discharge_power_count) = 6
        and min(data_points_count) = 6
        and max(greatest(discharge_first, discharge_rest_max)) <= 24 * {{ var("sigen_most_kw") }}
        and max(greatest(discharge_first, discharge_rest_max)) - sum(es_discharge_power_sum) / 12.0
        > greatest(
            0.1,
            {{ var("sigen_surely_unexplained_share") }} * max(greatest(discharge_first, discharge_rest_max))
        ),
        false
    ) as sells_from_battery,
    max(pv_total_power_max) as pv_power_highest_kw,
    max(load_power_max) as load_power_highest_kw,
    max(es_charge_power_max) as charge_power_highest_kw,
    max(day_version) as day_version
from preceded
group by system_id, local_date
