with raw as (
    {{ raw_table(source("tap_sigen", "devices"), {
        "system_id": "text",
        "serial_number": "text",
        "device_type": "text",
        "status": "text",
        "pn": "text",
        "firmware_version": "text",
        "fetched_at": "timestamp",
    }) }}
),

latest as (
    select
        *,
        row_number() over (partition by system_id, serial_number order by fetched_at desc) as recency
    from raw
)

select
    system_id,
    serial_number,
    device_type,
    status,
    pn as part_number,
    firmware_version,
    fetched_at as fetched_at_utc
from latest
where recency = 1
