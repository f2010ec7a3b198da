{#-
  Reads a raw table as the tap may or may not have filled it: a table that no run has
  created yet is empty, a column that no row had is null. So a user may load one vendor.

  Args:
    raw: the source relation.
    columns: mapping of column name to the type that it is cast to, whatever the loader made.
-#}
{% macro raw_table(raw, columns) %}
  {%- set found = load_relation(raw) if execute else none -%}
  {%- set present = [] -%}
  {%- if found is not none -%}
    {%- for column in adapter.get_columns_in_relation(found) -%}
      {%- do present.append(column.name | lower) -%}
    {%- endfor -%}
  {%- endif -%}
  select
  {%- for name, type in columns.items() %}
    {% if name in present -%}
      cast({{ adapter.quote(name) }} as {{ type }}) as {{ name }}
    {%- else -%}
      cast(null as {{ type }}) as {{ name }}
    {%- endif -%}
    {{ "," if not loop.last }}
  {%- endfor %}
  {% if found is none -%}
  from (select 1 as nothing) as absent
  where 1 = 0
  {%- else -%}
  from {{ raw }}
  {%- endif -%}
{% endmacro %}
