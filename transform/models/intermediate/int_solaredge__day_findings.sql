{{ config(materialized="table") }}

{%- set findings = {
    "doubled_rows": ["doubled_rows_count", "doubled_rows_count > 0 and contradicting_rows_count = 0"],
    "rows_contradict": ["contradicting_rows_count", "contradicting_rows_count > 0"],
    "rows_of_another_day": ["other_days_rows_count", "other_days_rows_count > 0"],
    "uneven_times": ["uneven_rows_count", "uneven_rows_count > 0"],
    "negative_values": ["negative_values_count", "negative_values_count > 0"],
    "unreadable_values": ["unreadable_values_count", "unreadable_values_count > 0"],
} -%}

with ledger as (
    select
        site_id,
        local_date,
        stream,
        n_points as rows_count,
        fetched_at_utc as source_fetched_at_utc,
        timezone,
        first_value(timezone) over (
            partition by site_id order by fetched_at_utc desc, local_date desc, stream asc
        ) as latest_timezone
    from {{ ref("stg_solaredge__sync_days") }}
    where n_points > 0
)

{{ finding_of("zone_changed", "site_id", "ledger", "stream", "rows_count", "timezone <> latest_timezone") }}
{%- for code, (rows_count, where) in findings.items() %}
union all
{{ finding_of(code, "site_id", ref("int_solaredge__day_checks"), "stream", rows_count, where) }}
{%- endfor %}
