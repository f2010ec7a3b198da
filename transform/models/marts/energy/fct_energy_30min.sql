{{ config(materialized="view") }}

with sigen as (
    select
        'sigen:' || system_id as system_key,
        'sigen' as vendor,
        system_id,
        block_start_utc,
        block_start_local,
        local_date,
        utc_offset_minutes,
        pv_kwh,
        load_kwh,
        import_kwh,
        export_kwh,
        charge_kwh,
        discharge_kwh,
        bat_soc_avg as soc_pct_avg,
        'counter; import integrated' as energy_method,
        data_points_count,
        6 as expected_points,
        spans_gap
    from {{ ref("sigen_30min") }}
),

solaredge as (
    select
        'solaredge:' || site_id as system_key,
        'solaredge' as vendor,
        site_id as system_id,
        block_start_utc,
        block_start_local,
        local_date,
        utc_offset_minutes,
        pv_kwh,
        load_kwh,
        import_kwh,
        export_kwh,
        charge_kwh,
        discharge_kwh,
        soc_pct_avg,
        'vendor interval' as energy_method,
        data_points_count,
        2 as expected_points,
        false as spans_gap
    from {{ ref("int_solaredge__30min") }}
),

both_vendors as (
    select * from sigen
    union all
    select * from solaredge
)

select
    system_key,
    vendor,
    system_id,
    block_start_utc,
    block_start_local,
    local_date,
    utc_offset_minutes,
    {%- for quantity in energy_quantities() %}
    {{ quantity }}_kwh,
    {{ quantity }}_kwh / 0.5 as {{ quantity }}_kw_avg,
    {%- endfor %}
    soc_pct_avg,
    energy_method,
    data_points_count,
    expected_points,
    spans_gap
from both_vendors
