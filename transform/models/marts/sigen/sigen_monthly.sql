{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_id", "month_start"],
    on_schema_change="fail",
    indexes=indexes_on([["system_id", "month_start"]]),
    pre_hook="{{ plain_plans() }}",
    post_hook="{{ delete_months_without(ref('int_sigen__30min')) }}",
) }}

{%- set metrics = var("sigen_powers") + var("sigen_counters") + var("sigen_levels") -%}
{%- set quantities = energy_quantities() + energy_flows() -%}

{#- A month is rebuilt when any of its days has changed; its version is the sum of theirs. -#}
{%- set todo -%}
    select wanted.*
    from (
        select
            system_id,
            {{ month_start("local_date") }} as month_start,
            cast(sum(day_version) as bigint) as month_version
        from {{ ref("int_sigen__30min") }}
        where is_first_of_day
        group by system_id, {{ month_start("local_date") }}
    ) as wanted
    {%- if is_incremental() %}
    left join {{ this }} as built
        on
            wanted.system_id = built.system_id
            and wanted.month_start = built.month_start
            and wanted.month_version = built.month_version
    where built.system_id is null
    {%- endif %}
{%- endset -%}
{%- set months = months_to_build(todo) %}

with todo as (
    {{ todo }}
),

statistics as (
    select
        blocks.system_id,
        todo.month_start,
        max(todo.month_version) as month_version,
        count(case when blocks.is_first_of_day then 1 end) as days_with_data,
        {%- for metric in metrics %}
        {{ stable_sum("blocks." ~ metric ~ "_sum") }} as {{ metric }}_sum,
        sum(blocks.{{ metric }}_count) as {{ metric }}_count,
        min({{ lowest_of_block(metric, "blocks") }}) as {{ metric }}_min,
        max({{ highest_of_block(metric, "blocks") }}) as {{ metric }}_max
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref("int_sigen__30min_statistics") }} as blocks
    inner join todo
        on
            blocks.system_id = todo.system_id
            and {{ month_start("blocks.local_date") }} = todo.month_start
    where
        {{ is_not_set_aside("sigen", "blocks") }}
        and cast(blocks.block_start_local as date) = blocks.local_date
        {{ in_months(months, "blocks.local_date") }}
    group by blocks.system_id, todo.month_start
),

energies as (
    select
        blocks.system_id,
        todo.month_start,
        count(*) as blocks_count,
        sum(blocks.data_points_count) as data_points_count,
        count(case when blocks.spans_gap then 1 end) as blocks_with_gap_count,
        {%- for quantity in quantities %}
        {{ stable_sum("blocks." ~ quantity ~ "_kwh", 9) }} as {{ quantity }}_kwh,
        {%- endfor %}
        max(blocks.pv_kwh) / 0.5 as pv_peak_kw
    from {{ ref("int_sigen__30min") }} as blocks
    inner join todo
        on
            blocks.system_id = todo.system_id
            and {{ month_start("blocks.local_date") }} = todo.month_start
    where
        1 = 1
        {{ in_months(months, "blocks.local_date") }}
    group by blocks.system_id, todo.month_start
)

select
    statistics.system_id,
    statistics.month_start,
    cast(statistics.days_with_data as integer) as days_with_data,
    {{ days_in_month("statistics.month_start") }} as days_in_month,
    statistics.days_with_data < {{ days_in_month("statistics.month_start") }} as is_partial,
    cast(energies.blocks_count as integer) as blocks_count,
    cast(energies.data_points_count as integer) as data_points_count,
    cast(energies.blocks_with_gap_count as integer) as blocks_with_gap_count,
    {%- for metric in metrics %}
    statistics.{{ metric }}_sum / nullif(statistics.{{ metric }}_count, 0) as {{ metric }}_avg,
    statistics.{{ metric }}_min,
    statistics.{{ metric }}_max,
    statistics.{{ metric }}_sum,
    cast(statistics.{{ metric }}_count as integer) as {{ metric }}_count,
    {%- endfor %}
    {%- for quantity in quantities %}
    energies.{{ quantity }}_kwh,
    {%- endfor %}
    energies.pv_peak_kw,
    statistics.month_version
from statistics
inner join energies
    on
        statistics.system_id = energies.system_id
        and statistics.month_start = energies.month_start
