select
    row_number() over (order by site_id, device_type, serial_number, meter_type) as id,
    {{ whole_number("site_id") }} as site_id,
    coalesce(device_name, serial_number) as name,
    manufacturer,
    coalesce(model, part_number) as model,
    case when serial_number = 'virtual' then '' else serial_number end as serial_number,
    case upper(device_type)
        when 'INVERTER' then 'inverters'
        when 'BATTERY' then 'batteries'
        when 'METER' then 'meters'
        when 'GATEWAY' then 'gateways'
        when 'SENSOR' then 'sensors'
        else lower(device_type)
    end as category,
    firmware_version,
    cpu_version,
    connected_optimizers,
    coalesce(connected_to, connected_to_name) as connected_to,
    case when upper(device_type) = 'INVERTER' then nameplate end as max_power,
    1 as quantity,
    {{ null_of("text") }} as short_description,
    fetched_at_utc as created_at,
    fetched_at_utc as updated_at
from {{ ref("stg_solaredge__devices") }}
