-- Kept by name, but true: kWh by hour of the local clock from the meters, where the harvester
-- gave the power of one moment. The repeated hour of the autumn night is one row.
with hours as (
    select
        {{ whole_number("system_id") }} as site_id,
        {{ dbt.date_trunc("hour", "block_start_local") }} as hour_start,
        local_date,
        {{ stable_sum("load_kwh", 9) }} as load_kwh,
        {{ stable_sum("pv_kwh", 9) }} as pv_kwh,
        {{ stable_sum("import_kwh", 9) }} as grid_import_kwh
    from {{ ref("fct_energy_30min") }}
    where vendor = 'solaredge'
    group by system_id, {{ dbt.date_trunc("hour", "block_start_local") }}, local_date
)

select
    hour_start as timestamp,
    local_date as reading_date,
    site_id,
    load_kwh as load_power,
    pv_kwh as pv_power,
    grid_import_kwh
from hours
where grid_import_kwh is not null
