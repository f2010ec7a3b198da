{#-
  Views, tables and incremental tables on PostgreSQL, changed in place: who reads them while
  they are built reads the last state and waits for nothing, and users' views and grants on
  them stay (dependents.sql).
-#}

{% materialization view, adapter="postgres" %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type="view") -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- do bound_lock_waits() -%}

  {%- set former = none -%}
  {%- set change = "create" -%}
  {%- if existing is not none and existing.is_view -%}
    {%- set change = change_of_view(existing, sql) -%}
  {%- endif -%}
  {%- if existing is not none and change not in ("none", "replace") -%}
    {%- set former = move_aside(existing, change if existing.is_view else "it becomes a view") -%}
  {%- endif -%}

  {%- if change == "none" -%}
    {%- call noop_statement("main", "UNCHANGED", "UNCHANGED", 0) -%}
      {{ sql }}
    {%- endcall -%}
  {%- elif change == "replace" -%}
    {%- call statement("main") -%}
      {{ with_patience(target_relation, "create or replace view " ~ target_relation ~ " as (" ~ sql ~ ")") }}
    {%- endcall -%}
  {%- else -%}
    {%- call statement("main") -%}
      create view {{ target_relation }} as ({{ sql }})
    {%- endcall -%}
  {%- endif -%}
  {%- do finish_relation(target_relation, existing, former) -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% materialization table, adapter="postgres" %}
  {{ return(build_table_in_place(sql)) }}
{% endmaterialization %}

{% materialization incremental, adapter="postgres" %}
  {{ return(build_table_in_place(sql)) }}
{% endmaterialization %}

{#- Builds a table or an incremental table; what `is_incremental` says counts for both. -#}
{% macro build_table_in_place(sql) -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type="table") -%}
  {%- set only_what_changed = is_incremental() -%}
  {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=True) -%}
  {%- do bound_lock_waits() -%}

  {%- set former = none -%}
  {%- set main = none -%}
  {%- if only_what_changed -%}
    {%- set main = changed_rows(target_relation, existing, sql) -%}
  {%- elif existing is not none and existing.is_table -%}
    {%- set columns = columns_of_query(sql) -%}
    {%- set change = change_of_table(existing, columns) -%}
    {%- if change is none -%}
      {%- set main = all_rows(target_relation, columns, sql) -%}
    {%- else -%}
      {%- set former = move_aside(existing, change) -%}
    {%- endif -%}
  {%- elif existing is not none -%}
    {%- set former = move_aside(existing, "it becomes a table") -%}
  {%- endif -%}

  {%- call statement("main") -%}
    {{ main if main is not none else get_create_table_as_sql(False, target_relation, sql) }}
  {%- endcall -%}
  {%- do add_missing_indexes(target_relation) -%}
  {%- do finish_relation(target_relation, existing, former) -%}
  {%- do run_hooks(post_hooks, inside_transaction=True) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=False) -%}
  {{ return({"relations": [target_relation]}) }}
{%- endmacro %}

