{{ config(materialized="view") }}

{%- set quantities = energy_quantities() %}

with periods as (
    select
        system_key,
        vendor,
        system_id,
        'half_hour' as grain,
        block_start_local as period_start_local,
        block_start_utc as period_start_utc,
        local_date,
        quality,
        {%- for quantity in quantities %}
        {{ quantity }}_kwh,
        {%- endfor %}
        0.06 as digits_kwh
    from {{ ref("fct_energy_30min") }}

    union all

    select
        system_key,
        vendor,
        system_id,
        'day' as grain,
        cast(local_date as timestamp) as period_start_local,
        {{ null_of("timestamp") }} as period_start_utc,
        local_date,
        quality,
        {%- for quantity in quantities %}
        {{ quantity }}_kwh,
        {%- endfor %}
        0.1 as digits_kwh
    from {{ ref("fct_energy_daily") }}

    union all

    select
        system_key,
        vendor,
        system_id,
        'month' as grain,
        cast(month_start as timestamp) as period_start_local,
        {{ null_of("timestamp") }} as period_start_utc,
        month_start as local_date,
        quality,
        {%- for quantity in quantities %}
        {{ quantity }}_kwh,
        {%- endfor %}
        0.5 as digits_kwh
    from {{ ref("fct_energy_monthly") }}
),

balanced as (
    select
        periods.*,
        coalesce(periods.pv_kwh, 0) + periods.import_kwh + coalesce(periods.discharge_kwh, 0) as in_kwh,
        periods.load_kwh + periods.export_kwh + coalesce(periods.charge_kwh, 0) as out_kwh,
        -- A battery whose readings are missing leaves the balance open.
        case
            when not coalesce(systems.has_battery, false) or periods.charge_kwh is not null
                then {{ balance_residual(
                    "periods.pv_kwh", "periods.import_kwh", "periods.discharge_kwh",
                    "periods.load_kwh", "periods.export_kwh", "periods.charge_kwh"
                ) }}
        end as residual_kwh
    from periods
    left join {{ ref("dim_systems") }} as systems on periods.system_key = systems.system_key
)

select
    system_key,
    vendor,
    system_id,
    grain,
    period_start_local,
    period_start_utc,
    local_date,
    {%- for quantity in quantities %}
    {{ quantity }}_kwh,
    {%- endfor %}
    in_kwh,
    out_kwh,
    {{ rounded("residual_kwh", 6) }} as residual_kwh,
    cast(greatest(digits_kwh, 0.02 * in_kwh) as {{ sql_type("double") }}) as tolerance_kwh,
    abs(residual_kwh) <= greatest(digits_kwh, 0.02 * in_kwh) + 0.000001 as is_balanced,
    quality
from balanced
