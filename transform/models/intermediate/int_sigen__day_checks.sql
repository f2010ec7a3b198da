{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_id", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([["system_id", "local_date", "day_version"]]),
    pre_hook="{{ plain_plans() }}",
    post_hook=["{{ delete_days_without(
        'select system_id, local_date from ' ~ ref('int_sigen__30min_statistics') ~ ' where is_first_of_day',
        'system_id',
        one_row_a_day='1 = 1'
    ) }}", "{{ know_the_rows() }}"],
) }}

{%- set wanted -%}
        select system_id, local_date, day_version
        from {{ ref("int_sigen__30min_statistics") }}
        where is_first_of_day
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_id", one_row_a_day="1 = 1") -%}
{%- set dates = dates_to_build(todo) -%}
{%- set is_of_the_day = "cast(blocks.block_start_local as date) = blocks.local_date" %}

with todo as (
    {{ todo }}
)

select
    blocks.system_id,
    blocks.local_date,
    cast(
        sum(case when {{ is_of_the_day }} then blocks.data_points_count else 0 end) as integer
    ) as rows_count,
    max(blocks.doubled_rows_count) as doubled_rows_count,
    max(blocks.contradicting_rows_count) as contradicting_rows_count,
    cast(
        sum(case when {{ is_of_the_day }} then 0 else blocks.data_points_count end) as integer
    ) as other_days_rows_count,
    -- One row at the end of the day is the first one of the next, which that day has as well.
    max(
        case
            when {{ is_of_the_day }} then 0
            when
                blocks.data_points_count = 1
                and blocks.block_start_local = cast({{ add_days("blocks.local_date", 1) }} as timestamp)
                then 1
            else 2
        end
    ) = 1 as ends_with_next_midnight,
    cast(sum(
        {%- for counter in var("sigen_counters") %}
        {{ "+ " if not loop.first }}
        case when {{ lowest_of_block(counter, "blocks") }} < -{{ counter_digit() }} then 1 else 0 end
        {%- endfor %}
    ) as integer) as negative_values_count,
    cast(sum(blocks.unreadable_values_count) as integer) as unreadable_values_count,
    max(blocks.day_version) as day_version,
    max(blocks.source_fetched_at_utc) as source_fetched_at_utc
from {{ ref("int_sigen__30min_statistics") }} as blocks
where
    exists (
        select 1 from todo
        where
            blocks.system_id = todo.system_id
            and blocks.local_date = todo.local_date
    )
    {{ on_dates(dates, "blocks.local_date") }}
group by blocks.system_id, blocks.local_date
