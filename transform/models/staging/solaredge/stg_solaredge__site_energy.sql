with raw as (
    {{ raw_table("solaredge", "site_energy", merged(clock_columns(), {
        "site_id": "text",
        "resolution": "text",
        "basis": "text",
        "energy": "double",
    })) }}
)

select
    account,
    site_id,
    resolution,
    {{ clock_names() }},
    energy as energy_wh,
    basis
from raw
