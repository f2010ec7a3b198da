-- The vendor's own total of each day that is over: what its intervals are held against.
select
    totals.site_id,
    totals.local_date,
    totals.energy_wh as total_wh,
    totals.basis,
    totals.fetched_at_utc
from {{ ref("stg_solaredge__energy_days") }} as totals
inner join {{ ref("int_solaredge__days") }} as ledger
    on
        totals.site_id = ledger.site_id
        and totals.local_date = ledger.local_date
        and totals.fetched_at_utc = ledger.fetched_at_utc
        and ledger.stream = 'energy_days'
        {{- same_account("solaredge", "totals", "ledger") }}
where
    ledger.status <> 'pending'
    and totals.energy_wh between 0 and 24e3 * {{ var("solaredge_most_kw") }}
