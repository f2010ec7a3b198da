select
    site_id,
    {{ month_text("reading_date") }} as month,
    {{ stable_sum("energy_wh") }} as total_wh,
    {{ rounded("sum(energy_wh) / 1000.0", 2) }} as total_kwh,
    cast(count(*) as integer) as days_with_data
from {{ ref("seh_energy_readings") }}
where time_unit = 'DAY'
group by site_id, {{ month_text("reading_date") }}
