{{ config(materialized="view") }}

select
    'sigen:' || flows.system_id as system_key,
    'sigen' as vendor,
    flows.system_id,
    flows.local_date,
    flows.flow,
    flows.source_node,
    flows.target_node,
    flows.energy_kwh,
    flows.fetched_at_utc as source_fetched_at_utc
from {{ ref("stg_sigen__flows_by_day") }} as flows
inner join {{ ref("int_sigen__metered_days") }} as days
    on
        flows.system_id = days.system_id
        and flows.local_date = days.local_date
        and flows.fetched_at_utc = days.fetched_at_utc
