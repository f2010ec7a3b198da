{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["site_id", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([["site_id", "local_date", "day_version"]]),
    pre_hook="{{ plain_plans() }}",
    post_hook=["{{ delete_days_without(
        'select site_id, local_date from ' ~ ref('stg_solaredge__sync_days')
        ~ ' where ' ~ solaredge_block_streams() ~ ' and n_rows > 0',
        'site_id'
    ) }}", "{{ know_the_rows() }}"],
) }}

{#- What tells the devices of a stream apart, and the values that half hours are made of. -#}
{%- set streams = {
    "site_energy": {"device": "readings.site_id", "values": ["energy_wh"]},
    "meter_energy": {"device": "readings.serial_number, readings.meter_type", "values": ["energy_wh"]},
    "inverter_telemetry": {"device": "readings.serial_number", "values": ["energy_wh"]},
    "storage_telemetry": {"device": "readings.serial_number", "values": [
        "charge_energy_wh", "discharge_energy_wh", "state_of_energy_pct", "charge_power_w", "discharge_power_w",
        "lifetime_charged_wh", "lifetime_discharged_wh",
    ]},
} -%}
{%- set wanted -%}
        select
            site_id,
            local_date,
            {%- for stream in streams %}
            max(case when stream = '{{ stream }}' then account end) as {{ stream }}_account,
            coalesce(sum(case when stream = '{{ stream }}' then n_rows end), 0) as {{ stream }}_points,
            {%- endfor %}
            {{ solaredge_fetches() }},
            sum({{ epoch_us("fetched_at_utc") }}) + sum(n_rows) as day_version
        from {{ ref("stg_solaredge__sync_days") }}
        where {{ solaredge_block_streams() }}
        group by site_id, local_date
        having sum(n_rows) > 0
{%- endset -%}
{%- set todo = days_to_build(wanted, "site_id") -%}
{%- set dates = dates_to_build(todo) -%}
{%- set after_block_start = seconds_between(
    block_30min("readings.measured_at_local"), "readings.measured_at_local"
) %}

with todo as (
    {{ todo }}
),

found as (
    {%- for stream, of_stream in streams.items() %}
    select
        site_id,
        local_date,
        '{{ stream }}' as stream,
        sum(copies) as rows_count,
        sum(copies - 1) as doubled_rows_count,
        sum(contradicts) as contradicting_rows_count,
        sum(is_of_another_day) as other_days_rows_count,
        sum(is_uneven) as uneven_rows_count,
        sum(negative_values) as negative_values_count,
        sum(unreadable_values) as unreadable_values_count
    from (
        select
            readings.site_id,
            readings.local_date,
            count(*) as copies,
            case
                when
                    {%- for value in of_stream["values"] %}
                    {{ "or " if not loop.first }}min(readings.{{ value }}) <> max(readings.{{ value }})
                    {%- endfor %}
                    then 1
                else 0
            end as contradicts,
            max(
                case when cast(readings.measured_at_local as date) <> readings.local_date then 1 else 0 end
            ) as is_of_another_day,
            max(
                case
                    when readings.resolution = 'instant' or readings.measured_at_local is null then 0
                    when {{ after_block_start }} in (0, 900) then 0
                    else 1
                end
            ) as is_uneven,
            {%- for value in of_stream["values"] if value != "state_of_energy_pct" %}
            {{ "+ " if not loop.first }}max(case when readings.{{ value }} < 0 then 1 else 0 end)
            {%- endfor %} as negative_values,
            {%- for value in of_stream["values"] %}
            {%- set possible = is_possible("readings." ~ value, least=-1e15, most=1e15) %}
            {{ "+ " if not loop.first }}
            max(case when readings.{{ value }} is null or {{ possible }} then 0 else 1 end)
            {%- endfor %} as unreadable_values
        from {{ ref("stg_solaredge__" ~ stream) }} as readings
        where
            readings.resolution in ('quarter_hour', 'hour', 'instant')
            and exists (
                select 1 from todo
                where
                    readings.site_id = todo.site_id
                    and readings.local_date = todo.local_date
                    and readings.fetched_at_utc = todo.{{ stream }}_fetched_at_utc
                    {%- if raw_schemas("solaredge") | length > 1 %}
                    and readings.account = todo.{{ stream }}_account
                    {%- endif %}
            )
            {{ on_dates(dates, "readings.local_date") }}
        group by readings.site_id, readings.local_date, readings.measured_at_utc, {{ of_stream["device"] }}
    ) as of_a_time
    group by site_id, local_date
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    found.site_id,
    found.local_date,
    found.stream,
    {%- for count in [
        "rows", "doubled_rows", "contradicting_rows", "other_days_rows", "uneven_rows", "negative_values",
        "unreadable_values",
    ] %}
    cast(found.{{ count }}_count as integer) as {{ count }}_count,
    {%- endfor %}
    row_number() over (partition by found.site_id, found.local_date order by found.stream) = 1
        as is_first_of_day,
    cast(
        sum(
            case found.stream
                {%- for stream in streams %}
                when '{{ stream }}' then least(found.rows_count, todo.{{ stream }}_points)
                {%- endfor %}
            end
        ) over (partition by found.site_id, found.local_date) as bigint
    )
    {%- for stream in streams %}
    + coalesce({{ epoch_us("todo." ~ stream ~ "_fetched_at_utc") }}, 0)
    {%- endfor %} as day_version,
    case found.stream
        {%- for stream in streams %}
        when '{{ stream }}' then todo.{{ stream }}_fetched_at_utc
        {%- endfor %}
    end as source_fetched_at_utc
from found
inner join todo
    on
        found.site_id = todo.site_id
        and found.local_date = todo.local_date
