select
    ledger.account,
    ledger.system_id,
    ledger.local_date,
    ledger.day_start_utc,
    ledger.day_end_utc,
    ledger.fetched_at_utc,
    ledger.n_points,
    ledger.expected_points,
    ledger.status,
    ledger.timezone,
    ledger.payload_sha256,
    ledger.power_generation_kwh,
    ledger.power_to_grid_kwh,
    ledger.power_self_consumption_kwh,
    ledger.power_use_kwh,
    ledger.power_from_grid_kwh,
    ledger.power_oneself_kwh,
    ledger.es_charging_kwh,
    ledger.es_discharging_kwh
from {{ ref("stg_sigen__history_days") }} as ledger
where
    ledger.n_points > 0
    and {{ is_not_set_aside("sigen", "ledger") }}
