with raw as (
    {{ latest_of("sigen", "summary", ["system_id", "recorded_at"], merged(clock_columns(), {
        "system_id": "text",
        "daily_power_generation": "double",
        "monthly_power_generation": "double",
        "annual_power_generation": "double",
        "lifetime_power_generation": "double",
        "lifetime_co2": "double",
        "lifetime_coal": "double",
        "lifetime_tree_equivalent": "double",
    })) }}
)

select
    account,
    system_id,
    recorded_at as measured_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    local_date,
    fetched_at as fetched_at_utc,
    daily_power_generation as daily_power_generation_kwh,
    monthly_power_generation as monthly_power_generation_kwh,
    annual_power_generation as annual_power_generation_kwh,
    lifetime_power_generation as lifetime_power_generation_kwh,
    lifetime_co2 as lifetime_co2_t,
    lifetime_coal as lifetime_coal_t,
    lifetime_tree_equivalent as lifetime_trees
from raw
