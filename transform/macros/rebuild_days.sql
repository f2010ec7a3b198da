{#-
  Incremental by the day ledger: whole system-days are rebuilt, and only those whose version
  is new or has changed. Merging rows would keep stale ones, a watermark would miss days that
  are fetched late (docs/decisions/0004-rebuild-by-the-day-ledger.md).

  A day's version is one number: the fetch times of everything the day is made of, and the
  rows found, added up. A later fetch has a later time, so the number changes with every
  fetch that lands, in whatever order, and when the rest of a half-loaded day comes.

  A model that is built this way carries `day_version` and `is_first_of_day`, so that what is
  built can be read from one row a day, not from all of them.
-#}

{#- Engines without delete build these models whole: exact, only not incremental. -#}
{% macro by_day_materialization() -%}
  {{ return("incremental" if target.type in ("duckdb", "postgres") else "table") }}
{%- endmacro %}

{#-
  Indexes, where tables are stored by row. DuckDB finds a day by the least and the greatest value of
  each part of a column; it would never look into an index, and making four of them took a
  fifth of a full build.

  Args:
    keys: lists of the columns that rows are looked for by.
-#}
{% macro indexes_on(keys) -%}
  {%- set indexes = [] -%}
  {%- for columns in keys if target.type != "duckdb" -%}
    {%- do indexes.append({"columns": columns}) -%}
  {%- endfor -%}
  {{ return(indexes) }}
{%- endmacro %}

{#-
  What an index on a system's key is made of, where views make the key from the vendor's id.
  It is written as PostgreSQL prints it, by which an index that is there already is known.
-#}
{% macro system_key_index(vendor, id) -%}
  (('{{ vendor }}:'::text || {{ id }}))
{%- endmacro %}

{#-
  The days to build: key columns, local_date, day_version and what else `wanted` selects.

  Args:
    wanted: SQL of all days that ought to stand in the model, with their day_version.
    key: column that with local_date identifies a day.
    one_row_a_day: condition on the built rows that leaves one for each day.
-#}
{% macro days_to_build(wanted, key, one_row_a_day="is_first_of_day") -%}
    select wanted.*
    from (
        {{ wanted }}
    ) as wanted
    {%- if is_incremental() %}
    left join (
        select {{ key }}, local_date, day_version
        from {{ this }}
        where {{ one_row_a_day }}
    ) as built
        on
            wanted.{{ key }} = built.{{ key }}
            and wanted.local_date = built.local_date
            and wanted.day_version = built.day_version
    where built.{{ key }} is null
    {%- endif %}
{%- endmacro %}

{#- The dates of the days to build, read while compiling; none means all, or too many to list. -#}
{% macro dates_to_build(todo, limit=400) -%}
  {%- if not (execute and is_incremental()) -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set dates = run_query(
      "select distinct cast(local_date as varchar(10)) as local_date from (" ~ todo ~ ") as todo order by 1"
  ).columns[0].values() -%}
  {{ return(dates if dates | length <= limit else none) }}
{%- endmacro %}

{#-
  Restricts a date column to some dates. Literal dates let every engine skip what it need
  not read.
-#}
{% macro on_dates(dates, column, days_later=0) -%}
  {%- if dates is not none -%}
    {%- if dates | length == 0 -%}
      and 1 = 0
    {%- else -%}
      and {{ column }} in (
        {%- for date in dates -%}
          {%- set day = modules.datetime.date.fromisoformat(date) + modules.datetime.timedelta(days=days_later) -%}
          cast('{{ day }}' as date){{ ", " if not loop.last }}
        {%- endfor -%}
      )
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{#-
  After the build: removes the days that ought not to stand in the model any more. A day whose
  newer fetch has left only its ledger entry so far is one of them: nothing was inserted for it,
  so nothing of its earlier fetch was deleted.

  Nearly always there is none, which one row a day tells.

  Args:
    days: SQL of the days that may stand in the model.
    key: column that with local_date identifies a day.
    fetches: mapping of the model's columns of fetch times to those of `days`.
    one_row_a_day: condition on the built rows that leaves one for each day.
-#}
{% macro delete_days_without(days, key, fetches={}, one_row_a_day="is_first_of_day") -%}
  {%- if execute and by_day_materialization() == "incremental" -%}
    {%- set never = "timestamp '1970-01-01 00:00:00'" -%}
    {%- set gone -%}
    select {{ key }}, local_date
    from {{ this }} as built
    where {{ one_row_a_day }} and not exists (
        select 1 from ({{ days }}) as kept
        where
            kept.{{ key }} = built.{{ key }}
            and kept.local_date = built.local_date
            {%- for column, wanted in fetches.items() %}
            and coalesce(kept.{{ wanted }}, {{ never }}) = coalesce(built.{{ column }}, {{ never }})
            {%- endfor %}
    )
    {%- endset -%}
    {#- Counted, not looked for: who is asked for one row alone goes through all pairs to find none. -#}
    {%- if run_query("select count(*) as days from (" ~ gone ~ ") as gone").columns[0].values()[0] > 0 -%}
    delete from {{ this }} where exists (
        select 1 from ({{ gone }}) as gone
        where gone.{{ key }} = {{ this }}.{{ key }} and gone.local_date = {{ this }}.local_date
    )
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{#-
  Before the build: PostgreSQL would compile these long expressions to machine code, for 18 of
  the 19 seconds that a hundred changed days take.
-#}
{% macro plain_plans() -%}
  {%- if target.type == "postgres" -%}
    set local jit = off
  {%- endif -%}
{%- endmacro %}

{#-
  After the build: PostgreSQL knows nothing of a new table until it comes round to it, takes
  every other row for the first of a day, and reads all of them to find out.
-#}
{% macro know_the_rows() -%}
  {%- if execute and target.type == "postgres" -%}
    {%- set known = run_query(
        "select 1 as one from pg_stats where schemaname = '" ~ this.schema
        ~ "' and tablename = '" ~ this.identifier ~ "' limit 1"
    ) -%}
    {%- if known.rows | length == 0 -%}
      analyze {{ this }}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{#- The first days of the months to build, read while compiling; none means all. -#}
{% macro months_to_build(todo, limit=36) -%}
  {%- if not (execute and is_incremental()) -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set months = run_query(
      "select distinct cast(month_start as varchar(10)) as month_start from (" ~ todo ~ ") as todo order by 1"
  ).columns[0].values() -%}
  {{ return(months if months | length <= limit else none) }}
{%- endmacro %}

{#- Restricts a date column to some months. -#}
{% macro in_months(months, column) -%}
  {%- if months is not none -%}
    {%- if months | length == 0 -%}
      and 1 = 0
    {%- else -%}
      and (
        {%- for month in months -%}
          {%- set first = modules.datetime.date.fromisoformat(month) -%}
          {%- set next = (first + modules.datetime.timedelta(days=31)).replace(day=1) -%}
          ({{ column }} >= cast('{{ first }}' as date) and {{ column }} < cast('{{ next }}' as date))
          {{- " or " if not loop.last }}
        {%- endfor -%}
      )
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{#- After the build: removes the months of which no day is left. -#}
{% macro delete_months_without(days) -%}
  {%- if by_day_materialization() == "incremental" -%}
    delete from {{ this }} where not exists (
        select 1 from (
            select distinct system_id, {{ month_start("local_date") }} as month_start
            from {{ days }}
            where is_first_of_day
        ) as kept
        where kept.system_id = {{ this }}.system_id and kept.month_start = {{ this }}.month_start
    )
  {%- endif -%}
{%- endmacro %}

{#-
  A number that changes with a figure that days are made of but that is in no fetch time; figures
  beyond all measure count as the bound.
-#}
{% macro version_of(figures) -%}
cast(
    {%- for figure in figures %}
    {{ 3 ** loop.index }} * round(1000 * least(1e9, greatest(-1e9, coalesce({{ figure }}, -1))))
    {{- " +" if not loop.last }}
    {%- endfor %} as bigint
)
{%- endmacro %}
