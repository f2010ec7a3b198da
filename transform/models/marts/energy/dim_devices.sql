select
    'sigen:' || system_id as system_key,
    'sigen' as vendor,
    system_id,
    serial_number,
    lower(device_type) as device_type,
    {{ null_of("text") }} as meter_role,
    {{ null_of("text") }} as device_name,
    'Sigenergy' as manufacturer,
    part_number as model,
    firmware_version,
    status,
    {{ null_of("text") }} as connected_to,
    {{ null_of("integer") }} as connected_optimizers,
    attributes_json,
    fetched_at_utc,
    account
from {{ ref("stg_sigen__devices") }}

union all

select
    'solaredge:' || site_id as system_key,
    'solaredge' as vendor,
    site_id as system_id,
    serial_number,
    lower(device_type) as device_type,
    case meter_type
        when 'Production' then 'production'
        when 'Consumption' then 'load'
        when 'SelfConsumption' then 'self_consumption'
        when 'Purchased' then 'import'
        when 'FeedIn' then 'export'
        when 'none' then null
        else meter_type
    end as meter_role,
    device_name,
    manufacturer,
    coalesce(model, part_number) as model,
    coalesce(firmware_version, cpu_version) as firmware_version,
    case when is_active then 'active' when not is_active then 'inactive' end as status,
    coalesce(connected_to, connected_to_name) as connected_to,
    connected_optimizers,
    {{ null_of("text") }} as attributes_json,
    fetched_at_utc,
    account
from {{ ref("stg_solaredge__devices") }}
