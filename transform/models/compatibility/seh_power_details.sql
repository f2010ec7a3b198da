{%- set meters = {
    "Production": "production",
    "Consumption": "consumption",
    "SelfConsumption": "self_consumption",
    "FeedIn": "feed_in",
    "Purchased": "purchased",
} -%}

select
    {{ seh_id("readings.site_id", "readings.measured_at_utc") }} as id,
    {{ whole_number("readings.site_id") }} as site_id,
    readings.measured_at_local as timestamp,
    {%- for meter_type, name in meters.items() %}
    {{ stable_sum("case when readings.meter_type = '" ~ meter_type ~ "' then readings.power_w end") }}
        as {{ name }}_w,
    {%- endfor %}
    max(readings.fetched_at_utc) as created_at,
    max(readings.fetched_at_utc) as updated_at
from {{ ref("stg_solaredge__meter_power") }} as readings
inner join {{ ref("stg_solaredge__sync_days") }} as ledger
    on
        readings.site_id = ledger.site_id
        and readings.local_date = ledger.local_date
        and readings.fetched_at_utc = ledger.fetched_at_utc
        and ledger.stream = 'meter_power'
        {{- same_account("solaredge", "readings", "ledger") }}
group by readings.site_id, readings.measured_at_utc, readings.measured_at_local
having count(readings.power_w) > 0
