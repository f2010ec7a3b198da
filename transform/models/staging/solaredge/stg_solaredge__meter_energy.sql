with raw as (
    {{ raw_table(source("tap_solaredge", "meter_energy"), {
        "site_id": "text",
        "serial_number": "text",
        "meter_type": "text",
        "resolution": "text",
        "local_date": "date",
        "fetched_at": "timestamp",
        "local_time": "timestamp",
        "utc_offset_minutes": "integer",
        "energy": "double precision",
    }) }}
)

select
    site_id,
    serial_number,
    meter_type,
    resolution,
    local_date,
    fetched_at as fetched_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    {{ dbt.dateadd("minute", "-utc_offset_minutes", "local_time") }} as measured_at_utc,
    energy as energy_wh
from raw
