{{ config(
    materialized="incremental",
    incremental_strategy="delete+insert",
    unique_key=["site_id", "local_date"],
    on_schema_change="fail",
    indexes=[{"columns": ["site_id", "local_date"]}],
    post_hook="delete from {{ this }} where exists (
        select 1 from {{ ref('stg_solaredge__sync_days') }} as ledger
        where ledger.site_id = {{ this }}.site_id
            and ledger.local_date = {{ this }}.local_date
        group by ledger.site_id, ledger.local_date
        having sum(ledger.n_points) = 0
    )",
) }}

{%- set streams = ["site_energy", "meter_energy", "inverter_telemetry", "storage_telemetry"] -%}
{%- set meters = {
    "Production": "production",
    "Consumption": "load",
    "Purchased": "import",
    "FeedIn": "export",
} -%}

{#- A day is made of several answers, each with a fetch time of its own: all are compared. -#}
{%- set todo -%}
    select
        ledger.site_id,
        ledger.local_date
        {%- for stream in streams %},
        ledger.{{ stream }}_fetched_at_utc
        {%- endfor %}
    from (
        select
            site_id,
            local_date,
            {%- for stream in streams %}
            max(case when stream = '{{ stream }}' then fetched_at_utc end)
                as {{ stream }}_fetched_at_utc,
            {%- endfor %}
            sum(n_points) as n_points
        from {{ ref("stg_solaredge__sync_days") }}
        where stream in ({% for stream in streams %}'{{ stream }}'{{ ", " if not loop.last }}{% endfor %})
        group by site_id, local_date
    ) as ledger
    {% if is_incremental() -%}
    left join (
        select
            site_id,
            local_date,
            {%- for stream in streams %}
            max({{ stream }}_fetched_at_utc) as {{ stream }}_fetched_at_utc,
            {%- endfor %}
            sum(source_rows_count) as n_points
        from {{ this }}
        group by site_id, local_date
    ) as built
        on
            ledger.site_id = built.site_id
            and ledger.local_date = built.local_date
    {%- endif %}
    where
        ledger.n_points > 0
        {% if is_incremental() -%}
        and (
            built.site_id is null
            or built.n_points <> ledger.n_points
            {%- for stream in streams %}
            or built.{{ stream }}_fetched_at_utc is distinct from ledger.{{ stream }}_fetched_at_utc
            {%- endfor %}
        )
        {%- endif %}
{%- endset -%}

{#- Stream, quantity, value, and whether the row is to be held against the ledger. -#}
{%- set readings = [
    ("site_energy", "'pv'", "energy_wh", 1),
    ("meter_energy", "readings.meter_type", "energy_wh", 1),
    ("inverter_telemetry", "'inverter_ac'", "energy_wh", 1),
    ("storage_telemetry", "'charge'", "charge_energy_wh", 1),
    ("storage_telemetry", "'discharge'", "discharge_energy_wh", 0),
    ("storage_telemetry", "'soc'", "state_of_energy_pct", 0),
] -%}

with todo as (
    {{ todo }}
),

readings as (
    {%- for stream, quantity, value, counts in readings %}
    select
        readings.site_id,
        readings.local_date,
        readings.measured_at_local,
        readings.utc_offset_minutes,
        {{ quantity }} as quantity,
        readings.{{ value }} as value,
        {{ counts }} as source_rows
    from {{ ref("stg_solaredge__" ~ stream) }} as readings
    where
        readings.resolution = 'quarter_hour'
        and exists (
            select 1 from todo
            where
                readings.site_id = todo.site_id
                and readings.local_date = todo.local_date
                and readings.fetched_at_utc = todo.{{ stream }}_fetched_at_utc
        )
        {{ only_days_of(todo, "readings.local_date") }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

blocks as (
    select
        site_id,
        local_date,
        {{ block_30min("measured_at_local") }} as block_start_local,
        utc_offset_minutes,
        count(distinct measured_at_local) as data_points_count,
        sum(source_rows) as source_rows_count,
        {{ stable_sum("case when quantity = 'pv' then value end") }} as pv_wh,
        {{ stable_sum("case when quantity = 'inverter_ac' then value end") }} as inverter_ac_wh,
        {%- for meter_type, name in meters.items() %}
        {{ stable_sum("case when quantity = '" ~ meter_type ~ "' then value end") }} as {{ name }}_wh,
        {%- endfor %}
        {{ stable_sum("case when quantity = 'charge' then value end") }} as charge_wh,
        {{ stable_sum("case when quantity = 'discharge' then value end") }} as discharge_wh,
        {{ stable_sum("case when quantity = 'soc' then value end") }}
        / nullif(count(case when quantity = 'soc' then value end), 0) as soc_pct_avg
    from readings
    group by site_id, local_date, {{ block_30min("measured_at_local") }}, utc_offset_minutes
)

select
    blocks.site_id,
    blocks.local_date,
    {{ dbt.dateadd("minute", "-blocks.utc_offset_minutes", "blocks.block_start_local") }}
        as block_start_utc,
    blocks.block_start_local,
    blocks.utc_offset_minutes,
    cast(blocks.data_points_count as integer) as data_points_count,
    cast(blocks.source_rows_count as integer) as source_rows_count,
    {%- for quantity in ["pv", "inverter_ac", "charge", "discharge"] + meters.values() | list %}
    {{ rounded("blocks." ~ quantity ~ "_wh / 1000.0") }} as {{ quantity }}_kwh,
    {%- endfor %}
    blocks.soc_pct_avg
    {%- for stream in streams %},
    todo.{{ stream }}_fetched_at_utc
    {%- endfor %}
from blocks
inner join todo
    on
        blocks.site_id = todo.site_id
        and blocks.local_date = todo.local_date
