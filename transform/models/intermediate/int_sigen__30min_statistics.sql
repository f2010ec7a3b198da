{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_id", "local_date"],
    on_schema_change="fail",
    indexes=[
        {"columns": ["system_id", "local_date"]},
        {"columns": ["is_first_of_day", "system_id", "local_date", "day_version"]},
    ],
    pre_hook="{{ plain_plans() }}",
    post_hook=["{{ delete_days_without(
        'select system_id, local_date from ' ~ ref('int_sigen__30min') ~ ' where is_first_of_day', 'system_id'
    ) }}", "{{ know_the_rows() }}"],
) }}

{%- set powers = var("sigen_powers") -%}
{%- set counters = var("sigen_counters") -%}
{%- set levels = var("sigen_levels") -%}
{%- set units = merged(all_of("kw", powers), all_of("kwh", counters), all_of("pct", levels)) -%}

{#- Days follow the energies: what is built there is built here, from the same fetch. -#}
{%- set wanted -%}
        select
            system_id,
            local_date,
            block_start_utc as first_block_start_utc,
            source_fetched_at_utc as fetched_at_utc,
            day_version
        from {{ ref("int_sigen__30min") }}
        where is_first_of_day
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_id") -%}
{%- set dates = dates_to_build(todo) %}

with todo as (
    {{ todo }}
),

blocks as (
    select
        history.system_id,
        history.local_date,
        {{ block_30min("history.measured_at_local") }} as block_start_local,
        history.utc_offset_minutes,
        {%- for metric, unit in units.items() %}
        {%- set column = "history." ~ metric ~ "_" ~ unit %}
        {{ stable_sum(column) }} as {{ metric }}_sum,
        count({{ column }}) as {{ metric }}_count,
        min({{ column }}) as {{ metric }}_min,
        max({{ column }}) as {{ metric }}_max
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref("stg_sigen__history") }} as history
    where
        history.is_valid_local_time
        and exists (
            select 1 from todo
            where
                history.system_id = todo.system_id
                and history.local_date = todo.local_date
                and history.fetched_at_utc = todo.fetched_at_utc
        )
        {%- if raw_schemas("sigen") | length > 1 %}
        and exists (
            select 1 from {{ ref("stg_sigen__history_days") }} as ledger
            where
                history.system_id = ledger.system_id
                and history.local_date = ledger.local_date
                and history.account = ledger.account
        )
        {%- endif %}
        {{ on_dates(dates, "history.local_date") }}
    group by
        history.system_id,
        history.local_date,
        {{ block_30min("history.measured_at_local") }},
        history.utc_offset_minutes
)

select
    blocks.system_id,
    blocks.local_date,
    {{ add_minutes("blocks.block_start_local", "-blocks.utc_offset_minutes") }} as block_start_utc,
    {%- for metric in units %}
    blocks.{{ metric }}_sum / nullif(blocks.{{ metric }}_count, 0) as {{ metric }}_avg,
    blocks.{{ metric }}_min,
    blocks.{{ metric }}_max,
    blocks.{{ metric }}_sum,
    cast(blocks.{{ metric }}_count as integer) as {{ metric }}_count,
    {%- endfor %}
    {{ add_minutes("blocks.block_start_local", "-blocks.utc_offset_minutes") }} = todo.first_block_start_utc
        as is_first_of_day,
    todo.day_version
from blocks
inner join todo
    on
        blocks.system_id = todo.system_id
        and blocks.local_date = todo.local_date
