with raw as (
    {{ latest_of("solaredge", "energy_days", ["site_id", "local_date"], merged(clock_columns(), {
        "site_id": "text",
        "basis": "text",
        "energy": "double",
    })) }}
)

select
    account,
    site_id,
    local_date,
    fetched_at as fetched_at_utc,
    energy as energy_wh,
    basis
from raw
