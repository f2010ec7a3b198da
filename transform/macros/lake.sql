{#-
  Spark reads the raw tables from files, <LAKE_PATH>/<schema>/<stream>/**/*.parquet, as the
  Parquet target writes them. SQL cannot look whether a folder is there, so LAKE_TABLES names
  the streams that are: tap_sigen.systems,tap_sigen.history_days,...
-#}
{% macro register_lake() %}
  {%- if execute and target.type == "spark" and flags.WHICH in ("run", "build") -%}
    {%- for name in env_var("LAKE_TABLES", "").split(",") if name | trim -%}
      {%- set schema, table = (name | trim).split(".") -%}
      {%- do run_query("create database if not exists " ~ schema) -%}
      {%- do run_query(
          "create or replace view " ~ schema ~ "." ~ table ~ " as select * from parquet.`"
          ~ env_var("LAKE_PATH") ~ "/" ~ schema ~ "/" ~ table ~ "`"
      ) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}
