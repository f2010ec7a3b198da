select
    row_number() over (order by site_id, data_type) as id,
    {{ whole_number("site_id") }} as site_id,
    data_type,
    last_sync_at_utc as last_sync_time,
    cast(last_data_date as timestamp) as last_data_timestamp,
    records_synced,
    case when status = 'refused' then 'error' else 'success' end as status,
    case
        when status = 'refused'
            then 'the vendor refused ' || cast(days_refused as {{ sql_type("text") }}) || ' days'
    end as error_message,
    last_sync_at_utc as created_at,
    last_sync_at_utc as updated_at
from {{ ref("v_sync_status") }}
where vendor = 'solaredge'
