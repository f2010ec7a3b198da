with raw as (
    {{ latest_of("solaredge", "meter_readings", [
        "site_id", "serial_number", "meter_type", "recorded_at"
    ], merged(clock_columns(), {
        "site_id": "text",
        "serial_number": "text",
        "meter_type": "text",
        "model": "text",
        "connected_to": "text",
        "lifetime_energy": "double",
    })) }}
)

select
    account,
    site_id,
    serial_number,
    meter_type,
    {{ clock_names() }},
    lifetime_energy as lifetime_energy_wh,
    model,
    connected_to
from raw
