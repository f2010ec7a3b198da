{#-
  Returns a sum that does not depend on the order of the rows: engines add floats in any
  order, and the last bits would differ from run to run.

  Args:
    expression: what to add up.
    digits: decimals that are kept. 6 is below the digits of every raw metric; energies
      that are summed again take 9, so that no half is ever rounded twice.
-#}
{% macro stable_sum(expression, digits=6) -%}
  {{ rounded("sum(" ~ expression ~ ")", digits) }}
{%- endmacro %}

{#- Returns a number rounded to so many digits, as a float, on every engine. -#}
{% macro rounded(expression, digits=6) -%}
  {{ return(adapter.dispatch("rounded", "solar")(expression, digits)) }}
{%- endmacro %}

{% macro default__rounded(expression, digits) -%}
  round({{ expression }}, {{ digits }})
{%- endmacro %}

{#-
  DuckDB rounds the binary value, others its decimal digits: they part at a printed half.

  Its round(x, 6) is this product and quotient, to the bit, and computes the power of ten for
  every value: that takes five times as long.
-#}
{% macro duckdb__rounded(expression, digits) -%}
  {%- if digits < 6 -%}
    cast(round(cast({{ expression }} as decimal(28, 12)), {{ digits }}) as double)
  {%- else -%}
    {%- set scale = "1e" ~ digits -%}
    (round(({{ expression }}) * {{ scale }}) / {{ scale }})
  {%- endif -%}
{%- endmacro %}

{% macro postgres__rounded(expression, digits) -%}
  cast(round(cast({{ expression }} as numeric), {{ digits }}) as double precision)
{%- endmacro %}

{#- Returns a whole part by a whole whole, as a float; null where there is no whole. -#}
{% macro share(part, whole) -%}
  {{ part }} / cast(nullif({{ whole }}, 0) as {{ sql_type("double") }})
{%- endmacro %}

{#-
  Whether a value can be one: finite, and far below what would overflow. NaN is greater than
  every number on all engines; a comparison leaves it out.
-#}
{% macro is_possible(expression, least=-1e9, most=1e9) -%}
  {{ expression }} between {{ least }} and {{ most }}
{%- endmacro %}

{#- Returns the value where it can be one, else null. -#}
{% macro if_possible(expression, least=-1e9, most=1e9) -%}
  case when {{ is_possible(expression, least, most) }} then {{ expression }} end
{%- endmacro %}

{#- Returns how many values a metric has in a half hour, none where their sum cannot be one. -#}
{% macro count_if_possible(metric) -%}
  case when {{ is_possible(metric ~ "_sum") }} then {{ metric }}_count else 0 end
{%- endmacro %}
