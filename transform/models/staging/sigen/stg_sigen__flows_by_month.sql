with raw as (
    {{ latest_of("sigen", "flows_by_month", ["system_id", "month", "flow"], merged(clock_columns(), {
        "system_id": "text",
        "month": "text",
        "flow": "text",
        "source_node": "text",
        "target_node": "text",
        "value": "double",
    })) }}
)

select
    account,
    system_id,
    month,
    local_date as month_start,
    fetched_at as fetched_at_utc,
    flow,
    source_node,
    target_node,
    value as energy_kwh
from raw
