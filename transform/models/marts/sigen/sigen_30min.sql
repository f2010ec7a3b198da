{{ config(materialized="view") }}

{%- set metrics = var("sigen_powers") + var("sigen_counters") + var("sigen_levels") %}

select
    energies.system_id,
    energies.local_date,
    energies.block_start_utc,
    {{ add_minutes("energies.block_start_utc", 30) }} as block_end_utc,
    energies.block_start_local,
    {{ add_minutes("energies.block_start_local", 30) }} as block_end_local,
    energies.utc_offset_minutes,
    energies.data_points_count,
    energies.spans_gap,
    {%- for metric in metrics %}
    statistics.{{ metric }}_sum / nullif(statistics.{{ metric }}_count, 0) as {{ metric }}_avg,
    {{ lowest_of_block(metric, "statistics") }} as {{ metric }}_min,
    {{ highest_of_block(metric, "statistics") }} as {{ metric }}_max,
    statistics.{{ metric }}_sum,
    statistics.{{ metric }}_count,
    {%- endfor %}
    {%- for quantity in energy_quantities() + energy_flows() %}
    energies.{{ quantity }}_kwh,
    {%- endfor %}
    {%- for quantity in energy_quantities() %}
    {{ quality_name("energies." ~ quantity ~ "_rank") }} as {{ quantity }}_quality,
    {%- endfor %}
    energies.source_fetched_at_utc,
    energies.following_fetched_at_utc
from {{ ref("int_sigen__30min") }} as energies
inner join {{ ref("int_sigen__30min_statistics") }} as statistics
    on
        energies.system_id = statistics.system_id
        and energies.local_date = statistics.local_date
        and energies.block_start_utc = statistics.block_start_utc
