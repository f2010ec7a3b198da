-- Every row of a day that is not set aside counts in one half hour.
select
    checks.system_id,
    checks.local_date,
    checks.rows_count,
    sum(blocks.data_points_count) as found
from {{ ref("int_sigen__day_checks") }} as checks
inner join {{ ref("int_sigen__days") }} as days
    on
        checks.system_id = days.system_id
        and checks.local_date = days.local_date
        and checks.source_fetched_at_utc = days.fetched_at_utc
left join {{ ref("int_sigen__30min") }} as blocks
    on
        checks.system_id = blocks.system_id
        and checks.local_date = blocks.local_date
group by checks.system_id, checks.local_date, checks.rows_count
having coalesce(sum(blocks.data_points_count), 0) <> checks.rows_count
