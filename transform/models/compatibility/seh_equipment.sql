select
    row_number() over (order by site_id, serial_number) as id,
    {{ whole_number("site_id") }} as site_id,
    serial_number,
    device_name as name,
    manufacturer,
    coalesce(model, part_number) as model,
    'Inverter' as equipment_type,
    communication_type as communication_method,
    coalesce(cpu_version, firmware_version) as cpu_version,
    dsp1_version,
    dsp2_version,
    connected_optimizers,
    {{ null_of("text") }} as inverter_serial,
    {{ null_of("text") }} as panel_manufacturer,
    {{ null_of("text") }} as panel_model,
    {{ null_of("timestamp") }} as last_report_date,
    fetched_at_utc as created_at,
    fetched_at_utc as updated_at
from {{ ref("stg_solaredge__devices") }}
where upper(device_type) = 'INVERTER'
