with blocks as (
    select
        system_key,
        vendor,
        system_id,
        local_date,
        {%- for quantity in energy_quantities() %}
        {{ stable_sum(quantity ~ "_kwh") }} as {{ quantity }}_kwh,
        {%- endfor %}
        max(pv_kw_avg) as pv_peak_kw,
        min(soc_pct_avg) as soc_pct_min,
        max(soc_pct_avg) as soc_pct_max,
        min(energy_method) as energy_method,
        sum(data_points_count) as data_points_count,
        count(case when spans_gap then 1 end) as blocks_with_gap_count
    from {{ ref("fct_energy_30min") }}
    group by system_key, vendor, system_id, local_date
),

expected as (
    select
        'sigen:' || system_id as system_key,
        local_date,
        expected_points
    from {{ ref("stg_sigen__history_days") }}
    union all
    -- Series of one site share its clock; a site's own energy is one series.
    select
        'solaredge:' || site_id as system_key,
        local_date,
        max(case when stream = 'site_energy' then expected_points end) as expected_points
    from {{ ref("stg_solaredge__sync_days") }}
    group by site_id, local_date
)

select
    blocks.system_key,
    blocks.vendor,
    blocks.system_id,
    blocks.local_date,
    {%- for quantity in energy_quantities() %}
    blocks.{{ quantity }}_kwh,
    {%- endfor %}
    {{ self_consumption_share("blocks.pv_kwh", "blocks.export_kwh") }} as self_consumption_share,
    {{ self_sufficiency_share("blocks.load_kwh", "blocks.import_kwh") }} as self_sufficiency_share,
    blocks.pv_peak_kw,
    blocks.soc_pct_min,
    blocks.soc_pct_max,
    blocks.energy_method,
    cast(blocks.data_points_count as integer) as data_points_count,
    cast(expected.expected_points as integer) as expected_points,
    blocks.data_points_count / cast(nullif(expected.expected_points, 0) as double precision)
        as coverage_share,
    cast(blocks.blocks_with_gap_count as integer) as blocks_with_gap_count
from blocks
left join expected
    on
        blocks.system_key = expected.system_key
        and blocks.local_date = expected.local_date
