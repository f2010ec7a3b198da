{{ config(materialized="view") }}

select
    system_key,
    vendor,
    system_id,
    local_date,
    {{ dbt.listagg("finding", "', '", "order by stream, finding") }} as findings,
    {{ dbt.listagg("sentence", "' '", "order by stream, finding") }} as reason,
    max(source_fetched_at_utc) as source_fetched_at_utc
from {{ ref("fct_day_findings") }}
where action = 'set_aside'
group by system_key, vendor, system_id, local_date
