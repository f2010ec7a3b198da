{{ config(severity="warn") }}

-- The half hours of a day ought to hold the points that its ledger entry vouches for; fewer where the rows have
-- not all been loaded yet, or where rows came twice.
select
    ledger.system_id,
    ledger.local_date,
    ledger.n_points,
    sum(blocks.data_points_count) as found
from {{ ref("int_sigen__days") }} as ledger
left join {{ ref("int_sigen__30min") }} as blocks
    on
        ledger.system_id = blocks.system_id
        and ledger.local_date = blocks.local_date
group by ledger.system_id, ledger.local_date, ledger.n_points
having coalesce(sum(blocks.data_points_count), 0) <> ledger.n_points
