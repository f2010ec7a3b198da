with raw as (
    {{ raw_table("solaredge", "site_power", merged(clock_columns(), {
        "site_id": "text",
        "resolution": "text",
        "basis": "text",
        "power": "double",
    })) }}
)

select
    account,
    site_id,
    resolution,
    {{ clock_names() }},
    power as power_w,
    basis
from raw
