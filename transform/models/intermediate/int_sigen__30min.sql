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

{%- set quantities = energy_quantities() -%}
{%- set counters = energy_counters() -%}
{%- set powers = integrated_powers() -%}
{%- set todo = days_to_build(sigen_days_wanted(), "system_id") -%}
{%- set dates = dates_to_build(todo) -%}

with {{ sigen_readings(todo, dates) }},

neighbours as (
    select
        *,
        lag(block_start_utc) over day as previous_start_utc,
        lead(block_start_utc) over day as next_start_utc,
        lag(grid_rest_count) over day as previous_grid_rest_count,
        sum(battery_rest_sum + coalesce(battery_first, 0)) over day as battery_run,
        sum(battery_rest_count + case when battery_first is null then 0 else 1 end) over day
            as battery_run_samples,
        {%- for name in counters %}
        max(greatest({{ name }}_first, {{ name }}_rest_max)) over (
            partition by day_no order by block_start_utc
            rows between unbounded preceding and 1 preceding
        ) as {{ name }}_before,
        lead({{ name }}_first) over day as {{ name }}_next,
        {%- endfor %}
        {%- for name in powers %}
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
        todo.day_start_utc,
        todo.fetched_at_utc,
        todo.following_fetched_at_utc,
        todo.rules_version,
        todo.sells_from_battery,
        midnights.day_no is not null as midnight_is_there,
        {%- for name in powers %}
        midnights.{{ name }}_midnight,
        {%- endfor %}
        {%- for name in counters %}
        todo.{{ name }}_most,
        todo.{{ name }}_listed as {{ name }}_by_the_month,
        greatest(neighbours.{{ name }}_before, neighbours.{{ name }}_first, neighbours.{{ name }}_rest_max)
            as {{ name }}_level,
        todo.{{ name }}_last_start_utc,
        {%- for total in ["total", "listed"] %}
        case
            when coalesce(totals_out.{{ name }}_{{ total }}_is_out, 0) = 0 then todo.{{ name }}_{{ total }}
        end as {{ name }}_{{ total }},
        {%- endfor %}
        {%- endfor %}
        coalesce(todo.fetched_at_utc >= todo.day_end_utc, true) as day_is_over,
        coalesce(
            neighbours.block_start_utc = todo.day_start_utc,
            neighbours.block_start_local = cast(todo.local_date as timestamp)
        ) as starts_day,
        neighbours.previous_start_utc is null as is_first_of_day,
        neighbours.next_start_utc is null as is_last_of_day,
        -- A day's end is read only where its rows come to the end.
        neighbours.next_start_utc is null and coalesce(
            {{ add_minutes("neighbours.block_start_utc", 30) }} = todo.day_end_utc,
            {{ add_minutes("neighbours.block_start_local", 30) }}
            = cast({{ add_days("todo.local_date", 1) }} as timestamp)
        ) as ends_day,
        coalesce(
            neighbours.next_start_utc = {{ add_minutes("neighbours.block_start_utc", 30) }}, false
        ) as next_is_adjacent,
        coalesce(
            neighbours.previous_start_utc = {{ add_minutes("neighbours.block_start_utc", -30) }}, false
        ) as previous_is_adjacent
    from neighbours
    inner join todo on neighbours.day_no = todo.day_no
    left join totals_out on neighbours.day_no = totals_out.day_no
    left join midnights on neighbours.day_no = midnights.day_no
),

totalled as (
    select
        *,
        {%- for name in counters %}
        {{ total_of_day(name) }} as {{ name }}_day_end
        {{- "," if not loop.last }}
        {%- endfor %}
    from placed
),

bounded as (
    select
        *,
        {%- for name in counters %}
        case when next_is_adjacent then {{ name }}_next when ends_day then {{ name }}_day_end end
            as {{ name }}_at_end,
        coalesce(
            greatest({{ name }}_before, case when previous_is_adjacent then {{ name }}_first end), 0
        ) as {{ name }}_start,
        starts_day or coalesce(
            previous_is_adjacent
            and {{ name }}_first >= coalesce({{ name }}_before, 0) - {{ counter_digit() }},
            false
        ) as {{ name }}_start_is_there,
        -- All but the last five minutes are read; the midnight row's power says what they brought.
        ends_day
        and day_is_over
        and {{ name }}_day_end is null
        and coalesce({{ name }}_rest_max >= {{ name }}_level - {{ counter_digit() }}, false)
        and {{ powers_of_counters()[name] }}_midnight is not null as {{ name }}_lacks_end,
        {%- endfor %}
        {%- for name in powers %}
        case
            when is_frozen then null
            when next_is_adjacent then {{ name }}_next
            when ends_day then {{ name }}_midnight
        end as {{ name }}_last
        {{- "," if not loop.last }}
        {%- endfor %}
    from totalled
),

