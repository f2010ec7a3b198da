with raw as (
    {{ latest_of("sigen", "flows_by_year", ["system_id", "year", "flow"], merged(clock_columns(), {
        "system_id": "text",
        "year": "integer",
        "flow": "text",
        "source_node": "text",
        "target_node": "text",
        "value": "double",
    })) }}
)

select
    account,
    system_id,
    year,
    local_date as year_start,
    fetched_at as fetched_at_utc,
    flow,
    source_node,
    target_node,
    value as energy_kwh
from raw
