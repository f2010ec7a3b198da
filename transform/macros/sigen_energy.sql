{#-
  Energy by half hour from Sigen's rows. All of it works on one row a block, because a window
  over blocks costs a sixth of one over five-minute rows.

  A counter runs since local midnight and is sampled at the row's stamp, so a block's end
  stands in the first row of the next block, and the day's end in no row but in the day's
  total. The running maximum bridges dropouts without counting energy twice: a dip adds
  nothing, and what came in meanwhile lands in the block in which the counter is back.
  Readings above later ones are taken out before (sigen_conflicts.sql).
-#}

{#- The counters that energies come from, by quantity. -#}
{% macro energy_counters() -%}
  {{ return({
    "pv": "power_generation",
    "load": "power_use",
    "pv_to_grid": "power_to_grid",
    "charge": "es_charging",
    "discharge": "es_discharging",
  }) }}
{%- endmacro %}

{#-
  The powers that are integrated: the metric in the statistics, and its value in a row.
  What the load takes beyond what the system supplies is `foreign`.
-#}
{% macro integrated_powers() -%}
  {{ return({
    "grid": {"metric": "from_grid_power", "in_row": "from_grid_power_kw"},
    "foreign": {"metric": "foreign_power", "in_row": "load_power_kw - oneself_power_kw"},
    "battery": {"metric": "es_discharge_power", "in_row": "es_discharge_power_kw"},
    "pv_power": {"metric": "pv_total_power", "in_row": "pv_total_power_kw"},
    "load_power": {"metric": "load_power", "in_row": "load_power_kw"},
    "to_grid_power": {"metric": "to_grid_power", "in_row": "to_grid_power_kw"},
    "charge_power": {"metric": "es_charge_power", "in_row": "es_charge_power_kw"},
  }) }}
{%- endmacro %}

{#- The power that a counter is held against. The battery's leaves out what it sells: it is a lower bound. -#}
{% macro powers_of_counters() -%}
  {{ return({
    "pv": "pv_power",
    "load": "load_power",
    "pv_to_grid": "to_grid_power",
    "charge": "charge_power",
    "discharge": "battery",
  }) }}
{%- endmacro %}

{#-
  The highest value of a metric in a block. Energies want the row at the block's very start apart
  from the others, so their counters have these two instead of the highest of all.
-#}
{% macro highest_of_block(metric, blocks) -%}
  {%- if metric in energy_counters().values() -%}
    greatest({{ blocks }}.{{ metric }}_first, {{ blocks }}.{{ metric }}_rest_max)
  {%- else -%}
    {{ blocks }}.{{ metric }}_max
  {%- endif -%}
{%- endmacro %}

{#-
  Whether a block is the first of its local day. The ledger says where a day begins, because midnight
  may come twice (Havana) or not at all (Beirut); without that entry the wall clock has to do.
-#}
{% macro starts_local_day(blocks, day_start_utc) -%}
coalesce(
    {{ blocks }}.block_start_utc = {{ day_start_utc }},
    {{ blocks }}.block_start_local = cast({{ blocks }}.local_date as timestamp)
)
{%- endmacro %}

{#- The lowest value of a metric in a block, likewise. -#}
{% macro lowest_of_block(metric, blocks) -%}
  {%- if metric in energy_counters().values() -%}
    least({{ blocks }}.{{ metric }}_first, {{ blocks }}.{{ metric }}_rest_min)
  {%- else -%}
    {{ blocks }}.{{ metric }}_min
  {%- endif -%}
{%- endmacro %}

{#- A counter is printed with two decimals and flickers by one: what is closer counts as equal. -#}
{% macro counter_digit() -%}0.015{%- endmacro %}

{#- A counter that has moved by less stands. -#}
{% macro standing_digit() -%}0.005{%- endmacro %}

{#- The balance of five printed counters is uncertain by this, kWh. -#}
{% macro balance_digits() -%}0.03{%- endmacro %}

{#- How far two figures of one energy may be apart, kWh. -#}
{% macro agreement_kwh(one, other) -%}
greatest(
    {{ var("sigen_agreement_kwh") }}, {{ var("sigen_agreement_share") }} * greatest({{ one }}, {{ other }})
)
{%- endmacro %}

{#-
  The most that a counter of a system can move in an hour, kWh: by its nameplate, else by the powers of the
  day, which tell watt-hours from kilowatt-hours and no more. Reads `days` and `checks`.
-#}
{% macro most_per_hour(name) -%}
  {%- set beyond = var("sigen_beyond_nameplate") -%}
  {%- set of_battery = beyond ~ " * nullif(days.battery_capacity_kwh, 0)" -%}
  {%- set nameplates = {
    "pv": beyond ~ " * nullif(days.pv_capacity_kw, 0)",
    "pv_to_grid": beyond ~ " * nullif(days.pv_capacity_kw, 0)",
    "charge": of_battery,
    "discharge": of_battery,
  } -%}
  {%- set powers = {"pv": "pv", "pv_to_grid": "pv", "load": "load", "charge": "charge"} -%}
  least(
      {{ var("sigen_most_kw") }},
      {%- if name in nameplates %}
      {{ nameplates[name] }}
      {%- endif %}
      {%- if name == "load" %}
      {{ var("sigen_beyond_powers") }} * greatest(checks.load_power_highest_kw, 0.5)
      {%- endif %}
  )
{%- endmacro %}

{#- A reading that the system can have reached some hours after midnight; anything else is no reading. -#}
{% macro possible_reading(reading, hours, most) -%}
case
    when {{ reading }} >= -{{ counter_digit() }} and {{ reading }} <= ({{ hours }}) * {{ most }} + 0.5
        then greatest(0.0, {{ reading }})
end
{%- endmacro %}

{#-
  The counter at the end of a day, from the answer's own total or from the month's (`listed`). Where the
  day's rows come to its end, a total has to be the last reading and what the power brought after it.
-#}
{% macro total_of_day(name) -%}
  {%- set power = powers_of_counters()[name] -%}
  {%- set level = "coalesce(" ~ name ~ "_level, 0)" -%}
  {%- set brought = power ~ "_midnight / 12.0" %}
case
    when not is_last_of_day then null
    {%- for total in ["total", "listed"] %}
    {%- set step = name ~ "_" ~ total ~ " - " ~ level %}
    when
        {{ step }} >= -{{ counter_digit() }}
        and (
            not ends_day
            -- The last reading is none.
            or is_frozen
            or {{ name }}_rest_max is null
            or {{ name }}_rest_max < {{ level }} - {{ counter_digit() }}
            or {{ power }}_midnight is null
            -- Two of the vendor's figures against one.
            or abs({{ name }}_total - {{ name }}_listed) <= {{ counter_digit() }}
            or (
                {{ step }} >= {{ brought }} - {{ agreement_kwh(step, brought) }}
                {%- if name == "discharge" %}
                and {{ step }} <= case
                    when sells_from_battery then {{ name }}_most / 12.0 + {{ var("sigen_agreement_kwh") }}
                    else {{ brought }} + {{ agreement_kwh(step, brought) }}
                end
                {%- if total == "total" %}
                -- Of two totals that can be right, the one that is nearer.
                and coalesce(
                    abs({{ step }} - {{ brought }}) <= abs({{ name }}_listed - {{ level }} - {{ brought }}), true
                )
                {%- endif %}
                {%- else %}
                and {{ step }} <= {{ brought }} + {{ agreement_kwh(step, brought) }}
                {%- endif %}
            )
        )
        then {{ name }}_{{ total }}
    {%- endfor %}
end
{%- endmacro %}

{#-
  Whether the reading at a block's end has not moved although its power flows, or repeats the one before it
  like everything else in the block: then it is none.
-#}
{% macro counter_stands(name, power) -%}
coalesce(
    {{ name }}_at_end <= {{ name }}_level + {{ standing_digit() }}
    and {{ name }}_at_end >= {{ name }}_level - {{ counter_digit() }}
    and (
        (is_frozen and load_at_end <= load_level + {{ standing_digit() }})
        or end_repeats
        or (
            {{ name }}_at_end <= {{ name }}_start + {{ standing_digit() }}
            and {{ power }}_integral >= {{ var("sigen_standing_kwh") }}
        )
        or (
            {{ name }}_at_end <= {{ name }}_rest_max + {{ standing_digit() }}
            and data_points_count = 6
            and {{ power }}_last >= 12.0 * {{ var("sigen_standing_kwh") }}
        )
    ),
    false
)
{%- endmacro %}

{#-
  Whether the row at a block's end repeats the one before it: no counter has moved, though the load's power
  flows, or has flowed through the block for more than its counter shows.
-#}
{% macro row_repeats() -%}
coalesce(
    data_points_count = 6
    and load_at_end > {{ counter_digit() }}
    {%- for name in energy_counters() %}
    and abs({{ name }}_at_end - {{ name }}_rest_max) <= {{ standing_digit() }}
    {%- endfor %}
    and (
        load_power_last >= {{ var("sigen_repeating_kw") }}
        or load_power_integral - (load_at_end - load_start) > {{ counter_digit() }} + {{ standing_digit() }}
    ),
    false
)
{%- endmacro %}

{#- Whether a counter has moved by more than its power bears out, or than the system can. -#}
{% macro counter_jumps(name, power) -%}
coalesce(
    {{ name }}_kwh > 0.5 * {{ name }}_most + {{ var("sigen_agreement_kwh") }}
    or (
        data_points_count = 6
        and {{ name }}_at_end - {{ name }}_rest_max > {{ name }}_most / 12.0 + {{ var("sigen_agreement_kwh") }}
    )
    {%- if name == "discharge" %}
    -- What is sold is in no power; but it does not come all at once after 25 minutes of nothing.
    or (
        data_points_count = 6
        and {{ name }}_rest_max <= {{ name }}_start + {{ standing_digit() }}
        and {{ name }}_at_end - {{ name }}_rest_max
        > 1.1 * coalesce({{ power }}_last, 0) / 12.0 + {{ var("sigen_agreement_kwh") }}
    )
    {%- else %}
    -- PV power reads low while the battery discharges hard.
    or {{ name }}_kwh - {{ power }}_integral
    > {{ agreement_kwh(name ~ "_kwh", power ~ "_integral") }}{{ " + coalesce(discharge_kwh, 0)" if name == "pv" }}
    {%- endif %},
    false
)
{%- endmacro %}

{#- Whether a counter has moved by less than its power bears out. -#}
{% macro counter_lags(name, power) -%}
coalesce(
    {{ power }}_integral - {{ name }}_kwh > {{ agreement_kwh(name ~ "_kwh", power ~ "_integral") }}, false
)
{%- endmacro %}

{#-
  The energy of a power in the samples that are there, kWh. A row's power is the mean of the
  five minutes before its stamp, so a block takes its own rows but the first, and the first
  row of the next block; the last block of a day takes the midnight row of the next day.
-#}
{% macro power_integral(power) -%}
case
    when {{ power }}_samples > 0
        then (coalesce({{ power }}_rest_sum, 0) + coalesce({{ power }}_last, 0))
            * least(1.0, 6.0 / {{ power }}_samples) / 12.0
end
{%- endmacro %}

{#-
  What the samples that are missing must have brought, kWh. They are taken to be like the
  others, as far as the balance of the counters allows.

  Args:
    integral: energy of the samples that are there.
    samples: how many those are.
    balance: energy by the counters, null where they cannot tell.
-#}
{% macro missing_samples_kwh(integral, samples, balance) -%}
case
    when {{ balance }} is null then {{ integral }} * (6 - least({{ samples }}, 6)) / nullif({{ samples }}, 0)
    else greatest(
        0.0,
        least(
            greatest(
                coalesce({{ integral }} * (6 - least({{ samples }}, 6)) / nullif({{ samples }}, 0), 0),
                {{ balance }} - coalesce({{ integral }}, 0) - {{ balance_digits() }}
            ),
            {{ balance }} - coalesce({{ integral }}, 0) + {{ balance_digits() }}
        )
    )
end
{%- endmacro %}

{#-
  The part of a whole that another reading does not explain, kWh: counted only where it
  exceeds what two ways of measuring differ by anyway.
-#}
{% macro unexplained_kwh(whole, explained) -%}
case
    when
        {{ whole }} - {{ explained }}
        > greatest({{ var("sigen_unexplained_kwh") }}, {{ var("sigen_unexplained_share") }} * {{ whole }})
        then {{ whole }} - {{ explained }}
    when {{ explained }} is not null then 0.0 * {{ whole }}
end
{%- endmacro %}

{#- Whether such a part is so small that it may be a difference of measuring, or was left out as one. -#}
{% macro is_barely_unexplained(whole, explained) -%}
coalesce(
    {{ whole }} - {{ explained }} > {{ var("sigen_unexplained_kwh") }}
    and {{ whole }} - {{ explained }} <= {{ var("sigen_surely_unexplained_share") }} * {{ whole }},
    false
)
{%- endmacro %}
