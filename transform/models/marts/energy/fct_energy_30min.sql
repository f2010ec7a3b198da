{{ config(materialized="view") }}

{%- set quantities = energy_quantities() %}

with both_vendors as (
    select
        'sigen:' || blocks.system_id as system_key,
        'sigen' as vendor,
        blocks.system_id,
        blocks.block_start_utc,
        blocks.block_start_local,
        blocks.local_date,
        blocks.utc_offset_minutes,
        {%- for quantity in quantities + energy_flows() %}
        {{ scaled_to_the_meter(quantity) }} as {{ quantity }}_kwh,
        {%- endfor %}
        {%- for quantity in quantities %}
        blocks.{{ quantity }}_rank,
        {%- endfor %}
        blocks.soc_pct_avg,
        'counter' as counted_method,
        case
            when {{ scale_of_import() }} = 1.0 then 'power integrated'
            else 'power integrated, scaled to the metered day'
        end as import_method,
        case
            when {{ scale_of_sales() }} = 1.0 then 'counter'
            else 'counter; battery''s part scaled to the metered day'
        end as export_method,
        'counter' as storage_method,
        'counter; import integrated' as energy_method,
        blocks.data_points_count,
        6 as expected_points,
        blocks.spans_gap,
        blocks.is_first_of_day,
        blocks.day_version + coalesce(metered.metered_version, 0) as day_version
    from {{ ref("int_sigen__30min") }} as blocks
    left join {{ ref("int_sigen__metered_days") }} as metered
        on
            blocks.system_id = metered.system_id
            and blocks.local_date = metered.local_date

    union all

    select
        'solaredge:' || site_id as system_key,
        'solaredge' as vendor,
        site_id as system_id,
        block_start_utc,
        block_start_local,
        local_date,
        utc_offset_minutes,
        {%- for quantity in quantities %}
        {{ quantity }}_kwh,
        {%- endfor %}
        {%- for flow in energy_flows() %}
        {{ null_of("double") }} as {{ flow }}_kwh,
        {%- endfor %}
        {%- for quantity in quantities %}
        {{ quantity }}_rank,
        {%- endfor %}
        soc_pct_avg,
        'vendor interval' as counted_method,
        'vendor interval' as import_method,
        'vendor interval' as export_method,
        storage_method,
        'vendor interval' as energy_method,
        data_points_count,
        expected_points,
        spans_gap,
        is_first_of_day,
        day_version
    from {{ ref("int_solaredge__30min") }}
)

select
    system_key,
    vendor,
    system_id,
    block_start_utc,
    block_start_local,
    local_date,
    utc_offset_minutes,
    {%- for quantity in quantities %}
    {{ quantity }}_kwh,
    {{ quantity }}_kwh / 0.5 as {{ quantity }}_kw_avg,
    {%- endfor %}
    {%- for flow in energy_flows() %}
    {{ flow }}_kwh,
    {%- endfor %}
    soc_pct_avg,
    {{ self_consumption_share("pv_kwh", "export_kwh") }} as self_consumption_share,
    {{ self_sufficiency_share("load_kwh", "import_kwh") }} as self_sufficiency_share,
    energy_method,
    {%- for quantity in quantities %}
    case
        when {{ quantity }}_kwh is not null
            then {{
                quantity ~ "_method" if quantity in ("import", "export")
                else "storage_method" if quantity in ("charge", "discharge")
                else "counted_method"
            }}
    end as {{ quantity }}_method,
    {{ quality_name(quantity ~ "_rank") }} as {{ quantity }}_quality,
    {%- endfor %}
    {{ worst_quality(quantities) }} as quality,
    data_points_count,
    expected_points,
    {{ share("data_points_count", "expected_points") }} as coverage_share,
    data_points_count < expected_points as is_partial,
    spans_gap,
    is_first_of_day,
    day_version
from both_vendors
