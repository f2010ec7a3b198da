select
    {{ seh_id("readings.site_id", "readings.measured_at_utc") }} as id,
    {{ whole_number("readings.site_id") }} as site_id,
    readings.serial_number,
    readings.measured_at_local as timestamp,
    readings.power_w as total_active_power,
    readings.total_energy_wh as total_energy,
    readings.power_limit_pct as power_limit,
    readings.temperature_c as temperature,
    readings.inverter_mode,
    readings.operation_mode,
    -- Phase L1, as it always was here; all phases stand in stg_solaredge__inverter_telemetry.
    coalesce(readings.l1_ac_current_a, readings.current_a) as ac_current,
    coalesce(readings.l1_ac_voltage_v, readings.voltage_v) as ac_voltage,
    coalesce(readings.l1_ac_frequency_hz, readings.frequency_hz) as ac_frequency,
    readings.l1_apparent_power_va as apparent_power,
    readings.l1_active_power_w as active_power,
    readings.l1_reactive_power_var as reactive_power,
    readings.l1_cos_phi as cos_phi,
    readings.dc_voltage_v as dc_voltage,
    readings.fetched_at_utc as created_at,
    readings.fetched_at_utc as updated_at
from {{ ref("stg_solaredge__inverter_telemetry") }} as readings
inner join {{ ref("stg_solaredge__sync_days") }} as ledger
    on
        readings.site_id = ledger.site_id
        and readings.local_date = ledger.local_date
        and readings.fetched_at_utc = ledger.fetched_at_utc
        and ledger.stream = 'inverter_telemetry'
        {{- same_account("solaredge", "readings", "ledger") }}
