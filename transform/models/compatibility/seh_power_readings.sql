select
    {{ seh_id("readings.site_id", "readings.measured_at_utc") }} as id,
    {{ whole_number("readings.site_id") }} as site_id,
    readings.measured_at_local as timestamp,
    readings.power_w as power_watts,
    readings.fetched_at_utc as created_at,
    readings.fetched_at_utc as updated_at
from {{ ref("stg_solaredge__site_power") }} as readings
inner join {{ ref("stg_solaredge__sync_days") }} as ledger
    on
        readings.site_id = ledger.site_id
        and readings.local_date = ledger.local_date
        and readings.fetched_at_utc = ledger.fetched_at_utc
        and ledger.stream = 'site_power'
        {{- same_account("solaredge", "readings", "ledger") }}
where readings.power_w is not null
