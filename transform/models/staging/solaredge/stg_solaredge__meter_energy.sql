with raw as (
    {{ raw_table("solaredge", "meter_energy", merged(clock_columns(), {
        "site_id": "text",
        "serial_number": "text",
        "meter_type": "text",
        "resolution": "text",
        "energy": "double",
    })) }}
)

select
    account,
    site_id,
    serial_number,
    meter_type,
    resolution,
    {{ clock_names() }},
    energy as energy_wh
from raw
