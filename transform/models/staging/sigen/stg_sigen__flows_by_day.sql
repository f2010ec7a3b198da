with raw as (
    {{ latest_of("sigen", "flows_by_day", ["system_id", "local_date", "flow"], merged(clock_columns(), {
        "system_id": "text",
        "flow": "text",
        "source_node": "text",
        "target_node": "text",
        "value": "double",
    })) }}
)

select
    account,
    system_id,
    local_date,
    recorded_at as day_start_utc,
    fetched_at as fetched_at_utc,
    flow,
    source_node,
    target_node,
    value as energy_kwh
from raw
