with raw as (
    {{ raw_table(source("tap_solaredge", "inverter_telemetry"), {
        "site_id": "text",
        "serial_number": "text",
        "resolution": "text",
        "local_date": "date",
        "fetched_at": "timestamp",
        "local_time": "timestamp",
        "utc_offset_minutes": "integer",
        "power": "double precision",
        "energy": "double precision",
        "voltage": "double precision",
        "current": "double precision",
        "frequency": "double precision",
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
    power as power_w,
    energy as energy_wh,
    voltage as voltage_v,
    current as current_a,
    frequency as frequency_hz
from raw