{#- Grants and comments, which stay where the relation stays. -#}
{% macro finish_relation(relation, existing, former) -%}
  {%- if former is not none -%}
    {%- do copy_grants_from(former, relation) -%}
  {%- endif -%}
  {%- if existing is none or former is not none -%}
    {%- do grant_to_readers(relation) -%}
  {%- endif -%}
  {%- do apply_grants(relation, config.get("grants"), should_revoke=existing is not none and former is none) -%}
  {%- do persist_docs(relation, model) -%}
{%- endmacro %}

{#- Whether a contract is kept, which only dbt's own statements check by themselves. -#}
{% macro check_contract(sql) -%}
  {%- if config.get("contract").enforced -%}
    {%- do get_assert_columns_equivalent(sql) -%}
  {%- endif -%}
{%- endmacro %}

{#-
  What becomes of a view: "none" where its text is what is there, "replace" where the columns
  that are there stay, else what has changed. The text is compared as PostgreSQL writes it,
  which knows what a name stands for now.
-#}
{% macro change_of_view(existing, sql) -%}
  {%- do check_contract(sql) -%}
  {%- set shape = shape_name() -%}
  {%- do run_query("create temporary view " ~ shape ~ " as (" ~ sql ~ ")") -%}
  {%- set same = run_query(
      "select pg_get_viewdef('pg_temp." ~ shape ~ "'::regclass) = pg_get_viewdef(to_regclass('" ~ existing ~ "'))"
  ).columns[0].values()[0] -%}
  {%- set columns = [] if same else columns_of(existing) -%}
  {%- set wanted = [] if same else columns_of("pg_temp." ~ shape) -%}
  {%- do run_query("drop view pg_temp." ~ shape) -%}
  {%- if same -%}
    {{ return("none") }}
  {%- endif -%}
  {%- if wanted[:columns | length] == columns -%}
    {{ return("replace") }}
  {%- endif -%}
  {{ return(what_differs(columns, wanted) or "its columns have another order") }}
{%- endmacro %}

{#- What keeps a table from being filled in place; none where nothing does. New columns are added. -#}
{% macro change_of_table(existing, wanted) -%}
  {%- set columns = columns_of(existing) -%}
  {%- set added = [] -%}
  {%- for column in wanted if column not in columns -%}
    {%- do added.append(column) -%}
  {%- endfor -%}
  {%- set change = what_differs(columns, wanted) -%}
  {%- if change is none and added -%}
    {%- set statements = [] -%}
    {%- for name, kind in added -%}
      {%- do statements.append("add column " ~ adapter.quote(name) ~ " " ~ kind) -%}
    {%- endfor -%}
    {%- do run_with_patience(existing, "alter table " ~ existing ~ " " ~ statements | join(", ")) -%}
  {%- endif -%}
  {{ return(change) }}
{%- endmacro %}

{#- Columns that are gone or have another type, in words; none where there are none. -#}
{% macro what_differs(columns, wanted) -%}
  {%- set types = dict(wanted) -%}
  {%- set differences = [] -%}
  {%- for name, kind in columns -%}
    {%- if name not in types -%}
      {%- do differences.append(name ~ " is gone") -%}
    {%- elif types[name] != kind -%}
      {%- do differences.append(name ~ " becomes " ~ types[name]) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(differences | join(", ") if differences else none) }}
{%- endmacro %}

{#- Pairs of name and type of a relation's columns, in their order. -#}
{% macro columns_of(relation) -%}
  {%- set columns = [] -%}
  {%- for name, kind in run_query(
      "select attname, format_type(atttypid, atttypmod) from pg_attribute "
      ~ "where attrelid = to_regclass('" ~ relation ~ "') and attnum > 0 and not attisdropped order by attnum"
  ).rows -%}
    {%- do columns.append([name, kind]) -%}
  {%- endfor -%}
  {{ return(columns) }}
{%- endmacro %}

{#- Those columns of the table that a model's SQL makes: as its contract says, else as they come. -#}
{% macro columns_of_query(sql) -%}
  {%- do check_contract(sql) -%}
  {%- set shape = shape_name() -%}
  {%- set by_contract = config.get("contract").enforced -%}
  {%- if by_contract -%}
    {%- do run_query("create temporary table " ~ shape ~ get_table_columns_and_constraints()) -%}
  {%- else -%}
    {%- do run_query("create temporary view " ~ shape ~ " as (" ~ sql ~ ")") -%}
  {%- endif -%}
  {%- set columns = columns_of("pg_temp." ~ shape) -%}
  {%- do run_query("drop " ~ ("table" if by_contract else "view") ~ " pg_temp." ~ shape) -%}
  {{ return(columns) }}
{%- endmacro %}

{#- The quoted name of a temporary relation that is only looked at. -#}
{% macro shape_name() -%}
  {{ return(adapter.quote(this.identifier[:50] ~ "__dbt_shape")) }}
{%- endmacro %}

{#- Statements that put new rows in the place of all old ones, unseen until they are committed. -#}
{% macro all_rows(relation, columns, sql) -%}
  {%- do run_with_patience(relation, "lock table " ~ relation ~ " in row exclusive mode") -%}
  {%- set names = [] -%}
  {%- for name, _ in columns -%}
    {%- do names.append(adapter.quote(name)) -%}
  {%- endfor -%}
    delete from {{ relation }};
    insert into {{ relation }} ({{ names | join(", ") }})
    select {{ names | join(", ") }} from ({{ sql }}) as model_rows
{%- endmacro %}

{#- Statements that put the rows of a model's incremental SQL into the table. -#}
{% macro changed_rows(relation, existing, sql) -%}
  {%- set arriving = make_temp_relation(relation) -%}
  {%- do run_query(get_create_table_as_sql(True, arriving, sql)) -%}
  {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get("incremental_strategy") or "default") -%}
  {%- set columns = process_schema_changes(
      incremental_validate_on_schema_change(config.get("on_schema_change"), default="ignore"), arriving, existing
  ) -%}
  {%- do run_with_patience(relation, "lock table " ~ relation ~ " in row exclusive mode") -%}
  {{ return(strategy({
      "target_relation": relation,
      "temp_relation": arriving,
      "unique_key": config.get("unique_key"),
      "dest_columns": columns or adapter.get_columns_in_relation(existing),
      "incremental_predicates": config.get("predicates", none) or config.get("incremental_predicates", none),
  })) }}
{%- endmacro %}

{#- Makes the model's indexes that a table lacks: dbt makes them with the table alone. -#}
{% macro add_missing_indexes(relation) -%}
  {%- set wanted = config.get("indexes", default=[]) -%}
  {%- if wanted -%}
    {%- set found = run_query(
        "select pg_get_indexdef(indexrelid) from pg_index where indrelid = to_regclass('" ~ relation ~ "')"
    ).columns[0].values() -%}
    {%- for index in wanted -%}
      {%- set columns = "(" ~ index["columns"] | join(", ") ~ ")" -%}
      {%- set known = [] -%}
      {%- for definition in found if definition.endswith(" " ~ columns) -%}
        {%- do known.append(definition) -%}
      {%- endfor -%}
      {%- if not known -%}
        {%- do run_query(get_create_index_sql(relation, index)) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
