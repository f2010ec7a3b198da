select
    batteries.id,
    batteries.site_id,
    sites.name as site_name,
    batteries.serial_number,
    batteries.name as battery_name,
    batteries.manufacturer,
    batteries.model,
    batteries.nameplate_capacity,
    batteries.capacity as current_capacity,
    batteries.last_state_of_charge,
    batteries.last_power,
    batteries.last_status,
    batteries.last_telemetry_time,
    batteries.lifetime_energy_charged,
    batteries.lifetime_energy_discharged,
    batteries.created_at
from {{ ref("seh_batteries") }} as batteries
inner join {{ ref("seh_sites") }} as sites on batteries.site_id = sites.id