counted as (
    select
        *,
        {%- for name in counters %}
        case
            -- Nothing is read after this, and no total says what came.
            when
                not is_last_of_day
                and block_start_utc > {{ name }}_last_start_utc
                and {{ name }}_total is null
                and {{ name }}_listed is null
                then null
            -- It will be read, or a total will say what came.
            when coalesce({{ name }}_level, {{ name }}_at_end) is null and not is_last_of_day
                then case
                    when
                        block_start_utc < {{ name }}_last_start_utc
                        or {{ name }}_total is not null
                        or {{ name }}_listed is not null
                        then 0.0
                end
            else {{ rounded(
                "greatest(" ~ name ~ "_level, " ~ name ~ "_at_end, case when is_last_of_day then " ~ name
                ~ "_day_end end, case when " ~ name ~ "_lacks_end then coalesce(" ~ name ~ "_level, 0) + "
                ~ powers_of_counters()[name] ~ "_midnight / 12.0 end) - " ~ name ~ "_start"
            ) }}
        end as {{ name }}_kwh,
        coalesce({{ name }}_at_end >= coalesce({{ name }}_level, 0) - {{ counter_digit() }}, false)
            as {{ name }}_end_is_there,
        {%- endfor %}
        {%- for name in powers %}
        {{ name }}_rest_count + case when {{ name }}_last is null then 0 else 1 end as {{ name }}_samples
        {{- "," if not loop.last }}
        {%- endfor %}
    from bounded
),

integrated as (
    select
        *
        {%- for name in powers %},
        {{ power_integral(name) }} as {{ name }}_integral
        {%- endfor %}
        {%- for name, power in powers_of_counters().items() %},
        -- Before the midnight row is there, the month's total can confirm the day's.
        ends_day
        and {{ power }}_samples = 5
        and coalesce(abs({{ name }}_total - {{ name }}_listed) > {{ counter_digit() }}, true)
            as {{ name }}_end_is_doubtful
        {%- endfor %}
    from counted
),

repeated as (
    select
        *,
        {{ row_repeats() }} as end_repeats
    from integrated
),

compared as (
    select
        *
        {%- for name, power in powers_of_counters().items() %},
        {{ counter_stands(name, power) }} as {{ name }}_end_stands,
        {{ name }}_start_is_there and {{ name }}_end_is_there
        and ({{ power }}_samples >= 6 or {{ name }}_end_is_doubtful)
        and {{ counter_jumps(name, power) }} as {{ name }}_jumps,
        {{ name }}_start_is_there and {{ name }}_end_is_there
        and ({{ power }}_samples >= 6 or {{ name }}_end_is_doubtful)
        and {{ counter_lags(name, power) }} as {{ name }}_lags
        {%- endfor %}
    from repeated
),

followed as (
    select
        *
        {%- for name in counters %},
        coalesce(lag({{ name }}_end_stands) over day, false) as {{ name }}_start_stands,
        -- The next step of the counter: even if the powers do not bear it out.
        min(
            case
                when {{ name }}_kwh > {{ standing_digit() }}
                    then 2 * {{ epoch_us("block_start_utc") }} + case when {{ name }}_jumps then 0 else 1 end
            end
        ) over (
            partition by day_no order by block_start_utc rows between 1 following and unbounded following
        ) as {{ name }}_next_step
        {%- endfor %},
        is_frozen
        or end_repeats
        or coalesce(lead(is_frozen) over day, false) as repeats_rows,
        max(case when is_frozen or end_repeats then block_start_utc end) over before_it as repeated_utc,
        max(case when load_end_is_there and not load_end_stands then block_start_utc end) over before_it
            as load_read_utc,
        {%- for read, figure in {
            "battery_run_read": "battery_run + coalesce(battery_last, 0)",
            "battery_samples_read": "battery_run_samples + case when battery_last is null then 0 else 1 end",
            "discharge_read_utc": "block_start_utc",
        }.items() %}
        max(
            case when discharge_end_is_there and not discharge_end_stands then {{ figure }} end
        ) over before_it as {{ read }}
        {{- "," if not loop.last }}
        {%- endfor %}
    from compared
    window
        day as (partition by day_no order by block_start_utc),
        before_it as (
            partition by day_no order by block_start_utc rows between unbounded preceding and 1 preceding
        )
),

