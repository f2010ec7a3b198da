select
    readings.id,
    readings.site_id,
    sites.name as site_name,
    readings.reading_date,
    readings.time_unit,
    readings.energy_wh,
    {{ rounded("readings.energy_wh / 1000.0", 2) }} as energy_kwh,
    readings.created_at
from {{ ref("seh_energy_readings") }} as readings
inner join {{ ref("seh_sites") }} as sites on readings.site_id = sites.id
