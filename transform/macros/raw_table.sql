{#-
  Reads a raw table as the tap may or may not have filled it: a table that no run has
  created yet is empty, a column that no row had is null. So a user may load one vendor,
  one kind of site, one version of an API.

  RAW_SIGEN_SCHEMA and RAW_SOLAREDGE_SCHEMA may name several schemas, one for each account
  that is loaded on its own, separated by commas; `account` says which one a row is from.

  Args:
    vendor: sigen or solaredge.
    table: the stream.
    columns: mapping of column name to the type (see sql_type) that it is cast to, whatever
      the loader made.
-#}
{% macro raw_table(vendor, table, columns) %}
  {%- set declared = source("tap_" ~ vendor, table) -%}
  {%- for schema in raw_schemas(vendor) %}
  {%- if not loop.first %}
  union all
  {%- endif %}
  {%- set raw = declared.incorporate(path={"schema": schema}) -%}
  {%- set found = load_relation(raw) if execute else none -%}
  {%- set present = {} -%}
  {%- if found is not none -%}
    {%- for column in adapter.get_columns_in_relation(found) -%}
      {%- do present.update({column.name | lower: column.dtype | lower}) -%}
    {%- endfor -%}
  {%- endif %}
  select
    '{{ schema }}' as account
  {%- for name, kind in columns.items() %},
    {% if name in present -%}
      cast({{ without_zone(adapter.quote(name), present[name]) if kind == "timestamp" else adapter.quote(name) }} as {{ sql_type(kind) }}) as {{ adapter.quote(name) }}
    {%- else -%}
      {{ null_of(kind) }} as {{ adapter.quote(name) }}
    {%- endif -%}
  {%- endfor %}
  {% if found is none -%}
  from (select 1 as nothing) as absent
  where 1 = 0
  {%- else -%}
  from {{ raw }}
  {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{#- Returns the schemas that hold a vendor's raw tables. -#}
{% macro raw_schemas(vendor) -%}
  {%- set named = env_var("RAW_" ~ vendor | upper ~ "_SCHEMA", "tap_" ~ vendor) -%}
  {%- set schemas = [] -%}
  {%- for name in named.split(",") if name | trim -%}
    {%- do schemas.append(name | trim) -%}
  {%- endfor -%}
  {{ return(schemas) }}
{%- endmacro %}

{#- A loader's timestamp with time zone as its UTC wall clock, whatever zone the session has. -#}
{% macro without_zone(column, dtype) -%}
  {%- if "with time zone" in dtype or "timestamptz" in dtype -%}
    ({{ column }} at time zone 'UTC')
  {%- else -%}
    {{ column }}
  {%- endif -%}
{%- endmacro %}

{#- Joins by account where there are several; one account needs no comparison by the row. -#}
{% macro same_account(vendor, left, right) -%}
  {%- if raw_schemas(vendor) | length > 1 %}
    and {{ left }}.account = {{ right }}.account
  {%- endif -%}
{%- endmacro %}

{#-
  Reads the latest answer for each key from a raw table: an appending loader keeps them
  all, and two accounts may see the same system.
-#}
{% macro latest_of(vendor, table, keys, columns) -%}
  {{ return(adapter.dispatch("latest_of", "solar")(vendor, table, keys, columns)) }}
{%- endmacro %}

{% macro default__latest_of(vendor, table, keys, columns) %}
  select *
  from (
    select
      raw.*,
      row_number() over (
        partition by {{ keys | join(", ") }}
        order by fetched_at desc, account asc
      ) as recency
    from (
      {{ raw_table(vendor, table, columns) }}
    ) as raw
  ) as ranked
  where recency = 1
{% endmacro %}

{#- PostgreSQL takes a filtered row_number for a handful of rows, and loops over all pairs of days. -#}
{% macro postgres__latest_of(vendor, table, keys, columns) %}
  select distinct on ({{ keys | join(", ") }}) raw.*
  from (
    {{ raw_table(vendor, table, columns) }}
  ) as raw
  order by {{ keys | join(", ") }}, fetched_at desc, account asc
{% endmacro %}

{#- The columns that every dated raw row carries (docs/decisions/0003-the-tap-owns-the-clock.md). -#}
{% macro clock_columns() -%}
  {{ return({
    "recorded_at": "timestamp",
    "local_time": "timestamp",
    "utc_offset_minutes": "integer",
    "local_date": "date",
    "fetched_at": "timestamp",
  }) }}
{%- endmacro %}

{#- Those columns as staging names them. -#}
{% macro clock_names() -%}
    local_date,
    fetched_at as fetched_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    recorded_at as measured_at_utc
{%- endmacro %}

{#- Merges mappings, the later ones last. -#}
{% macro merged() -%}
  {%- set result = {} -%}
  {%- for mapping in varargs -%}
    {%- do result.update(mapping) -%}
  {%- endfor -%}
  {{ return(result) }}
{%- endmacro %}

{#- Returns a mapping of the names to one type. -#}
{% macro all_of(kind, names) -%}
  {%- set result = {} -%}
  {%- for name in names -%}
    {%- do result.update({name: kind}) -%}
  {%- endfor -%}
  {{ return(result) }}
{%- endmacro %}
