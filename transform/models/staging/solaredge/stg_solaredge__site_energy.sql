with raw as (
    {{ raw_table(source("tap_solaredge", "site_energy"), {
        "site_id": "text",
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
    resolution,
    local_date,
    fetched_at as fetched_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    {{ dbt.dateadd("minute", "-utc_offset_minutes", "local_time") }} as measured_at_utc,
    energy as energy_wh
from raw
