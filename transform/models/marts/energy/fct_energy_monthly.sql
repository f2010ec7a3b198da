{%- set quantities = energy_quantities() %}

with months as (
    select
        system_key,
        vendor,
        system_id,
        {{ month_start("local_date") }} as month_start,
        {%- for quantity in quantities + energy_flows() %}
        {{ stable_sum(quantity ~ "_kwh", 9) }} as {{ quantity }}_kwh,
        {%- endfor %}
        max(pv_peak_kw) as pv_peak_kw,
        max(case when quality <> 'missing' then {{ quality_rank("quality") }} end) as worst_rank,
        min(soc_pct_min) as soc_pct_min,
        max(soc_pct_max) as soc_pct_max,
        count(*) as days_with_data,
        count(case when not is_partial then 1 end) as days_complete,
        sum(data_points_count) as data_points_count,
        {{ stable_sum("least(coverage_share, 1.0)") }} as covered_days
    from {{ ref("fct_energy_daily") }}
    group by system_key, vendor, system_id, {{ month_start("local_date") }}
)

select
    system_key,
    vendor,
    system_id,
    month_start,
    {%- for quantity in quantities + energy_flows() %}
    {{ quantity }}_kwh,
    {%- endfor %}
    {{ self_consumption_share("pv_kwh", "export_kwh") }} as self_consumption_share,
    {{ self_sufficiency_share("load_kwh", "import_kwh") }} as self_sufficiency_share,
    pv_peak_kw,
    soc_pct_min,
    soc_pct_max,
    {{ quality_name("worst_rank") }} as quality,
    cast(days_with_data as integer) as days_with_data,
    cast(days_complete as integer) as days_complete,
    {{ days_in_month("month_start") }} as days_in_month,
    cast(data_points_count as integer) as data_points_count,
    covered_days / {{ days_in_month("month_start") }} as coverage_share,
    days_with_data < {{ days_in_month("month_start") }} as is_partial
from months
