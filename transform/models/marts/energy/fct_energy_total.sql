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
        sum(data_points_count) as data_points_count,
        sum(expected_points) as expected_points
    from {{ ref("fct_energy_daily") }}
    group by system_key, vendor, system_id
)

select
    system_key,
    vendor,
    system_id,
    first_date,
    last_date,
    cast(days_with_data as integer) as days_with_data,
    {%- for quantity in quantities + energy_flows() %}
    {{ quantity }}_kwh,
    {%- endfor %}
    {{ self_consumption_share("pv_kwh", "export_kwh") }} as self_consumption_share,
    {{ self_sufficiency_share("load_kwh", "import_kwh") }} as self_sufficiency_share,
    pv_peak_kw,
    cast(data_points_count as bigint) as data_points_count,
    cast(expected_points as bigint) as expected_points,
    {{ share("data_points_count", "expected_points") }} as coverage_share
from totals
