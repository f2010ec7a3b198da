{{ config(materialized="table") }}

{%- set findings = {
    "doubled_rows": ["doubled_rows_count", "doubled_rows_count > 0 and contradicting_rows_count = 0"],
    "rows_contradict": ["contradicting_rows_count", "contradicting_rows_count > 0"],
    "rows_of_another_day": ["other_days_rows_count", "other_days_rows_count > 0"],
    "uneven_times": ["uneven_rows_count", "uneven_rows_count > 0"],
    "negative_values": ["negative_values_count", "negative_values_count > 0"],
    "unreadable_values": ["unreadable_values_count", "unreadable_values_count > 0"],
} -%}

{%- for code, (rows_count, where) in findings.items() %}
{{ finding_of(code, "site_id", ref("int_solaredge__day_checks"), "stream", rows_count, where) }}
{{ "union all" if not loop.last }}
{%- endfor %}