judged as (
    select
        *,
        {%- for name in counters %}
        -- No reading so far, and none after it.
        {{ name }}_level is null
        and {{ name }}_at_end is null
        and {{ name }}_next_step is null
        and not is_last_of_day as {{ name }}_is_unknown,
        {{ name }}_start_is_there
        and not {{ name }}_start_stands
        and {{ name }}_end_is_there
        and not {{ name }}_end_stands
        and not coalesce({{ name }}_kwh <= {{ standing_digit() }} and {{ name }}_next_step % 2 = 0, false)
            as {{ name }}_is_read,
        (({{ name }}_jumps or {{ name }}_lags) and not {{ name }}_start_stands and not {{ name }}_end_stands)
        -- More than the system can, whatever its powers say.
        or (
            {{ name }}_start_is_there
            and {{ name }}_end_is_there
            and not {{ name }}_start_stands
            and {{ name }}_kwh > 0.5 * {{ name }}_most + {{ var("sigen_agreement_kwh") }}
        )
        or ({{ name }}_lacks_end and coalesce({{ name }}_total, {{ name }}_listed) is not null)
        -- The month knows of far less: the day's counters are in other units.
        or coalesce({{ name }}_level > {{ var("sigen_other_units") }} * {{ name }}_by_the_month + 1, false)
            as {{ name }}_is_contradicted,
        -- The last reading of a day whose total is not known: what came after it is in no figure.
        day_is_over
        and not {{ name }}_end_is_there
        and {{ name }}_day_end is null
        and (is_last_of_day or block_start_utc = {{ name }}_last_start_utc)
        and (is_last_of_day or ({{ name }}_total is null and {{ name }}_listed is null)) as {{ name }}_is_cut,
        {%- endfor %}
        -- The powers of rows that repeat are none, and the counters that are back tell of the whole gap.
        repeats_rows
        or coalesce(
            repeated_utc > load_read_utc or (repeated_utc is not null and load_read_utc is null), false
        ) as is_by_balance
    from followed
),

balanced as (
    select
        *,
        grid_samples >= 6
        and not is_by_balance
        and (
            starts_day or (previous_is_adjacent and grid_first is not null and previous_grid_rest_count >= 5)
        ) as grid_is_whole,
        (
            {%- for name in counters %}
            {{ name }}_is_read
            {{- " and" if not loop.last }}
            {%- endfor %}
        ) as all_are_read,
        case
            when not (
                {%- for name in counters %}
                {{ name }}_is_unknown
                {{- " or" if not loop.last }}
                {%- endfor %}
            )
                then load_kwh + pv_to_grid_kwh + charge_kwh - pv_kwh - discharge_kwh
        end as import_by_balance,
        case
            when battery_samples >= 6 and discharge_is_read then battery_integral
            -- A gap of the counter through which its power was read.
            when
                not discharge_is_read
                and discharge_end_is_there
                and battery_run_samples + case when battery_last is null then 0 else 1 end
                - coalesce(battery_samples_read, 0)
                >= {{ seconds_between(
                    "coalesce(discharge_read_utc, " ~ add_minutes("day_start_utc", -30) ~ ")", "block_start_utc"
                ) }} / 300.0
                then (battery_run + coalesce(battery_last, 0) - coalesce(battery_run_read, 0)) / 12.0
        end as battery_to_load_kwh,
        case
            when foreign_samples >= 6 and grid_samples >= 6
                then least(grid_integral, greatest(0.0, foreign_integral))
        end as grid_to_load_kwh
    from judged
),

energies as (
    select
        *,
        case
            when grid_is_whole or (grid_integral is null and import_by_balance is null)
                then case when grid_integral < 0 then 0.0 else grid_integral end
            when (is_by_balance or grid_integral is null) and import_by_balance is not null
                then greatest(0.0, import_by_balance)
            else coalesce(grid_integral, 0)
                + coalesce({{ missing_samples_kwh("grid_integral", "grid_samples", "import_by_balance") }}, 0)
        end as import_kwh,
        {{ unexplained_kwh("discharge_kwh", "battery_to_load_kwh") }} as battery_to_grid_kwh,
        case
            when grid_to_load_kwh is not null
                then least(charge_kwh, {{ unexplained_kwh("grid_integral", "grid_to_load_kwh") }})
        end as grid_to_battery_kwh
    from balanced
),

