select
    id as site_id,
    name as site_name,
    city,
    state,
    country,
    timezone,
    peak_power,
    status,
    installation_date,
    last_update_time,
    primary_module_manufacturer,
    primary_module_model,
    created_at,
    updated_at
from {{ ref("seh_sites") }}
