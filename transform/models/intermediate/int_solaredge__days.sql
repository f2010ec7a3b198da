select
    ledger.account,
    ledger.site_id,
    ledger.stream,
    ledger.local_date,
    ledger.day_start_utc,
    ledger.fetched_at_utc,
    ledger.n_points,
    ledger.n_rows,
    ledger.expected_points,
    ledger.status,
    ledger.timezone,
    ledger.payload_sha256,
    ledger.resolution,
    ledger.api_version
from {{ ref("stg_solaredge__sync_days") }} as ledger
where {{ is_not_set_aside("solaredge", "ledger") }}
