{#-
  Roles that may read everything in the schema of the models: SOLAR_READERS, separated by
  commas. dbt's own `grants` would take away what somebody granted by hand, and a role that
  does not exist would stop every model.
-#}
{% macro readers() -%}
  {%- set roles = [] -%}
  {%- if target.type == "postgres" -%}
    {%- for name in env_var("SOLAR_READERS", "").split(",") if name | trim -%}
      {%- do roles.append(name | trim) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(roles) }}
{%- endmacro %}

{#- Those of them that exist; the others are told by `prepare_readers`. -#}
{% macro known_readers() -%}
  {%- set roles = readers() -%}
  {%- if not roles -%}
    {{ return([]) }}
  {%- endif -%}
  {{ return(run_query(
      "select rolname from pg_roles where rolname in (" ~ quoted_texts(roles) ~ ") order by 1"
  ).columns[0].values() | list) }}
{%- endmacro %}

{#- Texts as a list of SQL literals. -#}
{% macro quoted_texts(texts) -%}
  {%- set literals = [] -%}
  {%- for text in texts -%}
    {%- do literals.append("'" ~ text | replace("'", "''") ~ "'") -%}
  {%- endfor -%}
  {{ return(literals | join(", ")) }}
{%- endmacro %}

{#- Lets the readers select from a relation that has just been made. -#}
{% macro grant_to_readers(relation) -%}
  {%- set roles = [] -%}
  {%- for role in known_readers() -%}
    {%- do roles.append('"' ~ role | replace('"', '""') ~ '"') -%}
  {%- endfor -%}
  {%- if roles -%}
    {%- do run_query("grant select on " ~ relation ~ " to " ~ roles | join(", ")) -%}
  {%- endif -%}
{%- endmacro %}

{#-
  At the end of a run: the readers may use the schema and read every model and view in it, also
  what was there before the setting named them. Privileges that they have are left alone.
-#}
{% macro grant_schema_to_readers() -%}
  {%- if execute and flags.WHICH in ("run", "build") and readers() -%}
    {%- set known = known_readers() -%}
    {%- for role in readers() if role not in known -%}
      {%- do exceptions.warn("SOLAR_READERS: the server has no role " ~ role) -%}
    {%- endfor -%}
    {%- if known -%}
      {%- call statement("readers", auto_begin=true) -%}
        {{ missing_grants(known) }}
      {%- endcall -%}
      {%- do adapter.commit() -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{% macro missing_grants(roles) -%}
do $solar_readers$
declare
    missing record;
    place constant text := quote_ident('{{ target.schema }}');
begin
    for missing in
        select rolname from pg_roles
        where rolname in ({{ quoted_texts(roles) }}) and not has_schema_privilege(oid, '{{ target.schema }}', 'usage')
    loop
        execute format('grant usage on schema %s to %I', place, missing.rolname);
    end loop;
    for missing in
        select roles.rolname, classes.relname
        from pg_class as classes cross join pg_roles as roles
        where
            classes.relnamespace = to_regnamespace(place) and classes.relkind in ('r', 'v')
            and pg_has_role(classes.relowner, 'usage')
            and roles.rolname in ({{ quoted_texts(roles) }}) and not has_table_privilege(roles.oid, classes.oid, 'select')
    loop
        execute format('grant select on %s.%I to %I', place, missing.relname, missing.rolname);
    end loop;
end
$solar_readers$
{%- endmacro %}
