{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_id", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([
        ["system_id", "local_date"],
        ["is_first_of_day", "system_id", "local_date", "day_version"],
        [system_key_index("sigen", "system_id"), "local_date"],
    ]),
    pre_hook="{{ plain_plans() }}",
    post_hook=["{{ delete_days_without(
        'select system_id, local_date from ' ~ ref('int_sigen__30min_statistics')
        ~ ' as days where is_first_of_day and ' ~ is_not_set_aside('sigen', 'days'),
        'system_id'
    ) }}", "{{ know_the_rows() }}"],
) }}

{#- A day's last five minutes stand in the next day's midnight row, so a day is rebuilt as
    well when the day after it has changed. -#}
{%- set wanted -%}
        select
            ledger.system_id,
            ledger.local_date,
            ledger.day_start_utc,
            ledger.day_end_utc,
            {%- for counter in energy_counters().values() %}
            ledger.{{ counter }}_kwh,
            {%- endfor %}
            ledger.fetched_at_utc,
            following.fetched_at_utc as following_fetched_at_utc,
            {{ epoch_us("ledger.fetched_at_utc") }}
            + coalesce({{ epoch_us("following.fetched_at_utc") }}, 0)
            + ledger.n_points as day_version
        from {{ ref("int_sigen__days") }} as ledger
        left join {{ ref("int_sigen__days") }} as following
            on
                ledger.system_id = following.system_id
                and following.local_date = {{ add_days("ledger.local_date", 1) }}
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_id") -%}
{%- set dates = dates_to_build(todo) -%}

{#- A number for each day: what follows sorts by one integer, not by a name and a date. -#}
with todo as (
    select
        days.*,
        row_number() over (order by days.system_id, days.local_date) as day_no
    from (
        {{ todo }}
    ) as days
),

midnights as (
    select
        todo.day_no
        {%- for name, power in integrated_powers().items() %},
        max(
            case
                when {{ starts_local_day("blocks", "todo.day_end_utc") }} then blocks.{{ power.metric }}_first
            end
        ) as {{ name }}_midnight
        {%- endfor %}
    from todo
    inner join {{ ref("int_sigen__30min_statistics") }} as blocks
        on
            todo.system_id = blocks.system_id
            and todo.following_fetched_at_utc = blocks.source_fetched_at_utc
            and blocks.local_date = {{ add_days("todo.local_date", 1) }}
    where
        -- Without its first row the next day has not landed yet.
        blocks.has_first_row
        {{ on_dates(dates, "blocks.local_date", days_later=1) }}
    group by todo.day_no
),

readings as (
    select
        todo.day_no,
        blocks.block_start_utc,
        blocks.block_start_local,
        blocks.utc_offset_minutes,
        blocks.data_points_count,
        blocks.day_version as own_version,
        blocks.bat_soc_sum / nullif(blocks.bat_soc_count, 0) as soc_pct_avg,
        {%- for name, counter in energy_counters().items() %}
        blocks.{{ counter }}_first as {{ name }}_first,
        -- A day is counted from midnight on, whatever the midnight row says.
        case
            when {{ starts_local_day("blocks", "todo.day_start_utc") }} then blocks.{{ counter }}_rest_max
            else {{ highest_of_block(counter, "blocks") }}
        end as {{ name }}_level,
        {%- endfor %}
        {%- for name, power in integrated_powers().items() %}
        blocks.{{ power.metric }}_first as {{ name }}_first,
        {%- set metric = "blocks." ~ power.metric %}
        {{ rounded(metric ~ "_sum - coalesce(" ~ metric ~ "_first, 0)") }} as {{ name }}_rest_sum,
        {{ metric }}_count - case when {{ metric }}_first is null then 0 else 1 end
            as {{ name }}_rest_count
        {{- "," if not loop.last }}
        {%- endfor %}
    from todo
    inner join {{ ref("int_sigen__30min_statistics") }} as blocks
        on
            todo.system_id = blocks.system_id
            and todo.local_date = blocks.local_date
            and todo.fetched_at_utc = blocks.source_fetched_at_utc
            and cast(blocks.block_start_local as date) = blocks.local_date
            {{ on_dates(dates, "blocks.local_date") }}
),

neighbours as (
    select
        *,
        lag(block_start_utc) over day as previous_start_utc,
        lead(block_start_utc) over day as next_start_utc,
        lag(grid_rest_count) over day as previous_grid_rest_count,
        {%- for name in energy_counters() %}
        max({{ name }}_level) over (
            partition by day_no order by block_start_utc
            rows between unbounded preceding and 1 preceding
        ) as {{ name }}_before,
        lead({{ name }}_first) over day as {{ name }}_next,
        {%- endfor %}
        {%- for name in integrated_powers() %}
        lead({{ name }}_first) over day as {{ name }}_next
        {{- "," if not loop.last }}
        {%- endfor %}
    from readings
    window day as (partition by day_no order by block_start_utc)
),

placed as (
    select
        neighbours.*,
        todo.system_id,
        todo.local_date,
        todo.fetched_at_utc,
        todo.following_fetched_at_utc,
        {%- for name, counter in energy_counters().items() %}
        todo.{{ counter }}_kwh as {{ name }}_day_total,
        {%- endfor %}
        coalesce(todo.fetched_at_utc >= todo.day_end_utc, true) as day_is_over,
        coalesce(
            neighbours.block_start_utc = todo.day_start_utc,
            neighbours.block_start_local = cast(todo.local_date as timestamp)
        ) as starts_day,
        neighbours.previous_start_utc is null as is_first_of_day,
        neighbours.next_start_utc is null as is_last_of_day,
        coalesce(
            neighbours.next_start_utc = {{ add_minutes("neighbours.block_start_utc", 30) }}, false
        ) as next_is_adjacent,
        coalesce(
            neighbours.previous_start_utc = {{ add_minutes("neighbours.block_start_utc", -30) }}, false
        ) as previous_is_adjacent
    from neighbours
    inner join todo on neighbours.day_no = todo.day_no
),

bounded as (
    select
        placed.*,
        {%- for name, counter in energy_counters().items() %}
        {{ counter_end(
            "greatest(" ~ name ~ "_before, " ~ name ~ "_level)", name ~ "_next", name ~ "_day_total"
        ) }} as {{ name }}_end,
        {{ counter_end_is_read(
            "greatest(" ~ name ~ "_before, " ~ name ~ "_level)", name ~ "_next", name ~ "_day_total"
        ) }} as {{ name }}_end_is_read,
        {{ counter_start(name) }} as {{ name }}_start,
        {{ counter_start_is_read(name) }} as {{ name }}_start_is_read,
        {%- endfor %}
        {%- for name in integrated_powers() %}
        case
            when placed.next_is_adjacent then {{ name }}_next
            when placed.is_last_of_day then {{ name }}_midnight
        end as {{ name }}_last,
        {{ name }}_rest_count + case
            when placed.next_is_adjacent and {{ name }}_next is not null then 1
            when placed.is_last_of_day and {{ name }}_midnight is not null then 1
            else 0
        end as {{ name }}_samples,
        {%- endfor %}
        placed.starts_day or (
            placed.previous_is_adjacent
            and placed.grid_first is not null
            and placed.previous_grid_rest_count >= 5
        ) as previous_grid_is_whole,
        placed.following_fetched_at_utc is not null and midnights.day_no is null as awaits_midnight
    from placed
    left join midnights on placed.day_no = midnights.day_no
),

counted as (
    select
        *,
        {%- for name in energy_counters() %}
        {{ rounded(name ~ "_end - " ~ name ~ "_start") }} as {{ name }}_kwh,
        {{ name }}_end_is_read and {{ name }}_start_is_read as {{ name }}_is_read,
        {%- endfor %}
        {%- for name in integrated_powers() %}
        {{ power_integral(name) }} as {{ name }}_integral,
        {%- endfor %}
        grid_samples >= 6 and previous_grid_is_whole as grid_is_whole
    from bounded
),

balanced as (
    select
        *,
        load_kwh + pv_to_grid_kwh + charge_kwh - pv_kwh - discharge_kwh as import_by_balance,
        case
            when battery_samples >= 6 and discharge_is_read
                then {{ unexplained_kwh("discharge_kwh", "battery_integral") }}
        end as battery_to_grid_kwh,
        case
            when foreign_samples >= 6 and grid_samples >= 6
                then least(grid_integral, greatest(0.0, foreign_integral))
        end as grid_to_load_kwh
    from counted
),

energies as (
    select
        *,
        case
            when grid_is_whole or (grid_integral is null and import_by_balance is null) then grid_integral
            else coalesce(grid_integral, 0)
                + coalesce({{ missing_samples_kwh("grid_integral", "grid_samples", "import_by_balance") }}, 0)
        end as import_kwh,
        case
            when grid_to_load_kwh is not null
                then least(charge_kwh, {{ unexplained_kwh("grid_integral", "grid_to_load_kwh") }})
        end as grid_to_battery_kwh,
        pv_to_grid_kwh + coalesce(battery_to_grid_kwh, 0) as export_kwh,
        pv_to_grid_is_read and (battery_to_grid_kwh is not null or discharge_kwh = 0) as export_is_read
    from balanced
)

select
    system_id,
    local_date,
    block_start_utc,
    block_start_local,
    utc_offset_minutes,
    cast(data_points_count as integer) as data_points_count,
    (
        (previous_is_adjacent or starts_day)
        and (next_is_adjacent or is_last_of_day)
    ) = false as spans_gap,
    soc_pct_avg,
    {%- for quantity in energy_quantities() + energy_flows() %}
    {{ rounded(quantity ~ "_kwh") }} as {{ quantity }}_kwh,
    {%- endfor %}
    {%- for quantity in energy_quantities() %}
    case
        when {{ quantity }}_kwh is null then {{ rank_of("missing") }}
        {%- if quantity == "import" %}
        when is_last_of_day and grid_last is null then {{ rank_of("unsettled") }}
        when grid_is_whole then {{ rank_of("ok") }}
        when import_by_balance is null then {{ rank_of("estimated") }}
        {%- else %}
        when is_last_of_day and not day_is_over then {{ rank_of("unsettled") }}
        when {{ quantity }}_is_read then {{ rank_of("ok") }}
        {%- endif %}
        else {{ rank_of("bridged") }}
    end as {{ quantity }}_rank,
    {%- endfor %}
    is_first_of_day,
    own_version
    + coalesce({{ epoch_us("following_fetched_at_utc") }}, 0)
    -- Not the version that is wanted, so that the day is built again when the midnight has landed.
    - case when awaits_midnight then 1 else 0 end as day_version,
    fetched_at_utc as source_fetched_at_utc,
    following_fetched_at_utc
from energies
