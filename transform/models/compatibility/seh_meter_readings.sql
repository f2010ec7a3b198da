{#- What no interface of the vendor gives stays null, so that saved queries go on working. -#}
{%- set never = [
    "voltage_l1", "voltage_l2", "voltage_l3", "current_l1", "current_l2", "current_l3",
    "power_factor", "power_factor_l1", "power_factor_l2", "power_factor_l3",
] -%}

select
    meters.id * 10000000000 + {{ whole_seconds("readings.measured_at_utc") }} as id,
    meters.id as meter_id,
    readings.measured_at_local as timestamp,
    {{ null_of("double") }} as power,
    readings.lifetime_energy_wh as energy_lifetime,
    {%- for column in never %}
    {{ null_of("double") }} as {{ column }},
    {%- endfor %}
    readings.fetched_at_utc as created_at,
    readings.fetched_at_utc as updated_at
from {{ ref("stg_solaredge__meter_readings") }} as readings
inner join {{ ref("seh_meters") }} as meters
    on
        {{ whole_number("readings.site_id") }} = meters.site_id
        and readings.meter_type = meters.meter_type
        and readings.serial_number = coalesce(meters.serial_number, 'virtual')
where readings.lifetime_energy_wh is not null
