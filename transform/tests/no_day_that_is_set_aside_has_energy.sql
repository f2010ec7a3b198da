-- A day that is set aside is in no table of energy.
select
    days.system_key,
    days.local_date
from {{ ref("fct_energy_daily") }} as days
inner join {{ ref("fct_days_set_aside") }} as set_aside
    on
        days.system_key = set_aside.system_key
        and days.local_date = set_aside.local_date
