{#-
  Removes what an earlier release left in a form that this one cannot go on with. Everything
  here is derived: it is built again from the raw tables in the same run.

  A table that became a view cannot be replaced in place where it has indexes; a table that
  is rebuilt by the day needs the day's version.
-#}
{% macro retire_former_tables() %}
  {%- if execute and flags.WHICH in ("run", "build") -%}
    {%- set versions = {
        "sigen_30min": none,
        "int_sigen__30min_statistics": "source_fetched_at_utc",
        "fct_energy_daily": "day_version",
        "int_solaredge__30min": "day_version",
    } -%}
    {%- for name, version in versions.items() -%}
      {%- set found = adapter.get_relation(target.database, target.schema, name) -%}
      {%- if found is not none and found.is_table -%}
        {%- set names = adapter.get_columns_in_relation(found) | map(attribute="name") | map("lower") | list -%}
        {%- if version is none or version not in names -%}
          {%- do log("Building " ~ name ~ " anew: an earlier release made it", info=true) -%}
          {%- call statement("retire", auto_begin=true) -%}
            drop table {{ found }} cascade
          {%- endcall -%}
          {%- do adapter.commit() -%}
          {%- do adapter.cache_dropped(found) -%}
        {%- endif -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}
