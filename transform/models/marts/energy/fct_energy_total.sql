{%- set quantities = energy_quantities() %}

with totals as (
    select
        system_key,
        vendor,
        system_id,
        min(local_date) as first_date,
        max(local_date) as last_date,
        count(*) as days_with_data,
        {%- for quantity in quantities + energy_flows() %}
        {{ stable_sum(quantity ~ "_kwh", 9) }} as {{ quantity }}_kwh,
        {%- endfor %}
        max(pv_peak_kw) as pv_peak_kw,
        sum(data_points_count) as data_points_count
    from {{ ref("fct_energy_daily") }}
    group by system_key, vendor, system_id
),

-- Days without any row count as missing: from the first day fetched, or the installation, to the last one.
expected as (
    select
        coverage.system_key,
        -- A day that was never fetched has as many as the others.
        sum(coverage.expected_points) + count(case when coverage.expected_points is null then 1 end)
        * {{ rounded("avg(coverage.expected_points)", 0) }} as points_count
    from {{ ref("fct_day_coverage") }} as coverage
    inner join totals on coverage.system_key = totals.system_key
    where
        coverage.stream in ('history_intervals', 'site_energy')
        and coverage.status <> 'before_start'
        and coverage.local_date <= totals.last_date
        and (coverage.is_hole or coverage.local_date >= totals.first_date)
    group by coverage.system_key
)

select
    totals.system_key,
    totals.vendor,
    totals.system_id,
    totals.first_date,
    totals.last_date,
    cast(totals.days_with_data as integer) as days_with_data,
    {%- for quantity in quantities + energy_flows() %}
    totals.{{ quantity }}_kwh,
    {%- endfor %}
    {{ self_consumption_share("totals.pv_kwh", "totals.export_kwh") }} as self_consumption_share,
    {{ self_sufficiency_share("totals.load_kwh", "totals.import_kwh") }} as self_sufficiency_share,
    totals.pv_peak_kw,
    cast(totals.data_points_count as bigint) as data_points_count,
    cast(expected.points_count as bigint) as expected_points,
    {{ share("least(totals.data_points_count, expected.points_count)", "expected.points_count") }}
        as coverage_share
from totals
left join expected on totals.system_key = expected.system_key
