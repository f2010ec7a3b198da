{{ config(materialized="view") }}

-- The vendors' signs differ; here every direction has a column of its own, never negative.
with flows as (
    select
        'sigen:' || system_id as system_key,
        measured_at_utc,
        measured_at_local,
        pv_power_kw * 1000 as pv_power_w,
        (load_power_kw + coalesce(ev_power_kw, 0) + coalesce(heat_pump_power_kw, 0)) * 1000 as load_power_w,
        greatest(-grid_power_kw, 0) * 1000 as grid_import_w,
        greatest(grid_power_kw, 0) * 1000 as grid_export_w,
        greatest(battery_power_kw, 0) * 1000 as battery_charge_w,
        greatest(-battery_power_kw, 0) * 1000 as battery_discharge_w,
        battery_soc_pct as storage_charge_pct,
        {{ null_of("text") }} as pv_status,
        {{ null_of("text") }} as grid_status,
        {{ null_of("text") }} as load_status,
        {{ null_of("text") }} as storage_status
    from {{ ref("stg_sigen__energy_flow") }}

    union all

    select
        'solaredge:' || site_id as system_key,
        measured_at_utc,
        measured_at_local,
        pv_power_w,
        load_power_w,
        -- A power without a direction is in none of them, and it is not 0 either.
        case
            when grid_direction = 'import' then grid_power_w
            when grid_direction = 'export' or grid_power_w = 0 then 0
        end as grid_import_w,
        case
            when grid_direction = 'export' then grid_power_w
            when grid_direction = 'import' or grid_power_w = 0 then 0
        end as grid_export_w,
        case
            when storage_direction = 'charge' then storage_power_w
            when storage_direction = 'discharge' or storage_power_w = 0 then 0
        end as battery_charge_w,
        case
            when storage_direction = 'discharge' then storage_power_w
            when storage_direction = 'charge' or storage_power_w = 0 then 0
        end as battery_discharge_w,
        storage_charge_pct,
        pv_status,
        grid_status,
        load_status,
        storage_status
    from {{ ref("stg_solaredge__power_flow") }}
),

ranked as (
    select
        *,
        row_number() over (partition by system_key order by measured_at_utc desc) as recency
    from flows
)

select
    systems.vendor,
    systems.system_key,
    systems.system_id as site_id,
    systems.system_name as site_name,
    ranked.measured_at_utc,
    ranked.measured_at_local,
    ranked.pv_power_w,
    ranked.load_power_w,
    ranked.grid_import_w,
    ranked.grid_export_w,
    ranked.battery_charge_w,
    ranked.battery_discharge_w,
    ranked.storage_charge_pct,
    ranked.pv_status,
    ranked.grid_status,
    ranked.load_status,
    ranked.storage_status
from ranked
inner join {{ ref("dim_systems") }} as systems on ranked.system_key = systems.system_key
where ranked.recency = 1
