with raw as (
    {{ raw_table(source("tap_sigen", "systems"), {
        "system_id": "text",
        "system_name": "text",
        "status": "text",
        "time_zone": "text",
        "pv_capacity": "double precision",
        "battery_capacity": "double precision",
        "grid_connected_at": "timestamp",
        "fetched_at": "timestamp",
    }) }}
),

latest as (
    select
        *,
        row_number() over (partition by system_id order by fetched_at desc) as recency
    from raw
)

select
    system_id,
    system_name,
    status,
    time_zone as timezone,
    pv_capacity as pv_capacity_kw,
    battery_capacity as battery_capacity_kwh,
    grid_connected_at as grid_connected_at_utc,
    fetched_at as fetched_at_utc
from latest
where recency = 1
