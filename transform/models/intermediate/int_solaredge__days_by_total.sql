-- Days of which only the vendor's own total is known: no interval of theirs has been fetched, or none
-- has a value and no stream has a row.
select
    totals.site_id,
    totals.local_date,
    totals.total_wh / 1000.0 as pv_kwh,
    -- v1's total holds what the battery gave, and lacks what it took.
    case
        when totals.total_wh > 24 * equipment.most_pv_w then {{ rank_of("suspect") }}
        when totals.basis = 'inverter_output' and equipment.most_battery_w is not null
            then {{ rank_of("estimated") }}
        else {{ rank_of("ok") }}
    end as pv_rank,
    {{ version_of([
        var("solaredge_rules_version"),
        "totals.total_wh",
        "case totals.basis when 'pv' then 1 else 0 end",
        "equipment.most_pv_w",
        "equipment.most_battery_w",
    ]) }} as day_version
from {{ ref("int_solaredge__day_totals") }} as totals
left join {{ ref("int_solaredge__equipment") }} as equipment
    on totals.site_id = equipment.site_id
where
    not exists (
        select 1 from {{ ref("int_solaredge__30min") }} as blocks
        where
            blocks.is_first_of_day
            and blocks.site_id = totals.site_id
            and blocks.local_date = totals.local_date
    )
    and {{ is_not_set_aside("solaredge", "totals") }}
