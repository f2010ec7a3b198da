{#-
  The days that int_sigen__30min holds. A day's last five minutes stand in the next day's midnight row, so
  a day is rebuilt as well when the day after it has changed, and when what it is judged by has: the
  rules, the system's nameplate, the month's total, whether the battery sells.
-#}
{% macro sigen_days_wanted() -%}
{%- set counters = energy_counters() -%}
{%- set judged_by = [
    var("sigen_rules_version"),
    "systems.pv_capacity_kw",
    "systems.battery_capacity_kwh",
    "case when sellers.system_id is null then 0 else 1 end",
] -%}
{%- for counter in counters.values() -%}
    {%- do judged_by.append("totals." ~ counter ~ "_kwh") -%}
{%- endfor -%}
        select
            ledger.system_id,
            ledger.local_date,
            ledger.day_start_utc,
            ledger.day_end_utc,
            systems.pv_capacity_kw,
            systems.battery_capacity_kwh,
            sellers.system_id is not null as sells_from_battery,
            {%- for counter in counters.values() %}
            ledger.{{ counter }}_kwh,
            totals.{{ counter }}_kwh as {{ counter }}_listed_kwh,
            {%- endfor %}
            ledger.fetched_at_utc,
            following.fetched_at_utc as following_fetched_at_utc,
            {{ version_of(judged_by) }} as rules_version,
            {{ epoch_us("ledger.fetched_at_utc") }}
            + coalesce({{ epoch_us("following.fetched_at_utc") }}, 0)
            + ledger.n_points
            + {{ version_of(judged_by) }} as day_version
        from {{ ref("int_sigen__days") }} as ledger
        left join {{ ref("int_sigen__days") }} as following
            on
                ledger.system_id = following.system_id
                and following.local_date = {{ add_days("ledger.local_date", 1) }}
        left join {{ ref("stg_sigen__daily_totals") }} as totals
            on
                ledger.system_id = totals.system_id
                and ledger.local_date = totals.local_date
                and ledger.day_end_utc <= totals.fetched_at_utc
        left join {{ ref("stg_sigen__systems") }} as systems
            on ledger.system_id = systems.system_id
        left join (
            select distinct system_id
            from {{ ref("int_sigen__counter_checks") }}
            where sells_from_battery
        ) as sellers
            on ledger.system_id = sellers.system_id
{%- endmacro %}

{#-
  What can be read of each half hour of some days: readings that the system can have reached and that no
  others prove wrong, and powers. Yields `todo`, `midnights` and `readings`.

  Args:
    days: SQL of the days, as `sigen_days_wanted` gives them.
    dates: the same days' dates, or none for all (see `dates_to_build`).
-#}
{% macro sigen_readings(days, dates) -%}
{%- set counters = energy_counters() -%}
{%- set powers = integrated_powers() -%}
{%- set starts_day = starts_local_day("blocks", "todo.day_start_utc") -%}
{%- set hours_since_midnight =
    "coalesce(" ~ seconds_between("todo.day_start_utc", "blocks.block_start_utc") ~ " / 3600.0, 24)" %}
{#- A number for each day: what follows sorts by one integer, not by a name and a date. -#}
numbered as (
    select
        days.*,
        {%- for name, counter in counters.items() %}
        {{ most_per_hour(name) }} as {{ name }}_most,
        checks.{{ name }}_falls as counter_{{ name }}_falls,
        checks.{{ name }}_highest,
        checks.{{ name }}_last_start_utc,
        {%- endfor %}
        row_number() over (order by days.system_id, days.local_date) as day_no
    from (
        {{ days }}
    ) as days
    left join {{ ref("int_sigen__counter_checks") }} as checks
        on
            days.system_id = checks.system_id
            and days.local_date = checks.local_date
),

possible_totals as (
    select
        *
        {%- for name, counter in counters.items() %}
        {%- for total, column in {"total": counter ~ "_kwh", "listed": counter ~ "_listed_kwh"}.items() %},
        -- A total of zero beside counters that run is none.
        case
            when {{ column }} > 0 or coalesce({{ name }}_highest, 0) <= {{ counter_digit() }}
                then {{ possible_reading(column, "24", name ~ "_most") }}
        end as {{ name }}_{{ total }}
        {%- endfor %}
        {%- endfor %}
    from numbered
),

todo as (
    select
        *
        {%- for name in counters %},
        coalesce(
            counter_{{ name }}_falls
            or {{ name }}_total < {{ name }}_highest - {{ counter_digit() }}
            or {{ name }}_listed < {{ name }}_highest - {{ counter_digit() }},
            false
        ) as {{ name }}_falls
        {%- endfor %}
    from possible_totals
),

midnights as (
    select
        todo.day_no
        {%- for name, power in powers.items() %},
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

possible as (
    select
        todo.day_no,
        blocks.block_start_utc,
        blocks.block_start_local,
        blocks.utc_offset_minutes,
        blocks.data_points_count,
        blocks.day_version as own_version,
        case
            when blocks.bat_soc_min >= 0 and blocks.bat_soc_max <= 100
                then blocks.bat_soc_sum / nullif(blocks.bat_soc_count, 0)
        end as soc_pct_avg,
        {%- for name, counter in counters.items() %}
        -- A day is counted from midnight on, whatever the midnight row says.
        case
            when not {{ starts_day }}
                then {{ possible_reading("blocks." ~ counter ~ "_first", hours_since_midnight, "todo." ~ name ~ "_most") }}
        end as {{ name }}_first,
        {%- for rest in ["rest_min", "rest_max"] %}
        {{ possible_reading(
            "blocks." ~ counter ~ "_" ~ rest, hours_since_midnight ~ " + 0.5", "todo." ~ name ~ "_most"
        ) }} as {{ name }}_{{ rest }},
        {%- endfor %}
        {%- endfor %}
        {%- for name, power in powers.items() %}
        {%- set metric = "blocks." ~ power.metric %}
        {%- set is_power = "not " ~ starts_day if name == "battery"
            else "coalesce(" ~ metric ~ "_min >= 0 and " ~ metric ~ "_max <= " ~ var("sigen_most_kw") ~ ", true)"
            if name == "grid"
            else "1 = 1" %}
        case when {{ is_power }} then {{ metric }}_first end as {{ name }}_first,
        {%- set is_power = is_power if name == "grid" else "1 = 1" %}
        case
            when {{ is_power }} then {{ rounded(metric ~ "_sum - coalesce(" ~ metric ~ "_first, 0)") }}
        end as {{ name }}_rest_sum,
        case
            when {{ is_power }}
                then {{ metric }}_count - case when {{ metric }}_first is null then 0 else 1 end
            else 0
        end as {{ name }}_rest_count,
        {%- endfor %}
        -- Every row of the block repeats the one before it, though something flows.
        coalesce(
            blocks.load_power_min = blocks.load_power_max
            and blocks.load_power_max * 0.5 >= {{ var("sigen_standing_kwh") }}
            {%- for metric in ["pv_total_power", "from_grid_power", "es_charge_discharge_power"] %}
            and coalesce(blocks.{{ metric }}_min = blocks.{{ metric }}_max, true)
            {%- endfor %}
            and blocks.data_points_count > 1
            and coalesce(blocks.power_use_rest_min = blocks.power_use_rest_max, true)
            and coalesce(blocks.power_use_first = blocks.power_use_rest_max, true),
            false
        ) as is_frozen
    from todo
    inner join {{ ref("int_sigen__30min_statistics") }} as blocks
        on
            todo.system_id = blocks.system_id
            and todo.local_date = blocks.local_date
            and todo.fetched_at_utc = blocks.source_fetched_at_utc
            and cast(blocks.block_start_local as date) = blocks.local_date
            {{ on_dates(dates, "blocks.local_date") }}
),

{{ counter_conflicts() }},

readings as (
    select
        possible.day_no,
        possible.block_start_utc,
        possible.block_start_local,
        possible.utc_offset_minutes,
        possible.data_points_count,
        possible.own_version,
        possible.soc_pct_avg,
        possible.is_frozen,
        {%- for name in counters %}
        case when coalesce(readings_out.{{ name }}_first_is_out, 0) = 0 then possible.{{ name }}_first end
            as {{ name }}_first,
        case
            when coalesce(readings_out.{{ name }}_rest_max_is_out, 0) = 0 then possible.{{ name }}_rest_max
            when readings_out.{{ name }}_rest_min_is_out = 0 then possible.{{ name }}_rest_min
        end as {{ name }}_rest_max,
        {%- endfor %}
        {%- for name in powers %}
        possible.{{ name }}_first,
        case when not possible.is_frozen then possible.{{ name }}_rest_sum end as {{ name }}_rest_sum,
        case when possible.is_frozen then 0 else possible.{{ name }}_rest_count end as {{ name }}_rest_count
        {{- "," if not loop.last }}
        {%- endfor %}
    from possible
    left join readings_out
        on
            possible.day_no = readings_out.day_no
            and possible.block_start_utc = readings_out.read_in_utc
)
{%- endmacro %}
