select
    equipment.id,
    equipment.site_id,
    sites.name as site_name,
    equipment.serial_number,
    equipment.name as equipment_name,
    equipment.manufacturer,
    equipment.model,
    equipment.equipment_type,
    equipment.cpu_version,
    equipment.connected_optimizers,
    equipment.last_report_date,
    equipment.created_at
from {{ ref("seh_equipment") }} as equipment
inner join {{ ref("seh_sites") }} as sites on equipment.site_id = sites.id
