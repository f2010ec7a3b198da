with raw as (
    {{ latest_of("sigen", "devices", ["system_id", "serial_number"], {
        "system_id": "text",
        "serial_number": "text",
        "device_type": "text",
        "status": "text",
        "pn": "text",
        "firmware_version": "text",
        "attr_map": "text",
        "fetched_at": "timestamp",
    }) }}
)

select
    account,
    system_id,
    serial_number,
    device_type,
    status,
    pn as part_number,
    firmware_version,
    attr_map as attributes_json,
    fetched_at as fetched_at_utc
from raw
