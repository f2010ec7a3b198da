select
    metadata.id,
    metadata.site_id,
    sites.name as site_name,
    metadata.data_type,
    metadata.last_sync_time,
    metadata.last_data_timestamp,
    metadata.records_synced,
    metadata.status,
    metadata.error_message,
    metadata.updated_at
from {{ ref("seh_sync_metadata") }} as metadata
inner join {{ ref("seh_sites") }} as sites on metadata.site_id = sites.id
