{#-
  What is found about a system-day, by code: whether the day is mended, set aside or only
  noted, and the sentence that tells people. A day that is set aside is in no table of energy.
-#}
{% macro day_findings() -%}
  {{ return({
    "doubled_rows": ["mended", "Rows came more than once, all values alike; each counts once."],
    "rows_contradict": [
        "set_aside", "Rows of the same time came more than once with different values; which of them are right is unknown."
    ],
    "rows_of_another_day": [
        "set_aside", "Rows carry the date of another day; whose they are is unknown."
    ],
    "row_of_next_midnight": [
        "mended", "The answer ends with the first row of the next day, which counts there."
    ],
    "too_many_rows": ["set_aside", "There are more rows than the day has intervals."],
    "uneven_times": ["set_aside", "Intervals begin at other times than the quarters of an hour."],
    "days_overlap": [
        "set_aside", "The day shares hours with a neighbouring day that was fetched later, with another time zone."
    ],
    "zone_changed": [
        "set_aside", "The time zone of the site was corrected, and the day is still that of the former zone."
    ],
    "negative_values": ["mended", "An energy or a counter is below zero; such a value is left out."],
    "unreadable_values": ["mended", "A value is not a finite number; such a value is left out."],
  }) }}
{%- endmacro %}

{#- The rows of one finding, from a row for each day that has the count. -#}
{% macro finding_of(code, key, days, stream, rows_count, where) -%}
    select
        {{ key }},
        local_date,
        {{ stream }} as stream,
        '{{ code }}' as finding,
        '{{ day_findings()[code][0] }}' as action,
        cast({{ rows_count }} as integer) as rows_count,
        source_fetched_at_utc
    from {{ days }}
    where {{ where }}
{%- endmacro %}

{#- The sentence of a finding's code. -#}
{% macro finding_sentence(column) -%}
  case {{ column }}
    {%- for code, (action, sentence) in day_findings().items() %}
    when '{{ code }}' then '{{ sentence }}'
    {%- endfor %}
  end
{%- endmacro %}

{#-
  Condition that a day is not set aside.

  Args:
    vendor: sigen or solaredge.
    days: alias of the relation that has the day's key and local_date.
-#}
{% macro is_not_set_aside(vendor, days) -%}
  {%- set key = "system_id" if vendor == "sigen" else "site_id" -%}
  not exists (
            select 1 from {{ ref("int_" ~ vendor ~ "__day_findings") }} as findings
            where
                findings.action = 'set_aside'
                and findings.{{ key }} = {{ days }}.{{ key }}
                and findings.local_date = {{ days }}.local_date
        )
{%- endmacro %}

{#-
  The readings of SolarEdge with rows that came twice counted once.

  Args:
    readings: relation with a row for each value, and what tells its device apart.
-#}
{% macro solaredge_once(readings) -%}
    select readings.*
    from {{ readings }} as readings
    where not {{ has_doubled_rows() }}

    union all

    select distinct readings.*
    from {{ readings }} as readings
    where {{ has_doubled_rows() }}
{%- endmacro %}

{% macro has_doubled_rows() -%}
    exists (
        select 1 from {{ ref("int_solaredge__day_findings") }} as findings
        where
            findings.finding = 'doubled_rows'
            and findings.site_id = readings.site_id
            and findings.local_date = readings.local_date
    )
{%- endmacro %}
