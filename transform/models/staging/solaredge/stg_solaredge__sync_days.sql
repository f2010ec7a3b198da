with raw as (
    {{ latest_of("solaredge", "sync_days", ["site_id", "stream", "local_date"], merged(clock_columns(), {
        "site_id": "text",
        "stream": "text",
        "status": "text",
        "timezone": "text",
        "payload_sha256": "text",
        "resolution": "text",
        "api_version": "text",
        "n_points": "integer",
        "n_rows": "integer",
        "expected_points": "integer",
    })) }}
)

select
    account,
    site_id,
    stream,
    local_date,
    recorded_at as day_start_utc,
    fetched_at as fetched_at_utc,
    n_points,
    coalesce(n_rows, n_points) as n_rows,
    expected_points,
    status,
    timezone,
    payload_sha256,
    resolution,
    api_version
from raw
where site_id is not null and local_date is not null
