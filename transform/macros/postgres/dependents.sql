{#-
  What depends on a relation in PostgreSQL, and how a relation is replaced without taking it
  away. dbt drops with `cascade`, which takes the views that users made on ours with it, and
  every grant. Here a relation that has to be made again is renamed; our own views are built
  on the new one later in the same run, and what is no longer read is dropped at its end
  (docs/decisions/0018-postgres-relations-are-changed-in-place.md).
-#}

{#- The suffix of a relation that another has replaced. -#}
{% macro former_suffix() -%}__dbt_former{%- endmacro %}

{#- Names of everything that reads a relation directly and is no model of this project. -#}
{% macro dependents_of_others(relation) -%}
  {%- set ours = [] -%}
  {%- for node in graph.nodes.values() if node.resource_type == "model" -%}
    {%- do ours.append(node.schema ~ "." ~ node.alias) -%}
  {%- endfor -%}
  {%- set found = run_query(
      "select distinct namespaces.nspname, classes.relname "
      ~ "from pg_depend as depends "
      ~ "inner join pg_rewrite as rules on depends.objid = rules.oid "
      ~ "inner join pg_class as classes on rules.ev_class = classes.oid "
      ~ "inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid "
      ~ "where depends.classid = 'pg_rewrite'::regclass and depends.refclassid = 'pg_class'::regclass "
      ~ "and depends.refobjid = to_regclass('" ~ relation ~ "') and classes.oid <> depends.refobjid "
      ~ "order by 1, 2"
  ) -%}
  {%- set others = [] -%}
  {%- for schema, name in found.rows -%}
    {%- if schema ~ "." ~ name not in ours and former_suffix() not in name -%}
      {%- do others.append(schema ~ "." ~ name) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(others) }}
{%- endmacro %}

{#-
  Renames a relation out of the way of its successor, and returns it under its new name.

  Stops the build where somebody else's view reads the relation: it would go on reading the
  former one, whose rows no longer change.

  Args:
    relation: what is in the way.
    why: what keeps it from being changed in place, for the message.
-#}
{% macro move_aside(relation, why) -%}
  {%- set others = dependents_of_others(relation) -%}
  {%- set name = relation.schema ~ "." ~ relation.identifier -%}
  {%- if others -%}
    {%- do exceptions.raise_compiler_error(
        name ~ " has to be replaced (" ~ why ~ "), but " ~ others | join(", ") ~ " read"
        ~ ("s" if others | length == 1 else "") ~ " it. Nothing was changed. Save "
        ~ "what pg_get_viewdef('" ~ others[0] ~ "'::regclass) returns, drop the view"
        ~ ("s" if others | length > 1 else "") ~ ", build, and create "
        ~ ("them" if others | length > 1 else "it") ~ " again."
    ) -%}
  {%- endif -%}
  {%- do log("Replacing " ~ name ~ ": " ~ why, info=true) -%}
  {%- set former = make_temp_relation(relation, former_suffix()).incorporate(
      path={"database": relation.database, "schema": relation.schema}
  ) -%}
  {%- set kind = "view" if relation.is_view else "table" if relation.is_table else "materialized view" -%}
  {%- do run_with_patience(
      relation, "alter " ~ kind ~ " " ~ relation ~ " rename to " ~ adapter.quote(former.identifier)
  ) -%}
  {%- do adapter.cache_renamed(relation, former) -%}
  {{ return(former) }}
{%- endmacro %}

{#- Gives a relation the grants of the one that it replaces. -#}
{% macro copy_grants_from(former, relation) -%}
  {%- set grants = run_query(
      "select format('grant %s on %s to %s', privileges.privilege_type, $name$" ~ relation ~ "$name$, "
      ~ "case when privileges.grantee = 0 then 'public' else quote_ident(roles.rolname) end) "
      ~ "from pg_class as classes cross join lateral aclexplode(classes.relacl) as privileges "
      ~ "left join pg_roles as roles on privileges.grantee = roles.oid "
      ~ "where classes.oid = to_regclass('" ~ former ~ "') and privileges.grantee <> classes.relowner"
  ).columns[0].values() -%}
  {%- if grants -%}
    {%- do run_query(grants | join("; ")) -%}
  {%- endif -%}
{%- endmacro %}

{#-
  At the end of a run: drops the relations that were replaced, but none that something still
  reads. An earlier release or a killed run may have left some too.
-#}
{% macro drop_former_relations() -%}
  {%- if execute and target.type == "postgres" and flags.WHICH in ("run", "build") -%}
    {%- set leftovers -%}
      select classes.relname from pg_class as classes
      where
          classes.relnamespace = to_regnamespace('{{ adapter.quote(target.schema) }}')
          and classes.relkind in ('r', 'v', 'm')
          and classes.relname ~ '(__dbt_tmp|__dbt_backup|{{ former_suffix() }}[0-9]*)$'
      order by 1
    {%- endset -%}
    {%- if run_query(leftovers).rows | length > 0 -%}
      {%- call statement("drop_former_relations", auto_begin=true) -%}
        {{ drop_what_nothing_reads(leftovers) }}
      {%- endcall -%}
      {%- for name in run_query(leftovers).columns[0].values() -%}
        {%- set relation = api.Relation.create(database=target.database, schema=target.schema, identifier=name) -%}
        {%- do exceptions.warn(
            target.schema ~ "." ~ name ~ " was replaced and could not be dropped: "
            ~ (dependents_of_others(relation) | join(", ") or "a model that this run did not build") ~ " reads it"
        ) -%}
      {%- endfor -%}
      {%- do adapter.commit() -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{#- One former view may read another: goes round until nothing more can be dropped. -#}
{% macro drop_what_nothing_reads(leftovers) -%}
do $solar_sweep$
declare
    leftover record;
    dropped integer;
begin
    perform set_config('lock_timeout', '1s', true);
    loop
        dropped := 0;
        for leftover in
            select
                relname,
                case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind
            from pg_class
            where relnamespace = to_regnamespace('{{ adapter.quote(target.schema) }}') and relname in ({{ leftovers }})
        loop
            begin
                execute format('drop %s %I.%I', leftover.kind, '{{ target.schema }}', leftover.relname);
                dropped := dropped + 1;
            exception when dependent_objects_still_exist or lock_not_available then
                null;
            end;
        end loop;
        exit when dropped = 0;
    end loop;
end
$solar_sweep$
{%- endmacro %}
