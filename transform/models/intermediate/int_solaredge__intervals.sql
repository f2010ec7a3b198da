{%- set meters = solaredge_meters() -%}
{%- set series = [
    (
        "site_energy", "case when readings.basis = 'inverter_output' then 'inverter_output' else 'pv' end",
        "energy_wh", "''"
    ),
    ("meter_energy", "readings.meter_type", "energy_wh", "readings.serial_number"),
    ("storage_telemetry", "'charge'", "charge_energy_wh", "readings.serial_number"),
    ("storage_telemetry", "'discharge'", "discharge_energy_wh", "readings.serial_number"),
] %}

with readings as (
    {%- for stream, quantity, value, device in series %}
    select
        readings.account,
        readings.site_id,
        readings.local_date,
        readings.measured_at_utc,
        readings.measured_at_local,
        readings.utc_offset_minutes,
        readings.resolution,
        {{ quantity }} as quantity,
        {{ device }} as device,
        {{ if_possible("readings." ~ value, least=0, most=1e3 * var("solaredge_most_kw")) }} as value,
        ledger.fetched_at_utc,
        ledger.status
    from {{ ref("stg_solaredge__" ~ stream) }} as readings
    inner join {{ ref("int_solaredge__days") }} as ledger
        on
            readings.site_id = ledger.site_id
            and readings.local_date = ledger.local_date
            and readings.fetched_at_utc = ledger.fetched_at_utc
            and ledger.stream = '{{ stream }}'
            {{- same_account("solaredge", "readings", "ledger") }}
    where readings.resolution in ('quarter_hour', 'hour')
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

once as (
    {{ solaredge_once("readings") }}
)

select
    site_id,
    local_date,
    measured_at_utc as interval_start_utc,
    {{ add_minutes("measured_at_utc", "case when resolution = 'hour' then 60 else 15 end") }}
        as interval_end_utc,
    measured_at_local as interval_start_local,
    utc_offset_minutes,
    case when resolution = 'hour' then 60 else 15 end as minutes,
    {%- for quantity in ["pv", "inverter_output", "charge", "discharge"] %}
    {{ stable_sum("case when quantity = '" ~ quantity ~ "' then value end") }} / 1000.0 as {{ quantity }}_kwh,
    {%- endfor %}
    {%- for meter_type, name in meters.items() %}
    {{ stable_sum("case when quantity = '" ~ meter_type ~ "' then value end") }} / 1000.0 as {{ name }}_kwh,
    {%- endfor %}
    case
        when count(value) = 0 then 'missing'
        when
            max(case when status = 'pending' then 1 else 0 end) = 1
            or max(fetched_at_utc) < {{ add_minutes("measured_at_utc", 15) }}
            then 'unsettled'
        else 'ok'
    end as quality,
    max(account) as account
from once
group by site_id, local_date, measured_at_utc, measured_at_local, utc_offset_minutes, resolution
