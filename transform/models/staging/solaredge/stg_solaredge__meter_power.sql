with raw as (
    {{ raw_table("solaredge", "meter_power", merged(clock_columns(), {
        "site_id": "text",
        "serial_number": "text",
        "meter_type": "text",
        "resolution": "text",
        "power": "double",
    })) }}
)

select
    account,
    site_id,
    serial_number,
    meter_type,
    resolution,
    {{ clock_names() }},
    power as power_w
from raw
