{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_id", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([["system_id", "local_date"], ["is_first_of_day", "system_id", "local_date", "day_version"]]),
    pre_hook="{{ plain_plans() }}",
    post_hook=["{{ delete_days_without(
        'select system_id, local_date, fetched_at_utc from ' ~ ref('stg_sigen__history_days')
        ~ ' where n_points > 0',
        'system_id',
        {'source_fetched_at_utc': 'fetched_at_utc'}
    ) }}", "{{ know_the_rows() }}"],
) }}

{%- set powers = var("sigen_powers") -%}
{%- set counters = var("sigen_counters") -%}
{%- set levels = var("sigen_levels") -%}
{%- set units = merged(all_of("kw", powers), all_of("kwh", counters), all_of("pct", levels)) -%}
{%- set columns = [] -%}
{%- for metric, unit in units.items() -%}
  {%- do columns.append(metric ~ "_" ~ unit) -%}
{%- endfor -%}
{%- set wanted -%}
        select
            account,
            system_id,
            local_date,
            fetched_at_utc,
            n_points,
            {{ epoch_us("fetched_at_utc") }} + n_points as day_version
        from {{ ref("stg_sigen__history_days") }}
        where n_points > 0
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_id") -%}
{%- set dates = dates_to_build(todo) -%}

{#- A semi-join: DuckDB would aggregate below an inner one, and then once more. -#}
{%- set are_to_do -%}
        exists (
            select 1 from todo
            where
                history.system_id = todo.system_id
                and history.local_date = todo.local_date
                and history.fetched_at_utc = todo.fetched_at_utc
                {{- same_account("sigen", "history", "todo") }}
        )
        {{ on_dates(dates, "history.local_date") }}
{%- endset %}

{#- One bit for each five minutes of an hour. -#}
{%- set bit = five_minute_bit("history.measured_at_utc") %}

{%- set have_doubles -%}
        exists (
            select 1 from days
            where
                history.system_id = days.system_id
                and history.local_date = days.local_date
                and days.has_doubles = 1
        )
{%- endset %}

{#- The wall clock of a row, without reading it from text once more. -#}
{%- set clock = add_minutes("history.measured_at_utc", "history.utc_offset_minutes") %}

with todo as (
    {{ todo }}
),

-- Looks for rows that came twice: in an hour without one, the sum of its rows' bits is their union.
hours as (
    select
        history.system_id,
        history.local_date,
        history.fetched_at_utc,
        count(case when history.is_valid_local_time then 1 end) as points_count,
        min(case when history.is_valid_local_time then history.seq end) as first_valid_seq,
        min(history.seq) as first_seq,
        sum(case when history.is_valid_local_time then {{ bit }} end)
        <> bit_or(case when history.is_valid_local_time then {{ bit }} end) as has_doubles
    from {{ ref("stg_sigen__history") }} as history
    where {{ are_to_do }}
    group by
        history.system_id, history.local_date, history.fetched_at_utc,
        {{ dbt.date_trunc("hour", "history.measured_at_utc") }}
),

days as (
    select
        system_id,
        local_date,
        fetched_at_utc,
        sum(points_count) as points_count,
        min(first_valid_seq) as first_valid_seq,
        min(first_seq) as first_seq,
        max(case when has_doubles then 1 else 0 end) as has_doubles
    from hours
    group by system_id, local_date, fetched_at_utc
),

-- Only the days in which a row came twice are read again.
once as (
    select
        history.system_id,
        history.local_date,
        history.measured_at_utc,
        history.utc_offset_minutes,
        min(history.seq) as seq,
        count(*) - 1 as doubled_rows_count,
        case
            when
                {%- for column in columns %}
                {{ "or " if not loop.first }}min(history.{{ column }}) <> max(history.{{ column }})
                {%- endfor %}
                then 1
            else 0
        end as contradicts,
        {%- for column in columns %}
        max(history.{{ column }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref("stg_sigen__history") }} as history
    where
        history.is_valid_local_time
        and {{ have_doubles }}
        and {{ are_to_do }}
    group by history.system_id, history.local_date, history.measured_at_utc, history.utc_offset_minutes
),

doubles as (
    select
        system_id,
        local_date,
        sum(doubled_rows_count) as doubled_rows_count,
        sum(contradicts) as contradicting_rows_count
    from once
    group by system_id, local_date
),

rows_of_days as (
    {%- for source in [ref("stg_sigen__history"), "once"] %}
    select
        history.system_id,
        history.local_date,
        history.utc_offset_minutes,
        history.seq,
        {%- for column in columns %}
        history.{{ column }},
        {%- endfor %}
        {{ block_start_utc(clock, "history.utc_offset_minutes") }} as block_start_utc,
        {{ block_30min(clock) }} = {{ clock }} as starts_block
    from {{ source }} as history
    {%- if not loop.last %}
    where
        history.is_valid_local_time
        and not {{ have_doubles }}
        and {{ are_to_do }}
    union all
    {%- endif %}
    {%- endfor %}
),

blocks as (
    select
        system_id,
        local_date,
        block_start_utc,
        {{ offset_at_start("starts_block") }} as utc_offset_minutes,
        count(*) as data_points_count,
        min(seq) as first_valid_seq,
        {%- for metric, unit in units.items() %}
        {%- set column = metric ~ "_" ~ unit %}
        {{ stable_sum(column) }} as {{ metric }}_sum,
        count({{ column }}) as {{ metric }}_count,
        {%- if metric in energy_counters().values() %}
        max(case when starts_block then {{ column }} end) as {{ metric }}_first,
        min(case when not starts_block then {{ column }} end) as {{ metric }}_rest_min,
        max(case when not starts_block then {{ column }} end) as {{ metric }}_rest_max,
        {%- else %}
        min({{ column }}) as {{ metric }}_min,
        max({{ column }}) as {{ metric }}_max,
        {%- endif %}
        {%- endfor %}
        {%- for power in integrated_powers().values() %}
        {%- if power.metric not in units %}
        {{ stable_sum(power.in_row) }} as {{ power.metric }}_sum,
        count({{ power.in_row }}) as {{ power.metric }}_count,
        {%- endif %}
        max(case when starts_block then {{ power.in_row }} end) as {{ power.metric }}_first
        {{- "," if not loop.last }}
        {%- endfor %}
    from rows_of_days
    group by system_id, local_date, block_start_utc
)

select
    blocks.system_id,
    blocks.local_date,
    blocks.block_start_utc,
    {{ add_minutes("blocks.block_start_utc", "blocks.utc_offset_minutes") }} as block_start_local,
    blocks.utc_offset_minutes,
    cast(blocks.data_points_count as integer) as data_points_count,
    {%- for metric in units %}
    {%- if metric in energy_counters().values() %}
    {%- for part in ["first", "rest_min", "rest_max"] %}
    {{ if_possible("blocks." ~ metric ~ "_" ~ part) }} as {{ metric }}_{{ part }},
    {%- endfor %}
    {%- else %}
    {{ if_possible("blocks." ~ metric ~ "_min") }} as {{ metric }}_min,
    {{ if_possible("blocks." ~ metric ~ "_max") }} as {{ metric }}_max,
    {%- endif %}
    {{ if_possible("blocks." ~ metric ~ "_sum") }} as {{ metric }}_sum,
    cast({{ count_if_possible("blocks." ~ metric) }} as integer) as {{ metric }}_count,
    {%- endfor %}
    {%- for power in integrated_powers().values() %}
    {%- if power.metric not in units %}
    {{ if_possible("blocks." ~ power.metric ~ "_sum") }} as {{ power.metric }}_sum,
    cast({{ count_if_possible("blocks." ~ power.metric) }} as integer) as {{ power.metric }}_count,
    {%- endif %}
    {{ if_possible("blocks." ~ power.metric ~ "_first") }} as {{ power.metric }}_first,
    {%- endfor %}
    cast(
        {%- for metric in units %}
        {{ "+ " if not loop.first }}blocks.{{ metric }}_count - {{ count_if_possible("blocks." ~ metric) }}
        {%- endfor %} as integer
    ) as unreadable_values_count,
    cast(coalesce(doubles.doubled_rows_count, 0) as integer) as doubled_rows_count,
    cast(coalesce(doubles.contradicting_rows_count, 0) as integer) as contradicting_rows_count,
    blocks.first_valid_seq = days.first_valid_seq as is_first_of_day,
    days.first_seq = 0 as has_first_row,
    -- Rows that came twice do not make a day another one than its ledger entry vouches for.
    {{ epoch_us("days.fetched_at_utc") }}
    + cast(least(days.points_count, todo.n_points) as bigint) as day_version,
    days.fetched_at_utc as source_fetched_at_utc
from blocks
inner join days
    on
        blocks.system_id = days.system_id
        and blocks.local_date = days.local_date
inner join todo
    on
        blocks.system_id = todo.system_id
        and blocks.local_date = todo.local_date
left join doubles
    on
        blocks.system_id = doubles.system_id
        and blocks.local_date = doubles.local_date
