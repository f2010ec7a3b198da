{#-
  Energy by half hour from Sigen's rows. All of it works on one row a block, because a window
  over blocks costs a sixth of one over five-minute rows.

  A counter runs since local midnight and is sampled at the row's stamp, so a block's end
  stands in the first row of the next block, and the day's end in no row but in the day's
  total. The running maximum bridges dropouts without counting energy twice: a dip adds
  nothing, and what came in meanwhile lands in the block in which the counter is back.
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

{#- A counter is printed with two decimals and flickers by one: what is closer counts as equal. -#}
{% macro counter_digit() -%}0.015{%- endmacro %}

{#- The balance of five printed counters is uncertain by this, kWh. -#}
{% macro balance_digits() -%}0.03{%- endmacro %}

{#-
  The counter at a block's end, bridged.

  Args:
    highest: the highest value of the day up to and within the block.
    next: the value in the next block's first row, at its very start.
    day_total: the day's total, which is the counter at midnight.
-#}
{% macro counter_end(highest, next, day_total) -%}
greatest({{ highest }}, case when next_is_adjacent then {{ next }} when is_last_of_day then {{ day_total }} end)
{%- endmacro %}

{#- Whether that is a reading at the very end, not one from before a dropout. -#}
{% macro counter_end_is_read(highest, next, day_total) -%}
coalesce(
    case when next_is_adjacent then {{ next }} when is_last_of_day then {{ day_total }} end
    >= coalesce({{ highest }}, 0) - {{ counter_digit() }},
    false
)
{%- endmacro %}

{#- The counter at the block's start: the end of the block before it, seen from here. -#}
{% macro counter_start(counter) -%}
coalesce(greatest({{ counter }}_before, case when previous_is_adjacent then {{ counter }}_first end), 0)
{%- endmacro %}

{#- Whether that is a reading at the very start; a day's first block starts at 0. -#}
{% macro counter_start_is_read(counter) -%}
starts_day or coalesce(
    previous_is_adjacent and {{ counter }}_first >= coalesce({{ counter }}_before, 0) - {{ counter_digit() }},
    false
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
    when {{ whole }} - {{ explained }} > greatest(0.02, 0.05 * {{ whole }}) then {{ whole }} - {{ explained }}
    when {{ explained }} is not null then 0.0 * {{ whole }}
end
{%- endmacro %}
