with raw as (
    {{ raw_table(source("tap_solaredge", "devices"), {
        "site_id": "text",
        "serial_number": "text",
        "device_type": "text",
        "meter_type": "text",
        "name": "text",
        "manufacturer": "text",
        "model": "text",
        "part_number": "text",
        "firmware_version": "text",
        "connected_optimizers": "integer",
        "nameplate": "double precision",
        "active": "boolean",
        "fetched_at": "timestamp",
    }) }}
),

latest as (
    select
        *,
        row_number() over (
            partition by site_id, serial_number, device_type, meter_type
            order by fetched_at desc
        ) as recency
    from raw
)

select
    site_id,
    serial_number,
    device_type,
    meter_type,
    name as device_name,
    manufacturer,
    model,
    part_number,
    firmware_version,
    connected_optimizers,
    nameplate,
    active as is_active,
    fetched_at as fetched_at_utc
from latest
where recency = 1
