{#- Returns a timestamp some minutes later; null stays null on every engine. -#}
{% macro add_minutes(column, minutes) -%}
  {{ return(adapter.dispatch("add_minutes", "solar")(column, minutes)) }}
{%- endmacro %}

{% macro default__add_minutes(column, minutes) -%}
  ({{ column }} + ({{ minutes }}) * interval '1 minute')
{%- endmacro %}

{% macro duckdb__add_minutes(column, minutes) -%}
  ({{ column }} + to_minutes(cast({{ minutes }} as bigint)))
{%- endmacro %}

{% macro spark__add_minutes(column, minutes) -%}
  timestampadd(minute, cast({{ minutes }} as int), {{ column }})
{%- endmacro %}

{#- Returns a date some days later. -#}
{% macro add_days(column, days) -%}
  {{ return(adapter.dispatch("add_days", "solar")(column, days)) }}
{%- endmacro %}

{% macro default__add_days(column, days) -%}
  ({{ column }} + ({{ days }}))
{%- endmacro %}

{% macro spark__add_days(column, days) -%}
  date_add({{ column }}, {{ days }})
{%- endmacro %}

{#- Returns the first day of a date's month. -#}
{% macro month_start(column) -%}
  cast({{ dbt.date_trunc("month", column) }} as date)
{%- endmacro %}

{#- Returns the number of days of the month that begins on a date. -#}
{% macro days_in_month(column) -%}
  {{ return(adapter.dispatch("days_in_month", "solar")(column)) }}
{%- endmacro %}

{% macro default__days_in_month(column) -%}
  cast(cast({{ column }} + interval '1 month' as date) - {{ column }} as integer)
{%- endmacro %}

{% macro spark__days_in_month(column) -%}
  dayofmonth(last_day({{ column }}))
{%- endmacro %}

{#- Returns one row for each day from the first to the last; stands in a select list. -#}
{% macro each_day(first, last) -%}
  {{ return(adapter.dispatch("each_day", "solar")(first, last)) }}
{%- endmacro %}

{% macro default__each_day(first, last) -%}
  cast(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day') as date)
{%- endmacro %}

{% macro duckdb__each_day(first, last) -%}
  cast(unnest(
    generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 day)
  ) as date)
{%- endmacro %}

{% macro spark__each_day(first, last) -%}
  explode(sequence({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}

{#- Returns a timestamp as microseconds since 1970: a number to compare and to add up. -#}
{% macro epoch_us(column) -%}
  {{ return(adapter.dispatch("epoch_us", "solar")(column)) }}
{%- endmacro %}

{% macro default__epoch_us(column) -%}
  cast(extract(epoch from {{ column }}) * 1000000 as bigint)
{%- endmacro %}

{% macro duckdb__epoch_us(column) -%}
  epoch_us({{ column }})
{%- endmacro %}

{% macro spark__epoch_us(column) -%}
  unix_micros({{ column }})
{%- endmacro %}

{#- Returns the seconds from one timestamp to another, fractions included. -#}
{% macro seconds_between(earlier, later) -%}
  (({{ epoch_us(later) }} - {{ epoch_us(earlier) }}) / 1000000.0)
{%- endmacro %}

{#- Returns the half hour, on the clock of the given column, that a timestamp lies in. -#}
{% macro block_30min(column) -%}
  {{ return(adapter.dispatch("block_30min", "solar")(column)) }}
{%- endmacro %}

{% macro default__block_30min(column) -%}
  {{ add_minutes(
      dbt.date_trunc("hour", column),
      "30 * cast(floor(extract(minute from " ~ column ~ ") / 30) as integer)"
  ) }}
{%- endmacro %}

{% macro duckdb__block_30min(column) -%}
  time_bucket(interval '30 minutes', {{ column }})
{%- endmacro %}

{% macro postgres__block_30min(column) -%}
  date_bin(interval '30 minutes', {{ column }}, timestamp '2000-01-01')
{%- endmacro %}

{#-
  Returns the UTC start of the half hour, on the local clock, that a timestamp lies in: the key that
  rows are grouped by. Clocks change by whole half hours, so the grid of half hours stays where it
  is and a change inside a half hour (Pacific/Chatham, at 02:45) leaves that half hour whole: the
  rows before and after the change get the same key, although their local half hours differ.

  Args:
    local: wall clock of the row.
    offset_minutes: local minus UTC at that instant.
-#}
{% macro block_start_utc(local, offset_minutes) -%}
  {{ add_minutes(block_30min(local), "-" ~ offset_minutes) }}
{%- endmacro %}

{#-
  Aggregate: local minus UTC at the start of a half hour, minutes. Where the clock changes within
  it, the row at its very start decides; without that row, the larger offset.

  Args:
    starts_block: whether a row stands at the half hour's very start.
-#}
{% macro offset_at_start(starts_block, offset_minutes="utc_offset_minutes") -%}
  coalesce(max(case when {{ starts_block }} then {{ offset_minutes }} end), max({{ offset_minutes }}))
{%- endmacro %}

{#- Returns a local timestamp's month as text, such as 2026-03, on every engine alike. -#}
{% macro month_text(column) -%}
  substring(cast({{ month_start(column) }} as {{ "string" if target.type == "spark" else "varchar(10)" }}), 1, 7)
{%- endmacro %}

{#- Returns the first day of a date's year. -#}
{% macro year_start(column) -%}
  cast({{ dbt.date_trunc("year", column) }} as date)
{%- endmacro %}

{#- Returns the number of days of the year that begins on a date. -#}
{% macro days_in_year(column) -%}
  {{ return(adapter.dispatch("days_in_year", "solar")(column)) }}
{%- endmacro %}

{% macro default__days_in_year(column) -%}
  cast(cast({{ column }} + interval '1 year' as date) - {{ column }} as integer)
{%- endmacro %}

{% macro spark__days_in_year(column) -%}
  datediff(add_months({{ column }}, 12), {{ column }})
{%- endmacro %}

{#- Returns the number of days from one date to another. -#}
{% macro days_from(first, last) -%}
  {{ return(adapter.dispatch("days_from", "solar")(first, last)) }}
{%- endmacro %}

{% macro default__days_from(first, last) -%}
  cast({{ last }} - {{ first }} as integer)
{%- endmacro %}

{% macro spark__days_from(first, last) -%}
  datediff({{ last }}, {{ first }})
{%- endmacro %}

{#- One bit of twelve for the five minutes of its hour that a timestamp lies in. -#}
{% macro five_minute_bit(column) -%}
  {{ return(adapter.dispatch("five_minute_bit", "solar")(column)) }}
{%- endmacro %}

{% macro default__five_minute_bit(column) -%}
  (1 << (cast(date_part('minute', {{ column }}) as integer) / 5))
{%- endmacro %}

{% macro duckdb__five_minute_bit(column) -%}
  (1 << cast(minute({{ column }}) // 5 as integer))
{%- endmacro %}

{% macro spark__five_minute_bit(column) -%}
  shiftleft(1, minute({{ column }}) div 5)
{%- endmacro %}
