with raw as (
    {{ latest_of("solaredge", "sensors", ["site_id", "connected_to", "name"], {
        "site_id": "text",
        "connected_to": "text",
        "name": "text",
        "measurement": "text",
        "type": "text",
        "fetched_at": "timestamp",
    }) }}
)

select
    account,
    site_id,
    connected_to,
    name as sensor_name,
    measurement,
    type as sensor_type,
    fetched_at as fetched_at_utc
from raw
