{#-
  Incremental by the day ledger: whole system-days are rebuilt, and only those whose ledger
  entry is new or has changed. Merging rows would keep stale ones, a watermark would miss
  days that are fetched late (docs/decisions/0004-rebuild-by-the-day-ledger.md).

  The literal dates let every engine skip what it need not read; beyond `limit` days the
  list would cost more than it saves.

  Args:
    todo: SQL that returns the days to rebuild, with a column local_date.
    column: the date column to restrict.
-#}
{% macro only_days_of(todo, column, limit=400) -%}
  {%- if execute and is_incremental() -%}
    {%- set days = run_query(
        "select distinct cast(local_date as varchar(10)) as local_date from (" ~ todo ~ ") as todo"
    ).columns[0].values() -%}
    {%- if days | length == 0 -%}
      and 1 = 0
    {%- elif days | length <= limit -%}
      and {{ column }} in (
        {%- for day in days %}cast('{{ day }}' as date){{ ", " if not loop.last }}{% endfor -%}
      )
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
