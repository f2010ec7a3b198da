with readings as (
    select
        *,
        row_number() over (
            partition by site_id, serial_number order by measured_at_utc desc, fetched_at_utc desc
        ) as recency
    from {{ ref("stg_solaredge__storage_telemetry") }}
    where state_of_energy_pct is not null or battery_power_w is not null
)

select
    row_number() over (order by devices.site_id, devices.serial_number) as id,
    {{ whole_number("devices.site_id") }} as site_id,
    devices.serial_number,
    devices.device_name as name,
    devices.manufacturer,
    coalesce(devices.model, devices.part_number, readings.model) as model,
    devices.firmware_version,
    readings.full_pack_energy_wh as capacity,
    coalesce(readings.nameplate_wh, devices.nameplate) as nameplate_capacity,
    devices.connected_to as connected_inverter_sn,
    readings.state_of_energy_pct as last_state_of_charge,
    coalesce(readings.battery_power_w, readings.charge_power_w - readings.discharge_power_w) as last_power,
    cast(readings.battery_state as {{ sql_type("text") }}) as last_status,
    readings.measured_at_local as last_telemetry_time,
    readings.lifetime_charged_wh as lifetime_energy_charged,
    readings.lifetime_discharged_wh as lifetime_energy_discharged,
    devices.fetched_at_utc as created_at,
    coalesce(readings.fetched_at_utc, devices.fetched_at_utc) as updated_at
from {{ ref("stg_solaredge__devices") }} as devices
left join readings
    on
        devices.site_id = readings.site_id
        and devices.serial_number = readings.serial_number
        and readings.recency = 1
where upper(devices.device_type) = 'BATTERY'
