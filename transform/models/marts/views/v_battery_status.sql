{{ config(materialized="view") }}

with solaredge_readings as (
    select
        *,
        row_number() over (
            partition by site_id, serial_number order by measured_at_utc desc, fetched_at_utc desc
        ) as recency
    from {{ ref("stg_solaredge__storage_telemetry") }}
    where state_of_energy_pct between 0 and 100
),

-- A run's own reading of now where there is one; else the last half hour of the history.
sigen_readings as (
    select
        *,
        row_number() over (
            partition by system_id order by measured_at_utc desc, fetched_at_utc desc
        ) as recency
    from (
        select
            system_id,
            battery_soc_pct as state_of_charge_pct,
            battery_power_kw * 1000 as power_w,
            measured_at_utc,
            measured_at_local,
            fetched_at_utc
        from {{ ref("stg_sigen__energy_flow") }}
        where battery_soc_pct between 0 and 100
        union all
        select
            system_id,
            soc_pct_avg as state_of_charge_pct,
            {{ null_of("double") }} as power_w,
            block_start_utc as measured_at_utc,
            block_start_local as measured_at_local,
            {{ null_of("timestamp") }} as fetched_at_utc
        from {{ ref("int_sigen__30min") }}
        where soc_pct_avg between 0 and 100
    ) as readings
)

select
    devices.vendor,
    devices.system_key,
    devices.system_id as site_id,
    systems.system_name as site_name,
    devices.serial_number,
    devices.device_name as battery_name,
    devices.manufacturer,
    devices.model,
    coalesce(readings.nameplate_wh, listed.nameplate) / 1000.0 as nameplate_kwh,
    readings.full_pack_energy_wh / 1000.0 as full_pack_kwh,
    readings.state_of_energy_pct as state_of_charge_pct,
    coalesce(readings.battery_power_w, readings.charge_power_w - readings.discharge_power_w) as power_w,
    readings.battery_state as state_code,
    readings.measured_at_utc,
    readings.measured_at_local,
    readings.lifetime_charged_wh / 1000.0 as lifetime_charged_kwh,
    readings.lifetime_discharged_wh / 1000.0 as lifetime_discharged_kwh,
    devices.fetched_at_utc
from {{ ref("dim_devices") }} as devices
left join {{ ref("dim_systems") }} as systems on devices.system_key = systems.system_key
left join {{ ref("stg_solaredge__devices") }} as listed
    on
        devices.system_id = listed.site_id
        and devices.serial_number = listed.serial_number
        and upper(listed.device_type) = 'BATTERY'
left join solaredge_readings as readings
    on
        devices.system_id = readings.site_id
        and devices.serial_number = readings.serial_number
        and readings.recency = 1
where
    devices.vendor = 'solaredge'
    and devices.device_type = 'battery'

union all

-- Sigen's cloud has one state of charge for all batteries of a system.
select
    devices.vendor,
    devices.system_key,
    devices.system_id as site_id,
    systems.system_name as site_name,
    devices.serial_number,
    devices.device_name as battery_name,
    devices.manufacturer,
    devices.model,
    {{ null_of("double") }} as nameplate_kwh,
    {{ null_of("double") }} as full_pack_kwh,
    readings.state_of_charge_pct,
    readings.power_w,
    {{ null_of("integer") }} as state_code,
    readings.measured_at_utc,
    readings.measured_at_local,
    {{ null_of("double") }} as lifetime_charged_kwh,
    {{ null_of("double") }} as lifetime_discharged_kwh,
    devices.fetched_at_utc
from {{ ref("dim_devices") }} as devices
left join {{ ref("dim_systems") }} as systems on devices.system_key = systems.system_key
left join sigen_readings as readings
    on
        devices.system_id = readings.system_id
        and readings.recency = 1
where
    devices.vendor = 'sigen'
    and devices.device_type = 'battery'