exported as (
    select
        *,
        case
            when pv_to_grid_is_unknown or discharge_is_unknown then null
            when battery_to_grid_kwh is not null then pv_to_grid_kwh + battery_to_grid_kwh
            when discharge_is_read and discharge_kwh <= {{ standing_digit() }} then pv_to_grid_kwh
            -- What the balance leaves over, where it and the import are of the same time.
            when all_are_read or not grid_is_whole
                then pv_to_grid_kwh + case
                    when import_kwh - import_by_balance > {{ balance_digits() }}
                        then import_kwh - import_by_balance
                    when import_kwh is not null and import_by_balance is not null then 0.0
                end
            -- What is sold in a gap is counted where the reading is back.
            when not discharge_end_is_there then pv_to_grid_kwh
        end as export_kwh,
        -- Without powers only what was bought less what was sold is known, and this battery sells.
        sells_from_battery
        and battery_to_grid_kwh is null
        and discharge_kwh > {{ standing_digit() }} as hides_sales,
        pv_to_grid_is_read and discharge_is_read
        and (battery_samples >= 6 or discharge_kwh <= {{ standing_digit() }}) as export_is_read,
        pv_to_grid_is_contradicted or discharge_is_contradicted as export_is_contradicted,
        pv_to_grid_is_cut or discharge_is_cut as export_is_cut,
        pv_to_grid_lacks_end or discharge_lacks_end as export_lacks_end,
        {{ is_barely_unexplained("discharge_kwh", "battery_to_load_kwh") }} as export_is_estimated,
        coalesce(
            grid_is_whole
            and all_are_read
            and battery_samples >= 6
            and abs(grid_integral - import_by_balance - battery_to_grid_kwh)
            > {{ agreement_kwh("load_kwh + charge_kwh", "pv_kwh + discharge_kwh") }},
            false
        ) as import_is_contradicted
    from energies
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
        and (next_is_adjacent or ends_day or (is_last_of_day and not day_is_over))
    ) = false as spans_gap,
    soc_pct_avg,
    {%- for quantity in quantities %}
    {%- set value = quantity ~ "_kwh" if quantity not in counters
        else "case when not " ~ quantity ~ "_is_unknown then " ~ quantity ~ "_kwh end" %}
    {{ rounded(value) }} as {{ quantity }}_kwh,
    {%- endfor %}
    {%- for flow in energy_flows() %}
    {{ rounded(flow ~ "_kwh") }} as {{ flow }}_kwh,
    {%- endfor %}
    {%- for quantity in quantities %}
    case
        when {{ quantity }}_kwh is null{{ " or " ~ quantity ~ "_is_unknown" if quantity in counters }}
            then {{ rank_of("missing") }}
        {%- if quantity == "import" %}
        when ends_day and grid_midnight is null then {{ rank_of("unsettled") }}
        when is_last_of_day and not day_is_over then {{ rank_of("unsettled") }}
        when import_is_contradicted then {{ rank_of("suspect") }}
        when grid_is_whole then {{ rank_of("ok") }}
        when import_by_balance is null or hides_sales then {{ rank_of("estimated") }}
        {%- else %}
        when is_last_of_day and not day_is_over then {{ rank_of("unsettled") }}
        when {{ quantity }}_is_contradicted then {{ rank_of("suspect") }}
        {%- if quantity == "export" %}
        when export_is_estimated or hides_sales then {{ rank_of("estimated") }}
        {%- endif %}
        when {{ quantity }}_is_read then {{ rank_of("ok") }}
        when {{ quantity }}_is_cut and not {{ quantity }}_lacks_end then {{ rank_of("suspect") }}
        when {{ quantity }}_is_cut then {{ rank_of("estimated") }}
        {%- endif %}
        else {{ rank_of("bridged") }}
    end as {{ quantity }}_rank,
    {%- endfor %}
    is_first_of_day,
    own_version
    + coalesce({{ epoch_us("following_fetched_at_utc") }}, 0)
    + rules_version
    -- Not the version that is wanted, so that the day is built again when the midnight has landed.
    - case when following_fetched_at_utc is not null and not midnight_is_there then 1 else 0 end
        as day_version,
    fetched_at_utc as source_fetched_at_utc,
    following_fetched_at_utc
from exported
