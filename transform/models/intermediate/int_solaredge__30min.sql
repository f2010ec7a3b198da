{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["site_id", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([
        ["site_id", "local_date"],
        ["is_first_of_day", "site_id", "local_date", "day_version"],
        [system_key_index("solaredge", "site_id"), "local_date"],
    ]),
    pre_hook="{{ plain_plans() }}",
    post_hook=["{{ delete_days_without(
        'select site_id, local_date, ' ~ solaredge_fetches() ~ ' from ' ~ ref('int_solaredge__days')
        ~ ' where ' ~ solaredge_block_streams() ~ ' group by site_id, local_date having sum(n_rows) > 0',
        'site_id',
        solaredge_fetch_columns()
    ) }}", "{{ know_the_rows() }}"],
) }}

{%- set streams = solaredge_streams() -%}
{%- set meters = solaredge_meters() -%}

{#- A day is made of several answers, each with a fetch time of its own: all of them count. -#}
{%- set wanted -%}
        select
            site_id,
            local_date,
            {%- for stream in streams %}
            max(case when stream = '{{ stream }}' then account end) as {{ stream }}_account,
            {%- endfor %}
            {{ solaredge_fetches() }},
            max(case when stream = 'storage_telemetry' then 1 else 0 end) = 1 as storage_was_asked,
            max(case when status = 'pending' then 1 else 0 end) = 1 as is_pending,
            sum(n_rows) as n_rows,
            sum({{ epoch_us("fetched_at_utc") }}) + sum(n_rows) as day_version
        from {{ ref("int_solaredge__days") }}
        where {{ solaredge_block_streams() }}
        group by site_id, local_date
        having sum(n_rows) > 0
{%- endset -%}
{%- set todo = days_to_build(wanted, "site_id") -%}
{%- set dates = dates_to_build(todo) -%}

{#- Stream, quantity, value, device. -#}
{%- set series = [
    ("site_energy", "case when readings.basis = 'inverter_output' then 'site_ac' else 'pv' end", "energy_wh", "''"),
    ("meter_energy", "readings.meter_type", "energy_wh", "readings.serial_number"),
    ("inverter_telemetry", "'inverter_ac'", "energy_wh", "readings.serial_number"),
    ("storage_telemetry", "'charge'", "charge_energy_wh", "readings.serial_number"),
    ("storage_telemetry", "'discharge'", "discharge_energy_wh", "readings.serial_number"),
    ("storage_telemetry", "'soc'", "state_of_energy_pct", "readings.serial_number"),
] %}

with todo as (
    {{ todo }}
),

readings as (
    {%- for stream, quantity, value, device in series %}
    select
        readings.site_id,
        readings.local_date,
        readings.measured_at_local,
        readings.utc_offset_minutes,
        readings.resolution,
        {{ quantity }} as quantity,
        {{ device }} as device,
        {{ if_possible("readings." ~ value, least=0, most=1e15) }} as value,
        {{ 0 if quantity in ("'discharge'", "'soc'") else 1 }} as source_rows
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
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

found as (
    select
        site_id,
        local_date,
        sum(source_rows) as source_rows_count
    from readings
    group by site_id, local_date
),

once as (
    {{ solaredge_once("readings") }}
),

-- An hour is two half hours of equal energy: an estimate, and said to be one.
halves as (
    select 0 as half
    union all
    select 1 as half
),

placed as (
    select
        readings.site_id,
        readings.local_date,
        readings.quantity,
        readings.utc_offset_minutes,
        readings.resolution,
        readings.measured_at_local,
        halves.half,
        {{ add_minutes(
            block_start_utc("readings.measured_at_local", "readings.utc_offset_minutes"), "30 * halves.half"
        ) }} as block_start_utc,
        readings.measured_at_local = {{ block_30min("readings.measured_at_local") }} as starts_block,
        case
            when readings.resolution = 'hour' and readings.quantity <> 'soc' then readings.value / 2.0
            else readings.value
        end as value
    from once as readings
    inner join halves on halves.half = 0 or readings.resolution = 'hour'
    where readings.measured_at_local is not null
),

blocks as (
    select
        site_id,
        local_date,
        block_start_utc,
        {{ offset_at_start("starts_block") }} as utc_offset_minutes,
        count(distinct case when resolution <> 'instant' and half = 0 then measured_at_local end)
            as data_points_count,
        max(case resolution when 'quarter_hour' then 2 when 'hour' then 1 - half else 0 end)
            as expected_points,
        max(case when resolution = 'hour' then 1 else 0 end) = 1 as is_halved,
        {%- for quantity in ["pv", "site_ac", "inverter_ac", "charge", "discharge"] %}
        {{ stable_sum("case when quantity = '" ~ quantity ~ "' then value end") }} as {{ quantity }}_wh,
        {%- endfor %}
        {%- for meter_type, name in meters.items() %}
        {{ stable_sum("case when quantity = '" ~ meter_type ~ "' then value end") }} as {{ name }}_wh,
        {%- endfor %}
        count(case when quantity in ('pv', 'site_ac') then 1 end) as site_rows_count,
        {{ stable_sum("case when quantity = 'soc' then value end") }}
        / nullif(count(case when quantity = 'soc' then value end), 0) as soc_pct_avg
    from placed
    group by site_id, local_date, block_start_utc
),

joined as (
    select
        blocks.site_id,
        blocks.local_date,
        blocks.block_start_utc,
        {{ add_minutes("blocks.block_start_utc", "blocks.utc_offset_minutes") }} as block_start_local,
        blocks.utc_offset_minutes,
        blocks.data_points_count,
        blocks.expected_points,
        blocks.is_halved,
        blocks.pv_wh,
        blocks.site_ac_wh,
        blocks.inverter_ac_wh,
        {%- for name in meters.values() %}
        blocks.{{ name }}_wh,
        {%- endfor %}
        {%- for side in ["charge", "discharge"] %}
        coalesce(
            blocks.{{ side }}_wh, {{ if_possible("storage." ~ side ~ "_wh", least=0, most=1e15) }}
        ) as {{ side }}_wh,
        {%- endfor %}
        storage.charge_wh is not null as storage_is_read,
        coalesce(storage.spans_gap, false) as storage_spans_gap,
        blocks.soc_pct_avg,
        todo.storage_was_asked,
        todo.is_pending,
        {%- for stream in streams %}
        todo.{{ stream }}_fetched_at_utc,
        {%- endfor %}
        least(found.source_rows_count, todo.n_rows) as source_rows_count
    from blocks
    inner join todo
        on
            blocks.site_id = todo.site_id
            and blocks.local_date = todo.local_date
    inner join found
        on
            blocks.site_id = found.site_id
            and blocks.local_date = found.local_date
    left join {{ ref("int_solaredge__storage_30min") }} as storage
        on
            blocks.site_id = storage.site_id
            and blocks.local_date = storage.local_date
            and blocks.block_start_utc = storage.block_start_utc
),

energies as (
    select
        *,
        {%- for quantity in ["charge", "discharge", "inverter_ac"] + meters.values() | list %}
        {{ quantity }}_wh / 1000.0 as {{ quantity }}_kwh,
        {%- endfor %}
        -- v1 gives the inverters' output: the battery's part of it is not PV.
        case
            when pv_wh is not null then pv_wh / 1000.0
            when site_ac_wh is null then null
            when coalesce(charge_wh, 0) = 0 and coalesce(discharge_wh, 0) = 0 then site_ac_wh / 1000.0
            when site_ac_wh + charge_wh - discharge_wh < 30 then 0.0
            else (site_ac_wh + charge_wh - discharge_wh) / 1000.0
        end as pv_kwh
    from joined
)

select
    site_id,
    local_date,
    block_start_utc,
    block_start_local,
    utc_offset_minutes,
    cast(data_points_count as integer) as data_points_count,
    cast(expected_points as integer) as expected_points,
    data_points_count < expected_points as spans_gap,
    {%- for quantity in ["pv", "inverter_ac", "charge", "discharge"] + meters.values() | list %}
    {{ rounded(quantity ~ "_kwh", 9) }} as {{ quantity }}_kwh,
    {%- endfor %}
    soc_pct_avg,
    {%- for quantity, stream in {
        "pv": "site_energy",
        "load": "meter_energy",
        "import": "meter_energy",
        "export": "meter_energy",
        "charge": "storage_telemetry",
        "discharge": "storage_telemetry",
    }.items() %}
    case
        when {{ quantity }}_kwh is null then {{ rank_of("missing") }}
        when is_pending or {{ add_minutes("block_start_utc", 30) }} > {{ stream }}_fetched_at_utc
            then {{ rank_of("unsettled") }}
        {%- if quantity == "pv" %}
        when pv_wh is null and not storage_was_asked then {{ rank_of("estimated") }}
        when pv_wh is null and storage_is_read then {{ rank_of("estimated") }}
        {%- endif %}
        {%- if stream == "storage_telemetry" %}
        when storage_spans_gap then {{ rank_of("bridged") }}
        when storage_is_read then {{ rank_of("estimated") }}
        {%- endif %}
        when is_halved then {{ rank_of("estimated") }}
        else {{ rank_of("ok") }}
    end as {{ quantity }}_rank,
    {%- endfor %}
    case when storage_is_read then 'readings' else 'vendor interval' end as storage_method,
    row_number() over (partition by site_id, local_date order by block_start_utc) = 1 as is_first_of_day,
    {% for stream in streams -%}
    coalesce({{ epoch_us(stream ~ "_fetched_at_utc") }}, 0) +
    {%- endfor %}
    cast(source_rows_count as bigint) as day_version,
    {%- for stream in streams %}
    {{ stream }}_fetched_at_utc{{ "," if not loop.last }}
    {%- endfor %}
from energies
