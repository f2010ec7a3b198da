{#-
  Tables that an earlier release left in a form that this one cannot go on with. Everything
  here is derived: it is built again from the raw tables in the same run. Elsewhere than on
  PostgreSQL, which keeps what depends on them, they are removed first.

  A table that became a view cannot be replaced in place where it has indexes; a table that
  is rebuilt by the day needs the day's version.
-#}
{% macro retire_former_tables() %}
  {%- if execute and flags.WHICH in ("run", "build") and target.type != "postgres" -%}
    {%- for name in former_versions() -%}
      {%- set found = adapter.get_relation(target.database, target.schema, name) -%}
      {%- if found is not none and is_of_earlier_release(found) -%}
        {%- do log("Building " ~ name ~ " anew: an earlier release made it", info=true) -%}
        {%- call statement("retire", auto_begin=true) -%}
          drop table {{ found }} cascade
        {%- endcall -%}
        {%- do adapter.commit() -%}
        {%- do adapter.cache_dropped(found) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{#- Models by name, and the column without which a table is of an earlier release; none: as a table. -#}
{% macro former_versions() -%}
  {{ return({
      "sigen_30min": none,
      "int_sigen__30min_statistics": "power_use_rest_min",
      "fct_energy_daily": "metered_verdict",
      "int_solaredge__30min": "total_verdict",
  }) }}
{%- endmacro %}

{#- Whether a table lacks what this release's incremental build reads from it. -#}
{% macro is_of_earlier_release(relation) -%}
  {%- set versions = former_versions() -%}
  {%- if not relation.is_table or relation.identifier not in versions -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set version = versions[relation.identifier] -%}
  {{ return(version is none or version not in column_names(relation)) }}
{%- endmacro %}

{#- The names of a relation's columns. -#}
{% macro column_names(relation) -%}
  {{ return(adapter.get_columns_in_relation(relation) | map(attribute="name") | map("lower") | list) }}
{%- endmacro %}

{#-
  dbt's macro of this name, and besides: a table of an earlier release is built whole, as is
  one that lacks a column of its contract.
-#}
{% macro is_incremental() -%}
  {%- if not execute or model.config.materialized != "incremental" or should_full_refresh() -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set relation = load_relation(this) -%}
  {%- if relation is none or not relation.is_table or is_of_earlier_release(relation) -%}
    {{ return(false) }}
  {%- endif -%}
  {%- if model.config.contract.enforced and target.type == "postgres" -%}
    {%- set names = column_names(relation) -%}
    {%- for name in model.columns if name | lower not in names -%}
      {{ return(false) }}
    {%- endfor -%}
  {%- endif -%}
  {{ return(true) }}
{%- endmacro %}
