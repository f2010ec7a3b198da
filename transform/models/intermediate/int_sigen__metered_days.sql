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
            flows.system_id,
            flows.local_date,
            max(flows.fetched_at_utc) as fetched_at_utc,
            {{ epoch_us("max(flows.fetched_at_utc)") }} + count(*) as metered_version,
            {{ epoch_us("max(flows.fetched_at_utc)") }} + count(*) + coalesce(max(blocks.day_version), 0)
                as day_version
        from {{ ref("stg_sigen__flows_by_day") }} as flows
        left join {{ ref("int_sigen__30min") }} as blocks
            on
                flows.system_id = blocks.system_id
                and flows.local_date = blocks.local_date
                and blocks.is_first_of_day
        group by flows.system_id, flows.local_date
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_id", one_row_a_day="1 = 1") -%}
{%- set dates = dates_to_build(todo) %}

with todo as (
    {{ todo }}
),

metered as (
    select
        flows.system_id,
        flows.local_date,
        flows.fetched_at_utc,
        -- The longest local day has 25 hours: what is fetched later holds all of the day.
        flows.fetched_at_utc >= {{ add_minutes("flows.day_start_utc", 1500) }} as is_settled,
        {%- for name, node in nodes.items() %}
        max(case when flows.flow = '{{ node }}' then flows.energy_kwh end) as {{ name }}_kwh,
        {%- endfor %}
        todo.metered_version,
        todo.day_version
    from {{ ref("stg_sigen__flows_by_day") }} as flows
    inner join todo
        on
            flows.system_id = todo.system_id
            and flows.local_date = todo.local_date
            -- A link that a later answer no longer has is not one of that day.
            and flows.fetched_at_utc = todo.fetched_at_utc
            {{ on_dates(dates, "flows.local_date") }}
    group by
        flows.system_id, flows.local_date, flows.fetched_at_utc, flows.day_start_utc,
        todo.metered_version, todo.day_version
),

own as (
    select
        blocks.system_id,
        blocks.local_date,
        {{ stable_sum("blocks.import_kwh", 9) }} as own_import_kwh,
        {{ stable_sum("blocks.export_kwh", 9) }} as own_export_kwh,
        {{ stable_sum("case when blocks.import_rank > 0 then blocks.import_kwh end", 9) }}
            as guessed_import_kwh,
        {{ stable_sum("case when blocks.export_rank > 0 then blocks.battery_to_grid_kwh end", 9) }}
            as guessed_sales_kwh,
        {{ stable_sum("blocks.battery_to_grid_kwh", 9) }} as own_sales_kwh,
        max(blocks.import_rank) as import_rank,
        max(blocks.export_rank) as export_rank
    from {{ ref("int_sigen__30min") }} as blocks
    where
        exists (
            select 1 from todo
            where
                blocks.system_id = todo.system_id
                and blocks.local_date = todo.local_date
        )
        {{ on_dates(dates, "blocks.local_date") }}
    group by blocks.system_id, blocks.local_date
),

compared as (
    select
        metered.*,
        own.own_import_kwh,
        own.own_export_kwh,
        -- What half hours may give: those that are read as they should be keep what they have.
        case when own.import_rank = 0 then own.own_import_kwh else own.guessed_import_kwh end
            as free_import_kwh,
        case when own.export_rank = 0 then own.own_sales_kwh else own.guessed_sales_kwh end
            as free_sales_kwh,
        coalesce(own.import_rank = 0, false) as import_scales_all,
        coalesce(own.export_rank = 0, false) as sales_scale_all,
        {%- for quantity in ["import", "export"] %}
        case
            when not metered.is_settled or metered.metered_{{ quantity }}_kwh is null then null
            when own.own_{{ quantity }}_kwh is null then 'metered alone'
            when
                abs(metered.metered_{{ quantity }}_kwh - own.own_{{ quantity }}_kwh) <= greatest(
                    {{ var("sigen_metered_kwh") }},
                    {{ var("sigen_metered_share") }} * metered.metered_{{ quantity }}_kwh
                )
                then 'agrees'
            else 'differs'
        end as {{ quantity }}_verdict
        {{- "," if not loop.last }}
        {%- endfor %}
    from metered
    left join own
        on
            metered.system_id = own.system_id
            and metered.local_date = own.local_date
)

select
    system_id,
    local_date,
    fetched_at_utc,
    is_settled,
    {%- for name in nodes %}
    {{ name }}_kwh,
    {%- endfor %}
    own_import_kwh,
    own_export_kwh,
    import_verdict,
    export_verdict,
    import_scales_all,
    sales_scale_all,
    case
        when
            import_verdict = 'agrees'
            and free_import_kwh > 0
            and free_import_kwh + metered_import_kwh - own_import_kwh >= 0
            then (free_import_kwh + metered_import_kwh - own_import_kwh) / free_import_kwh
    end as import_scale,
    -- What PV sells is counted; what the battery sells is what powers leave over, so that part gives.
    case
        when
            export_verdict = 'agrees'
            and free_sales_kwh > {{ var("sigen_metered_kwh") }}
            and free_sales_kwh + metered_export_kwh - own_export_kwh > 0
            then (free_sales_kwh + metered_export_kwh - own_export_kwh) / free_sales_kwh
    end as battery_sales_scale,
    metered_version,
    day_version
from compared
