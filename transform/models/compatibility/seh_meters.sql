select
    row_number() over (order by site_id, meter_type, serial_number) as id,
    {{ whole_number("site_id") }} as site_id,
    coalesce(device_name, meter_type) as name,
    manufacturer,
    coalesce(model, part_number) as model,
    nullif(serial_number, 'virtual') as serial_number,
    meter_type,
    communication_type as connection_type,
    form,
    fetched_at_utc as created_at,
    fetched_at_utc as updated_at
from {{ ref("stg_solaredge__devices") }}
where upper(device_type) = 'METER'
