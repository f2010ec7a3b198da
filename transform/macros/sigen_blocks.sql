{#-
  The half-hour energy of a counter that runs since local midnight, on rows of one block
  each. A counter is sampled at the row's stamp, so a block's end stands in the first row
  of the next block, and the day's end in no row but in the day's total. The running
  maximum bridges dropouts without ever counting energy twice: a dip adds nothing, and
  what came in meanwhile lands in the block in which the counter is back.

  Needs in the rows: <counter>_first (value at the block's own start), <counter>_max, the
  window `day` over the blocks of one system-day in order of time, next_is_adjacent,
  is_last_of_day and <counter>_day_total.
-#}
{% macro counter_at_block_end(counter) -%}
greatest(
    max({{ counter }}_max) over (day rows between unbounded preceding and current row),
    case when next_is_adjacent then lead({{ counter }}_first) over day end,
    case when is_last_of_day then {{ counter }}_day_total end,
    0
)
{%- endmacro %}

{#-
  The half-hour energy of a power, kWh. A row's power is the mean of the five minutes
  before its stamp, so a block takes its own rows but the first, and the first row of the
  next block; the last block of a day takes the midnight row of the next day. Missing
  samples are taken to be like the others: null only if there is none.

  Needs in the rows: <power>_rest_sum and <power>_rest_count (all rows but the one at the
  block's start), <power>_first, next_is_adjacent, is_last_of_day, <power>_midnight.
-#}
{% macro power_to_kwh(power) -%}
{%- set last_sample -%}
    coalesce(
        case when next_is_adjacent then lead({{ power }}_first) over day end,
        case when is_last_of_day then {{ power }}_midnight end
    )
{%- endset -%}
    0.5 * (coalesce({{ power }}_rest_sum, 0) + coalesce({{ last_sample }}, 0))
    / nullif(
        {{ power }}_rest_count + case when {{ last_sample }} is null then 0 else 1 end, 0
    )
{%- endmacro %}
