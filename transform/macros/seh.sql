{#-
  The surrogate key of a row by site and time, for tables whose users join or count by `id`:
  site and seconds in one number, the same at every build.
-#}
{% macro seh_id(site_id, measured_at) -%}
  {{ whole_number(site_id, digits=8) }} * 10000000000 + {{ whole_seconds(measured_at) }}
{%- endmacro %}

{#- Returns a timestamp as whole seconds since 1970. -#}
{% macro whole_seconds(column) -%}
  cast(floor({{ epoch_us(column) }} / 1000000.0) as bigint)
{%- endmacro %}
