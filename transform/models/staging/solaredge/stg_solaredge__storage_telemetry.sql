with raw as (
    {{ raw_table(source("tap_solaredge", "storage_telemetry"), {
        "site_id": "text",
        "serial_number": "text",
        "resolution": "text",
        "local_date": "date",
        "fetched_at": "timestamp",
        "local_time": "timestamp",
        "utc_offset_minutes": "integer",
        "charge_power": "double precision",
        "charge_energy": "double precision",
        "discharge_power": "double precision",
        "discharge_energy": "double precision",
        "state_of_energy": "double precision",
        "remaining_energy": "double precision",
    }) }}
)

select
    site_id,
    serial_number,
    resolution,
    local_date,
    fetched_at as fetched_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    {{ dbt.dateadd("minute", "-utc_offset_minutes", "local_time") }} as measured_at_utc,
    charge_power as charge_power_w,
    charge_energy as charge_energy_wh,
    discharge_power as discharge_power_w,
    discharge_energy as discharge_energy_wh,
    state_of_energy as state_of_energy_pct,
    remaining_energy as remaining_energy_wh
from raw
