with days as (
    select
        *,
        cast({{ dbt.date_trunc("month", "local_date") }} as date) as month_start
    from {{ ref("fct_energy_daily") }}
),

months as (
    select
        system_key,
        vendor,
        system_id,
        month_start,
        {%- for quantity in energy_quantities() %}
        {{ stable_sum(quantity ~ "_kwh") }} as {{ quantity }}_kwh,
        {%- endfor %}
        max(pv_peak_kw) as pv_peak_kw,
        count(*) as days_with_data,
        {{ stable_sum("least(coverage_share, 1.0)") }} as covered_days
    from days
    group by system_key, vendor, system_id, month_start
),

measured as (
    select
        *,
        cast({{ dbt.dateadd("month", 1, "month_start") }} as date) as next_month_start
    from months
),

counted as (
    select
        *,
        {{ dbt.datediff("month_start", "next_month_start", "day") }} as days_in_month  -- noqa: LT05
    from measured
)

select
    system_key,
    vendor,
    system_id,
    month_start,
    {%- for quantity in energy_quantities() %}
    {{ quantity }}_kwh,
    {%- endfor %}
    {{ self_consumption_share("pv_kwh", "export_kwh") }} as self_consumption_share,
    {{ self_sufficiency_share("load_kwh", "import_kwh") }} as self_sufficiency_share,
    pv_peak_kw,
    cast(days_with_data as integer) as days_with_data,
    cast(days_in_month as integer) as days_in_month,
    covered_days / cast(days_in_month as double precision) as coverage_share,
    days_with_data < days_in_month as is_partial
from counted
