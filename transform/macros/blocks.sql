{#- Returns the half hour, on the clock of the given column, that a timestamp lies in. -#}
{% macro block_30min(column) -%}
  {{ return(adapter.dispatch("block_30min", "solar")(column)) }}
{%- endmacro %}

{% macro default__block_30min(column) -%}
  {{ dbt.dateadd(
      "minute",
      "30 * cast(floor(extract(minute from " ~ column ~ ") / 30) as integer)",
      dbt.date_trunc("hour", column)
  ) }}
{%- endmacro %}

{% macro duckdb__block_30min(column) -%}
  time_bucket(interval '30 minutes', {{ column }})
{%- endmacro %}

{% macro postgres__block_30min(column) -%}
  date_bin(interval '30 minutes', {{ column }}, timestamp '2000-01-01')
{%- endmacro %}

{#-
  Returns a sum that does not depend on the order of the rows: engines add floats in any
  order, and the last bits would differ from run to run.
-#}
{% macro stable_sum(expression) -%}
  {{ return(adapter.dispatch("stable_sum", "solar")(expression)) }}
{%- endmacro %}

{% macro default__stable_sum(expression) -%}
  round(sum({{ expression }}), 6)
{%- endmacro %}

{% macro postgres__stable_sum(expression) -%}
  cast(round(cast(sum({{ expression }}) as numeric), 6) as double precision)
{%- endmacro %}

{#- Returns a number rounded to so many digits, as a float, on every engine. -#}
{% macro rounded(expression, digits=6) -%}
  {{ return(adapter.dispatch("rounded", "solar")(expression, digits)) }}
{%- endmacro %}

{% macro default__rounded(expression, digits) -%}
  round({{ expression }}, {{ digits }})
{%- endmacro %}

{% macro postgres__rounded(expression, digits) -%}
  cast(round(cast({{ expression }} as numeric), {{ digits }}) as double precision)
{%- endmacro %}
