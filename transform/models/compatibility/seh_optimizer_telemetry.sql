{#- No interface of the vendor serves optimizers: the columns are kept, the table is empty. -#}
{%- set numbers = [
    "dc_voltage", "dc_current", "dc_power", "output_voltage", "output_current", "output_power",
    "energy", "lifetime_energy", "temperature",
] -%}

select
    {{ null_of("bigint") }} as id,
    {{ null_of("bigint") }} as site_id,
    {{ null_of("text") }} as serial_number,
    {{ null_of("timestamp") }} as timestamp,
    {{ null_of("text") }} as inverter_serial,
    {{ null_of("integer") }} as panel_id,
    {%- for column in numbers %}
    {{ null_of("double") }} as {{ column }},
    {%- endfor %}
    {{ null_of("text") }} as optimizer_mode,
    {{ null_of("timestamp") }} as created_at,
    {{ null_of("timestamp") }} as updated_at
from (select 1 as nothing) as absent
where 1 = 0
