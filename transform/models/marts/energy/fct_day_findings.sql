{{ config(materialized="view") }}

with findings as (
    select
        'sigen' as vendor,
        system_id,
        local_date,
        stream,
        finding,
        action,
        rows_count,
        source_fetched_at_utc
    from {{ ref("int_sigen__day_findings") }}

    union all

    select
        'solaredge' as vendor,
        site_id as system_id,
        local_date,
        stream,
        finding,
        action,
        rows_count,
        source_fetched_at_utc
    from {{ ref("int_solaredge__day_findings") }}
)

select
    vendor || ':' || system_id as system_key,
    vendor,
    system_id,
    local_date,
    stream,
    finding,
    action,
    {{ finding_sentence("finding") }} as sentence,
    rows_count,
    source_fetched_at_utc
from findings
