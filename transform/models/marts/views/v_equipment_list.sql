{{ config(materialized="view") }}

select
    devices.vendor,
    devices.system_key,
    devices.system_id as site_id,
    systems.system_name as site_name,
    devices.serial_number,
    devices.device_type as equipment_type,
    devices.meter_role,
    devices.device_name as equipment_name,
    devices.manufacturer,
    devices.model,
    devices.firmware_version,
    devices.status,
    devices.connected_to,
    devices.connected_optimizers,
    devices.fetched_at_utc
from {{ ref("dim_devices") }} as devices
left join {{ ref("dim_systems") }} as systems on devices.system_key = systems.system_key
