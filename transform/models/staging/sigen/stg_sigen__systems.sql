with raw as (
    {{ latest_of("sigen", "systems", ["system_id"], {
        "system_id": "text",
        "system_name": "text",
        "addr": "text",
        "status": "text",
        "time_zone": "text",
        "on_off_grid_status": "text",
        "is_activate": "boolean",
        "pv_capacity": "double",
        "battery_capacity": "double",
        "grid_connected_at": "timestamp",
        "grid_connected_on": "date",
        "fetched_at": "timestamp",
    }) }}
)

select
    account,
    system_id,
    system_name,
    addr as address,
    status,
    is_activate as is_active,
    on_off_grid_status,
    time_zone as timezone,
    pv_capacity as pv_capacity_kw,
    battery_capacity as battery_capacity_kwh,
    case when grid_connected_at >= timestamp '2000-01-01 00:00:00' then grid_connected_at end
        as grid_connected_at_utc,
    case
        when grid_connected_at >= timestamp '2000-01-01 00:00:00'
            then coalesce(grid_connected_on, cast(grid_connected_at as date))
    end as grid_connected_on,
    fetched_at as fetched_at_utc
from raw
where system_id is not null
