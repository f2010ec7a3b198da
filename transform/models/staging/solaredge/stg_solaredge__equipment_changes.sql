with raw as (
    {{ latest_of("solaredge", "equipment_changes", ["site_id", "serial_number", "changed_on"], {
        "site_id": "text",
        "serial_number": "text",
        "part_number": "text",
        "present_serial_number": "text",
        "changed_on": "date",
        "fetched_at": "timestamp",
    }) }}
)

select
    account,
    site_id,
    serial_number,
    changed_on,
    part_number,
    present_serial_number,
    fetched_at as fetched_at_utc
from raw
