with raw as (
    {{ latest_of("sigen", "monthly_totals", ["system_id", "month"], merged(clock_columns(), {
        "system_id": "text",
        "month": "text",
        "power_generation": "double",
        "power_to_grid": "double",
        "power_self_consumption": "double",
        "power_use": "double",
        "power_from_grid": "double",
        "power_oneself": "double",
        "es_charging": "double",
        "es_discharging": "double",
    })) }}
)

select
    account,
    system_id,
    month,
    local_date as month_start,
    fetched_at as fetched_at_utc,
    power_generation as power_generation_kwh,
    power_to_grid as power_to_grid_kwh,
    power_self_consumption as power_self_consumption_kwh,
    power_use as power_use_kwh,
    power_from_grid as power_from_grid_kwh,
    power_oneself as power_oneself_kwh,
    es_charging as es_charging_kwh,
    es_discharging as es_discharging_kwh
from raw
