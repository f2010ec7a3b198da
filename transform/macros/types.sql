{#- Returns the engine's name of a column type; a model names types only through this. -#}
{% macro sql_type(kind) -%}
  {{ return(adapter.dispatch("sql_type", "solar")(kind)) }}
{%- endmacro %}

{% macro default__sql_type(kind) -%}
  {{ return({"double": "double precision"}.get(kind, kind)) }}
{%- endmacro %}

{% macro spark__sql_type(kind) -%}
  {{ return({"text": "string", "integer": "int"}.get(kind, kind)) }}
{%- endmacro %}

{#- Returns a typed null: an absent value that a union or a contract can take. -#}
{% macro null_of(kind) -%}
  cast(null as {{ sql_type(kind) }})
{%- endmacro %}

{#- Whether the engine checks a model's declared columns when it builds it. -#}
{% macro has_contracts() -%}
  {{ return(target.type in ("duckdb", "postgres")) }}
{%- endmacro %}
