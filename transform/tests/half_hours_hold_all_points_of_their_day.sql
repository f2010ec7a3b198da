-- The half hours of a day have to hold exactly the points that its ledger entry vouches for.
select
    ledger.system_id,
    ledger.local_date,
    ledger.n_points,
    sum(blocks.data_points_count) as found
from {{ ref("stg_sigen__history_days") }} as ledger
left join {{ ref("int_sigen__30min") }} as blocks
    on
        ledger.system_id = blocks.system_id
        and ledger.local_date = blocks.local_date
where ledger.n_points > 0
group by ledger.system_id, ledger.local_date, ledger.n_points
having coalesce(sum(blocks.data_points_count), 0) <> ledger.n_points
