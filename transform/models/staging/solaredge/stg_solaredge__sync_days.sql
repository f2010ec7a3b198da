with raw as (
    {{ raw_table(source("tap_solaredge", "sync_days"), {
        "site_id": "text",
        "stream": "text",
        "local_date": "date",
        "fetched_at": "timestamp",
        "n_points": "integer",
        "expected_points": "integer",
        "status": "text",
        "timezone": "text",
        "payload_sha256": "text",
    }) }}
),

-- An appending loader keeps every fetch of a day; the latest one speaks for it.
latest as (
    select
        *,
        row_number() over (
            partition by site_id, stream, local_date order by fetched_at desc
        ) as recency
    from raw
)

select
    site_id,
    stream,
    local_date,
    fetched_at as fetched_at_utc,
    n_points,
    expected_points,
    status,
    timezone,
    payload_sha256
from latest
where recency = 1
