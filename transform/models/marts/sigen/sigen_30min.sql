{{ config(
    materialized="incremental",
    incremental_strategy="delete+insert",
    unique_key=["system_id", "local_date"],
    on_schema_change="fail",
    indexes=[{"columns": ["system_id", "local_date"]}],
    post_hook="delete from {{ this }} where exists (
        select 1 from {{ ref('stg_sigen__history_days') }} as ledger
        where ledger.n_points = 0
            and ledger.system_id = {{ this }}.system_id
            and ledger.local_date = {{ this }}.local_date
    )",
) }}

{%- set powers = var("sigen_powers") -%}
{%- set counters = var("sigen_counters") -%}
{%- set levels = var("sigen_levels") -%}
{%- set units = {} -%}
{%- for name in powers %}{% do units.update({name: "kw"}) %}{% endfor -%}
{%- for name in counters %}{% do units.update({name: "kwh"}) %}{% endfor -%}
{%- for name in levels %}{% do units.update({name: "pct"}) %}{% endfor -%}
{%- set energy_counters = {
    "pv": "power_generation",
    "load": "power_use",
    "export": "power_to_grid",
    "charge": "es_charging",
    "discharge": "es_discharging",
} -%}

{#- A day's last five minutes stand in the next day's midnight row, so a day is rebuilt as
    well when the day after it has changed. -#}
{%- set todo -%}
    select
        ledger.system_id,
        ledger.local_date,
        ledger.fetched_at_utc,
        following.fetched_at_utc as following_fetched_at_utc
    from {{ ref("stg_sigen__history_days") }} as ledger
    left join {{ ref("stg_sigen__history_days") }} as following
        on
            ledger.system_id = following.system_id
            and following.local_date = {{ dbt.dateadd("day", 1, "ledger.local_date") }}
            and following.n_points > 0
    {% if is_incremental() -%}
    left join (
        select
            system_id,
            local_date,
            max(source_fetched_at_utc) as fetched_at_utc,
            max(following_fetched_at_utc) as following_fetched_at_utc,
            sum(data_points_count) as n_points
        from {{ this }}
        group by system_id, local_date
    ) as built
        on
            ledger.system_id = built.system_id
            and ledger.local_date = built.local_date
    {%- endif %}
    where
        ledger.n_points > 0
        {% if is_incremental() -%}
        and (
            built.system_id is null
            or built.fetched_at_utc <> ledger.fetched_at_utc
            or built.n_points <> ledger.n_points
            or built.following_fetched_at_utc is distinct from following.fetched_at_utc
        )
        {%- endif %}
{%- endset -%}

with todo as (
    {{ todo }}
),

rows_of_days as (
    select
        history.*,
        {{ block_30min("history.measured_at_local") }} as block_start_local
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
        {{ only_days_of(todo, "history.local_date") }}
),

midnights as (
    select
        todo.system_id,
        todo.local_date,
        max(history.from_grid_power_kw) as from_grid_power_midnight
    from todo
    inner join {{ ref("stg_sigen__history") }} as history
        on
            todo.system_id = history.system_id
            and todo.following_fetched_at_utc = history.fetched_at_utc
            and history.local_date = {{ dbt.dateadd("day", 1, "todo.local_date") }}
            and history.measured_at_local = cast(history.local_date as timestamp)
    where history.is_valid_local_time
    group by todo.system_id, todo.local_date
),

blocks as (
    select
        system_id,
        local_date,
        block_start_local,
        utc_offset_minutes,
        max(fetched_at_utc) as source_fetched_at_utc,
        count(*) as data_points_count,
        {%- for metric, unit in units.items() %}
        {%- set column = metric ~ "_" ~ unit %}
        {{ stable_sum(column) }} as {{ metric }}_sum,
        count({{ column }}) as {{ metric }}_count,
        min({{ column }}) as {{ metric }}_min,
        max({{ column }}) as {{ metric }}_max,
        {%- endfor %}
        {%- for counter in energy_counters.values() %}
        max(case when measured_at_local = block_start_local then {{ counter }}_kwh end)
            as {{ counter }}_first,
        {%- endfor %}
        max(case when measured_at_local = block_start_local then from_grid_power_kw end)
            as from_grid_power_first,
        {{ stable_sum("case when measured_at_local <> block_start_local then from_grid_power_kw end") }}
            as from_grid_power_rest_sum,
        count(case when measured_at_local <> block_start_local then from_grid_power_kw end)
            as from_grid_power_rest_count
    from rows_of_days
    group by system_id, local_date, block_start_local, utc_offset_minutes
),

placed as (
    select
        blocks.*,
        {{ dbt.dateadd("minute", "-blocks.utc_offset_minutes", "blocks.block_start_local") }}
            as block_start_utc,
        todo.following_fetched_at_utc,
        midnights.from_grid_power_midnight,
        ledger.power_generation_kwh as power_generation_day_total,
        ledger.power_use_kwh as power_use_day_total,
        ledger.power_to_grid_kwh as power_to_grid_day_total,
        ledger.es_charging_kwh as es_charging_day_total,
        ledger.es_discharging_kwh as es_discharging_day_total
    from blocks
    inner join todo
        on
            blocks.system_id = todo.system_id
            and blocks.local_date = todo.local_date
    inner join {{ ref("stg_sigen__history_days") }} as ledger
        on
            blocks.system_id = ledger.system_id
            and blocks.local_date = ledger.local_date
    left join midnights
        on
            blocks.system_id = midnights.system_id
            and blocks.local_date = midnights.local_date
),

neighbours as (
    select
        *,
        coalesce(
            lead(block_start_utc) over day = {{ dbt.dateadd("minute", 30, "block_start_utc") }}, false
        ) as next_is_adjacent,
        lead(block_start_utc) over day is null as is_last_of_day,
        case
            when lag(block_start_utc) over day is null
                then block_start_local = cast(local_date as timestamp)
            else lag(block_start_utc) over day = {{ dbt.dateadd("minute", -30, "block_start_utc") }}
        end as follows_on
    from placed
    window day as (partition by system_id, local_date order by block_start_utc)
),

counted as (
    select
        *,
        {%- for quantity, counter in energy_counters.items() %}
        {{ counter_at_block_end(counter) }} as {{ quantity }}_kwh_since_midnight,
        {%- endfor %}
        {{ power_to_kwh("from_grid_power") }} as import_kwh
    from neighbours
    window day as (partition by system_id, local_date order by block_start_utc)
)

select
    system_id,
    local_date,
    block_start_utc,
    {{ dbt.dateadd("minute", 30, "block_start_utc") }} as block_end_utc,
    block_start_local,
    {{ dbt.dateadd("minute", 30, "block_start_local") }} as block_end_local,
    utc_offset_minutes,
    cast(data_points_count as integer) as data_points_count,
    coalesce(follows_on and (next_is_adjacent or is_last_of_day), false) = false as spans_gap,
    {%- for metric in units %}
    {{ metric }}_sum / nullif({{ metric }}_count, 0) as {{ metric }}_avg,
    {{ metric }}_min,
    {{ metric }}_max,
    {{ metric }}_sum,
    cast({{ metric }}_count as integer) as {{ metric }}_count,
    {%- endfor %}
    {%- for quantity in energy_counters %}
    {{ rounded(
        quantity ~ "_kwh_since_midnight - coalesce(lag(" ~ quantity ~ "_kwh_since_midnight) over day, 0)"
    ) }} as {{ quantity }}_kwh,
    {%- endfor %}
    {{ rounded("import_kwh") }} as import_kwh,
    source_fetched_at_utc,
    following_fetched_at_utc
from counted
window day as (partition by system_id, local_date order by block_start_utc)
