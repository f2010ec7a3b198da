{{ config(materialized="table") }}

{%- set findings = {
    "doubled_rows": ["doubled_rows_count", "doubled_rows_count > 0 and contradicting_rows_count = 0"],
    "rows_contradict": ["contradicting_rows_count", "contradicting_rows_count > 0"],
    "rows_of_another_day": [
        "other_days_rows_count", "other_days_rows_count > 0 and (not ends_with_next_midnight or rows_count = 0)"
    ],
    "row_of_next_midnight": ["1", "ends_with_next_midnight and rows_count > 0"],
    "too_many_rows": ["rows_count - expected_points", "rows_count > expected_points"],
    "days_overlap": ["rows_count", "shares_hours"],
    "zone_changed": ["rows_count", "zone_has_changed"],
    "negative_values": ["negative_values_count", "negative_values_count > 0"],
    "unreadable_values": ["unreadable_values_count", "unreadable_values_count > 0"],
} %}

with ledger as (
    select
        *,
        first_value(timezone) over (
            partition by system_id order by fetched_at_utc desc, local_date desc
        ) as latest_timezone,
        lag(day_end_utc) over system as earlier_end_utc,
        lag(fetched_at_utc) over system as earlier_fetched_at_utc,
        lead(day_start_utc) over system as later_start_utc,
        lead(fetched_at_utc) over system as later_fetched_at_utc
    from {{ ref("stg_sigen__history_days") }}
    where n_points > 0
    window system as (partition by system_id order by local_date)
),

days as (
    select
        checks.*,
        ledger.expected_points,
        coalesce(ledger.timezone <> ledger.latest_timezone, false) as zone_has_changed,
        -- Of two days that share hours, the zone of the one that was fetched later holds.
        coalesce(
            ledger.later_start_utc < ledger.day_end_utc
            and ledger.later_fetched_at_utc >= ledger.fetched_at_utc,
            false
        ) or coalesce(
            ledger.earlier_end_utc > ledger.day_start_utc
            and ledger.earlier_fetched_at_utc > ledger.fetched_at_utc,
            false
        ) as shares_hours
    from {{ ref("int_sigen__day_checks") }} as checks
    inner join ledger
        on
            checks.system_id = ledger.system_id
            and checks.local_date = ledger.local_date
)

{%- for code, (rows_count, where) in findings.items() %}
    {{ finding_of(code, "system_id", "days", "'history_intervals'", rows_count, where) }}
    {{ "union all" if not loop.last }}
{%- endfor %}
