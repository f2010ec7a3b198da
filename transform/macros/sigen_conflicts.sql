{#-
  Which readings of a counter are wrong. A true counter is never above a later reading nor below
  an earlier one, so two readings that break this contradict each other, and one of them is out:
  the one that contradicts more of the others, or that the power up to then does not bear out. Where
  nothing tells them apart, both are out. What is left over never falls.

  All pairs of a day's readings are looked at, three a half hour and the day's totals, so this is
  done only for days on which a counter falls (int_sigen__counter_checks).

  Reads the expressions `todo` and `possible`; yields `readings_out` and `totals_out`.
-#}
{% macro counter_conflicts() -%}
{%- set readings = ["first", "rest_min", "rest_max"] -%}
run_powers as (
    select
        possible.*
        {%- for name, power in powers_of_counters().items() %},
        sum({{ power }}_rest_sum + coalesce({{ power }}_first, 0)) over day / 12.0 as {{ name }}_power_run,
        ({{ power }}_rest_sum + coalesce({{ power }}_first, 0)) / 12.0 as {{ name }}_power_own,
        sum({{ power }}_rest_count + case when {{ power }}_first is null then 0 else 1 end) over day
            as {{ name }}_power_samples
        {%- endfor %}
    from possible
    inner join todo on possible.day_no = todo.day_no
    where {% for name in energy_counters() %}todo.{{ name }}_falls{{ " or " if not loop.last }}{% endfor %}
    window day as (partition by possible.day_no order by possible.block_start_utc)
),

votes as (
    {%- for name in energy_counters() %}
    {%- set powers_are_whole -%}
    run_powers.{{ name }}_power_samples
                >= 0.95 * {{ seconds_between("todo.day_start_utc", "run_powers.block_start_utc") }} / 300.0
    {%- endset %}
    {%- for reading in readings %}
    select
        run_powers.day_no,
        '{{ name }}' as counter,
        run_powers.block_start_utc as read_in_utc,
        {{ loop.index0 }} as place,
        run_powers.{{ name }}_{{ reading }} as reading,
        case
            when {{ powers_are_whole }}
                then run_powers.{{ name }}_power_run - run_powers.{{ name }}_power_own
        end as power_before,
        {%- if name == "discharge" %}
        {{ null_of("double") }} as power_through
        {%- else %}
        case when {{ powers_are_whole }} then run_powers.{{ name }}_power_run end as power_through
        {%- endif %}
    from run_powers
    inner join todo on run_powers.day_no = todo.day_no
    where todo.{{ name }}_falls and run_powers.{{ name }}_{{ reading }} is not null
    union all
    {%- endfor %}
    {%- for total in ["total", "listed"] %}
    select
        todo.day_no,
        '{{ name }}' as counter,
        todo.day_end_utc as read_in_utc,
        {{ 3 + loop.index0 }} as place,
        todo.{{ name }}_{{ total }} as reading,
        {{ null_of("double") }} as power_before,
        {{ null_of("double") }} as power_through
    from todo
    where todo.{{ name }}_falls and todo.{{ name }}_{{ total }} is not null
    {{- " union all" if not loop.last }}
    {%- endfor %}
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

ordered_votes as (
    select
        *,
        row_number() over (partition by day_no, counter order by read_in_utc, place) as vote_no
    from votes
),

conflicts as (
    select
        earlier.day_no,
        earlier.counter,
        earlier.vote_no as earlier_no,
        later.vote_no as later_no
    from ordered_votes as earlier
    inner join ordered_votes as later
        on
            earlier.day_no = later.day_no
            and earlier.counter = later.counter
            and earlier.vote_no < later.vote_no
            and earlier.reading > later.reading + {{ counter_digit() }}
),

conflicts_of_votes as (
    select day_no, counter, earlier_no as vote_no, later_no as other_no from conflicts
    union all
    select day_no, counter, later_no as vote_no, earlier_no as other_no from conflicts
),

weighed as (
    select
        own.day_no,
        own.counter,
        own.vote_no,
        own.read_in_utc,
        own.place,
        -- What a dropout reads is no witness against others; a zero is one where no power has flowed.
        count(
            case
                when others.reading > {{ counter_digit() }} or others.power_before <= {{ var("sigen_agreement_kwh") }}
                    then 1
            end
        )
        + case
            when own.reading <= {{ counter_digit() }} and own.power_before <= {{ var("sigen_agreement_kwh") }} then 0
            when own.reading <= {{ counter_digit() }} then 1000
            else 0
        end
        + case
            when
                own.reading > 1.5 * own.power_through + 1.0
                or own.reading < own.power_before / 1.5 - 1.0
                then 100
            else 0
        end as weight
    from ordered_votes as own
    inner join conflicts_of_votes as pairs
        on
            own.day_no = pairs.day_no
            and own.counter = pairs.counter
            and own.vote_no = pairs.vote_no
    inner join ordered_votes as others
        on
            pairs.day_no = others.day_no
            and pairs.counter = others.counter
            and pairs.other_no = others.vote_no
    group by own.day_no, own.counter, own.vote_no, own.read_in_utc, own.place, own.reading,
        own.power_before, own.power_through
),

votes_out as (
    select distinct
        own.day_no,
        own.counter,
        own.read_in_utc,
        own.place
    from weighed as own
    inner join conflicts_of_votes as pairs
        on
            own.day_no = pairs.day_no
            and own.counter = pairs.counter
            and own.vote_no = pairs.vote_no
    inner join weighed as others
        on
            pairs.day_no = others.day_no
            and pairs.counter = others.counter
            and pairs.other_no = others.vote_no
    where own.weight >= others.weight
),

readings_out as (
    select
        day_no,
        read_in_utc
        {%- for name in energy_counters() %}
        {%- for reading in readings %},
        max(case when counter = '{{ name }}' and place = {{ loop.index0 }} then 1 else 0 end)
            as {{ name }}_{{ reading }}_is_out
        {%- endfor %}
        {%- endfor %}
    from votes_out
    where place < 3
    group by day_no, read_in_utc
),

totals_out as (
    select
        day_no
        {%- for name in energy_counters() %},
        max(case when counter = '{{ name }}' and place = 3 then 1 else 0 end) as {{ name }}_total_is_out,
        max(case when counter = '{{ name }}' and place = 4 then 1 else 0 end) as {{ name }}_listed_is_out
        {%- endfor %}
    from votes_out
    where place >= 3
    group by day_no
)
{%- endmacro %}
