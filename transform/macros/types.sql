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

{#-
  Texts of a vendor as typed values; what does not look like one is null. A plain cast would end
  the model, and with it everybody's.
-#}
{% macro whole_number(column, digits=18) -%}
  case when {{ looks_like(column, "^-?[0-9]{1," ~ digits ~ "}$") }} then cast({{ column }} as bigint) end
{%- endmacro %}

{#- Returns the date that a text begins with, from 2000 on: an earlier one of these clouds is none. -#}
{% macro date_of(column) -%}
  {#- The day is added, so that 30 February is 2 March and no error. -#}
  case
        when {{ looks_like(column, "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])") }}
            then {{ add_days(
                "cast(substring(" ~ column ~ ", 1, 8) || '01' as date)",
                "cast(substring(" ~ column ~ ", 9, 2) as integer) - 1"
            ) }}
    end
{%- endmacro %}

{#- Returns the timestamp that a text such as 2026-03-01 12:30:00 is. -#}
{% macro timestamp_of(column) -%}
  case
        when {{ looks_like(column, "^20[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9][ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]") }}
            then cast(substring(cast({{ date_of(column) }} as varchar(10)) || substring({{ column }}, 11), 1, 19) as timestamp)
        else cast({{ date_of(column) }} as timestamp)
    end
{%- endmacro %}

{#- Whether a text matches a regular expression. -#}
{% macro looks_like(column, pattern) -%}
  {{ return(adapter.dispatch("looks_like", "solar")(column, pattern)) }}
{%- endmacro %}

{% macro default__looks_like(column, pattern) -%}
  {{ column }} ~ '{{ pattern }}'
{%- endmacro %}

{% macro duckdb__looks_like(column, pattern) -%}
  regexp_matches({{ column }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__looks_like(column, pattern) -%}
  {{ column }} rlike '{{ pattern }}'
{%- endmacro %}
