{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_id", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([["system_id", "local_date", "day_version"]]),
    pre_hook="{{ plain_plans() }}",
    post_hook="{{ delete_days_without(
        'select distinct system_id, local_date from ' ~ ref('stg_sigen__flows_by_day'), 'system_id',
        one_row_a_day='1 = 1'
    ) }}",
) }}

{#- The columns and the nodes that they come from. -#}
{%- set nodes = {
    "metered_import": "FROM_GRID",
    "metered_export": "TO_GRID",
    "ev_charge": "TO_EVDC",
    "ev_discharge": "FROM_EVDC",
    "third_party_pv": "FROM_THIRD_PARTY_INV",
} -%}
{%- set wanted -%}
        select
            system_id,
            local_date,
            max(fetched_at_utc) as fetched_at_utc,
            {{ epoch_us("max(fetched_at_utc)") }} + count(*) as day_version
        from {{ ref("stg_sigen__flows_by_day") }}
        group by system_id, local_date
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_id", one_row_a_day="1 = 1") -%}
{%- set dates = dates_to_build(todo) %}

with todo as (
    {{ todo }}
)

select
    flows.system_id,
    flows.local_date,
    flows.fetched_at_utc,
    flows.day_start_utc,
    {%- for name, node in nodes.items() %}
    max(case when flows.flow = '{{ node }}' then flows.energy_kwh end) as {{ name }}_kwh,
    {%- endfor %}
    todo.day_version
from {{ ref("stg_sigen__flows_by_day") }} as flows
inner join todo
    on
        flows.system_id = todo.system_id
        and flows.local_date = todo.local_date
        -- A link that a later answer no longer has is not one of that day.
        and flows.fetched_at_utc = todo.fetched_at_utc
        {{ on_dates(dates, "flows.local_date") }}
group by flows.system_id, flows.local_date, flows.fetched_at_utc, flows.day_start_utc, todo.day_version
