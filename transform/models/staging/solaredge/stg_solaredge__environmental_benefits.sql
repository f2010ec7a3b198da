with raw as (
    {{ latest_of("solaredge", "environmental_benefits", ["site_id", "recorded_at"], merged(clock_columns(), {
        "site_id": "text",
        "co2": "double",
        "ev_miles": "double",
        "so2": "double",
        "nox": "double",
        "trees_planted": "double",
        "light_bulbs": "double",
    })) }}
)

select
    account,
    site_id,
    recorded_at as measured_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    local_date,
    fetched_at as fetched_at_utc,
    co2 as co2_kg,
    so2 as so2_kg,
    nox as nox_kg,
    ev_miles,
    trees_planted,
    light_bulbs
from raw
