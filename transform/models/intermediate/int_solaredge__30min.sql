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
{#- Quantities by the name that their readings have. -#}
{%- set names = {
    "pv": "pv", "site_ac": "site_ac", "inverter_ac": "inverter_ac", "charge": "charge", "discharge": "discharge"
} -%}
{%- for meter_type, name in meters.items() -%}
    {%- do names.update({name: meter_type}) -%}
{%- endfor -%}
{#- Devices that report day and night: each interval of theirs has a value. -#}
{%- set sleepless = ["load", "import", "export", "charge", "discharge"] -%}
{%- set wanted = solaredge_days_wanted() -%}
{%- set todo = days_to_build(wanted, "site_id") -%}
{%- set dates = dates_to_build(todo) -%}

{#- Stream, quantity, value, the most that it may be, device. -#}
{%- set most_wh = 1e3 * var("solaredge_most_kw") -%}
{%- set series = [
    (
        "site_energy", "case when readings.basis = 'inverter_output' then 'site_ac' else 'pv' end",
        "energy_wh", most_wh, "''"
    ),
    ("meter_energy", "readings.meter_type", "energy_wh", most_wh, "readings.serial_number"),
    ("inverter_telemetry", "'inverter_ac'", "energy_wh", most_wh, "readings.serial_number"),
    ("storage_telemetry", "'charge'", "charge_energy_wh", most_wh, "readings.serial_number"),
    ("storage_telemetry", "'discharge'", "discharge_energy_wh", most_wh, "readings.serial_number"),
    ("storage_telemetry", "'soc'", "state_of_energy_pct", 100, "readings.serial_number"),
] %}

with todo as (
    {{ todo }}
),

-- Below zero, beyond all measure or no number at all: such a value is none.
readings as (
    {%- for stream, quantity, value, most, device in series %}
    select
        readings.site_id,
        readings.local_date,
        readings.measured_at_local,
        readings.utc_offset_minutes,
        readings.resolution,
        {{ quantity }} as quantity,
        {{ device }} as device,
        {{ if_possible("readings." ~ value, least=0, most=most) }} as value,
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

-- One row an interval: how many of its series have a value decides whether it has one.
intervals as (
    select
        site_id,
        local_date,
        measured_at_local,
        utc_offset_minutes,
        resolution,
        {%- for quantity, name in names.items() %}
        sum(case when quantity = '{{ name }}' then value end) as {{ quantity }}_wh,
        {%- endfor %}
        {%- for quantity in sleepless %}
        count(case when quantity = '{{ names[quantity] }}' then value end) as {{ quantity }}_count,
        {%- endfor %}
        sum(case when quantity = 'soc' then value end) as soc_pct_sum,
        count(case when quantity = 'soc' then value end) as soc_count
    from once
    where measured_at_local is not null
    group by site_id, local_date, measured_at_local, utc_offset_minutes, resolution
),

-- An hour is two half hours of equal energy: an estimate, and said to be one.
halves as (
    select 0 as half
    union all
    select 1 as half
),

placed as (
    select
        intervals.*,
        halves.half,
        {{ add_minutes(
            block_start_utc("intervals.measured_at_local", "intervals.utc_offset_minutes"), "30 * halves.half"
        ) }} as block_start_utc,
        intervals.measured_at_local = {{ block_30min("intervals.measured_at_local") }} as starts_block,
        intervals.resolution <> 'instant' as is_interval,
        case when intervals.resolution = 'hour' then 2.0 else 1.0 end as parts,
        case when intervals.resolution = 'hour' then 1.0 else 0.25 end as hours,
        todo.most_pv_w,
        todo.most_battery_w,
        -- What v1 calls energy holds the battery's share.
        todo.most_pv_w + case when intervals.pv_wh is null then todo.most_battery_w else 0 end as most_site_w
    from intervals
    inner join todo
        on
            intervals.site_id = todo.site_id
            and intervals.local_date = todo.local_date
    inner join halves on halves.half = 0 or intervals.resolution = 'hour'
),

-- Ten times what the equipment can give is an error for certain; less may be a wrong nameplate.
believed as (
    select
        site_id,
        local_date,
        block_start_utc,
        utc_offset_minutes,
        starts_block,
        resolution,
        is_interval,
        half,
        soc_pct_sum,
        soc_count,
        {%- for quantity in sleepless %}
        {{ quantity }}_count,
        {%- endfor %}
        {%- for quantity in names %}
        {%- set most = {
            "pv": "10 * most_pv_w",
            "site_ac": "10 * most_site_w",
            "charge": "10 * most_battery_w",
            "discharge": "10 * most_battery_w",
        }[quantity] or "1e3 * " ~ var("solaredge_most_kw") %}
        case
            when {{ quantity }}_wh <= hours * {{ most }} then {{ quantity }}_wh / parts
        end as {{ quantity }}_wh,
        {%- endfor %}
        coalesce(pv_wh, site_ac_wh) > hours * most_site_w as site_is_over,
        charge_wh > hours * most_battery_w as charge_is_over,
        discharge_wh > hours * most_battery_w as discharge_is_over
    from placed
),

blocks as (
    select
        site_id,
        local_date,
        block_start_utc,
        {{ offset_at_start("starts_block") }} as utc_offset_minutes,
        count(case when is_interval and half = 0 then 1 end) as labels_count,
        max(case resolution when 'quarter_hour' then 2 when 'hour' then 1 - half else 0 end)
            as expected_points,
        max(case resolution when 'quarter_hour' then 2 when 'hour' then 1 else 0 end) as slots,
        max(case when resolution = 'hour' then 1 else 0 end) = 1 as is_halved,
        {%- for quantity in names %}
        {{ stable_sum(quantity ~ "_wh") }} as {{ quantity }}_wh,
        {%- endfor %}
        count(case when is_interval then coalesce(pv_wh, site_ac_wh) end) as site_slots,
        {%- for quantity in sleepless %}
        count(case when is_interval then {{ quantity }}_wh end) as {{ quantity }}_slots,
        sum(case when is_interval then {{ quantity }}_count else 0 end) as {{ quantity }}_told,
        min(
            case
                when is_interval then case when {{ quantity }}_wh is null then 0 else {{ quantity }}_count end
            end
        ) as {{ quantity }}_series,
        {%- endfor %}
        {{ stable_sum("case when site_is_over then coalesce(pv_wh, site_ac_wh) end") }} as over_wh,
        count(case when site_is_over then coalesce(pv_wh, site_ac_wh) end) as over_slots,
        {%- for side in ["charge", "discharge"] %}
        max(case when {{ side }}_is_over and {{ side }}_wh is not null then 1 else 0 end) = 1
            as {{ side }}_is_over,
        {%- endfor %}
        {{ stable_sum("soc_pct_sum") }} / nullif(sum(soc_count), 0) as soc_pct_avg
    from believed
    group by site_id, local_date, block_start_utc
),

held as (
    select
        blocks.*,
        todo.total_wh,
        todo.total_is_recent,
        todo.is_first_day,
        todo.is_inverter_output,
        todo.pv_missing_points,
        todo.meter_energy_is_silent,
        todo.storage_telemetry_is_silent,
        todo.storage_was_asked,
        todo.is_pending,
        todo.rules_version,
        todo.n_rows,
        {%- for stream in streams %}
        todo.{{ stream }}_fetched_at_utc,
        {%- endfor %}
        -- A value beyond the equipment is out where the vendor's total of the day says so.
        coalesce(
            sum(coalesce(blocks.pv_wh, blocks.site_ac_wh)) over day
            > todo.total_wh + {{ total_tolerance_wh("todo.total_wh") }},
            false
        ) and blocks.over_slots > 0 as over_is_out
    from blocks
    inner join todo
        on
            blocks.site_id = todo.site_id
            and blocks.local_date = todo.local_date
    window day as (partition by blocks.site_id, blocks.local_date)
),

cleaned as (
    select
        *,
        case when over_is_out then site_slots - over_slots else site_slots end as pv_slots,
        {%- for quantity in ["pv", "site_ac"] %}
        case
            when not over_is_out then {{ quantity }}_wh
            when site_slots > over_slots then {{ quantity }}_wh - over_wh
        end as {{ quantity }}_left_wh,
        {%- endfor %}
        over_slots > 0 and not over_is_out as pv_is_over
    from held
),

merged as (
    select
        *,
        coalesce(pv_left_wh, site_ac_left_wh) as site_left_wh,
        slots - pv_slots as null_slots
    from cleaned
),

days as (
    select
        *,
        sum(site_left_wh) over day as day_site_wh,
        sum(null_slots) over day as day_null_slots,
        min(case when site_left_wh > 0 then block_start_utc end) over day as first_pv_utc,
        max(case when site_left_wh > 0 then block_start_utc end) over day as last_pv_utc
        {%- for quantity in sleepless %},
        max({{ quantity }}_series) over day as {{ quantity }}_day_series,
        min(case when {{ quantity }}_told > 0 then block_start_utc end) over day as {{ quantity }}_first_utc
        {%- endfor %}
    from merged
    window day as (partition by site_id, local_date)
),

judged as (
    select
        *,
        {{ total_verdict("coalesce(day_site_wh, 0)", "total_wh", "day_null_slots", "total_is_recent") }}
            as total_verdict,
        block_start_utc > first_pv_utc and block_start_utc < last_pv_utc as is_between,
        pv_slots > 0 and pv_slots < slots as pv_is_half_filled
        {%- for quantity in sleepless %},
        coalesce(
            ({{ quantity }}_slots < slots or {{ quantity }}_series < {{ quantity }}_day_series)
            and {{ quantity }}_first_utc is not null
            and (not is_first_day or block_start_utc >= {{ quantity }}_first_utc),
            false
        ) as {{ quantity }}_lacks
        {%- endfor %}
    from days
),

joined as (
    select
        judged.*,
        {{ add_minutes("judged.block_start_utc", "judged.utc_offset_minutes") }} as block_start_local,
        judged.total_verdict in ('lacks', 'unknown')
        and (
            judged.pv_is_half_filled
            or (judged.null_slots > 0 and coalesce(judged.is_between, false))
        ) as pv_lacks,
        {%- for side in ["charge", "discharge"] %}
        coalesce(
            judged.{{ side }}_wh, {{ if_possible("storage." ~ side ~ "_wh", least=0, most=most_wh) }}
        ) as all_{{ side }}_wh,
        {%- endfor %}
        storage.charge_wh is not null as storage_is_read,
        coalesce(storage.spans_gap, false) as storage_spans_gap,
        least(found.source_rows_count, judged.n_rows) as source_rows_count
    from judged
    inner join found
        on
            judged.site_id = found.site_id
            and judged.local_date = found.local_date
    left join {{ ref("int_solaredge__storage_30min") }} as storage
        on
            judged.site_id = storage.site_id
            and judged.local_date = storage.local_date
            and judged.block_start_utc = storage.block_start_utc
),

energies as (
    select
        *,
        {%- for quantity in ["inverter_ac"] + meters.values() | list %}
        {{ quantity }}_wh / 1000.0 as {{ quantity }}_kwh,
        {%- endfor %}
        all_charge_wh / 1000.0 as charge_kwh,
        all_discharge_wh / 1000.0 as discharge_kwh,
        -- v1 gives the inverters' output: the battery's part of it is not PV.
        case
            when pv_left_wh is not null then pv_left_wh / 1000.0
            when site_ac_left_wh is null then null
            when coalesce(all_charge_wh, 0) = 0 and coalesce(all_discharge_wh, 0) = 0
                then site_ac_left_wh / 1000.0
            when site_ac_left_wh + all_charge_wh - all_discharge_wh < 30 then 0.0
            else (site_ac_left_wh + all_charge_wh - all_discharge_wh) / 1000.0
        end as pv_kwh
    from joined
),

ranked as (
    select
        *,
        least(
            labels_count,
            greatest(
                case when pv_lacks and (total_verdict = 'lacks' or is_between) then null_slots else 0 end
                {%- for quantity in sleepless %},
                case when {{ quantity }}_lacks then greatest(slots - {{ quantity }}_slots, 1) else 0 end
                {%- endfor %}
            )
        ) as lacking_count,
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
            when total_verdict = 'contradicts' or pv_is_over or pv_lacks then {{ rank_of("suspect") }}
            when pv_left_wh is null and not storage_was_asked then {{ rank_of("estimated") }}
            when pv_left_wh is null and storage_is_read then {{ rank_of("estimated") }}
            {%- elif stream == "storage_telemetry" %}
            when {{ quantity }}_is_over or {{ quantity }}_lacks then {{ rank_of("suspect") }}
            when storage_is_read then {{ rank_of("estimated") }}
            when storage_spans_gap then {{ rank_of("bridged") }}
            {%- else %}
            when {{ quantity }}_lacks then {{ rank_of("suspect") }}
            {%- endif %}
            {%- if quantity == "load" %}
            -- Its meter takes what the battery buys for consumption.
            when
                charge_kwh - coalesce(discharge_kwh, 0) - coalesce(pv_kwh, 0)
                > greatest(0.02, 0.02 * charge_kwh)
                and (pv_kwh is not null and not pv_lacks or coalesce(production_kwh, 0) = 0)
                then {{ rank_of("suspect") }}
            when
                (storage_telemetry_is_silent or charge_lacks)
                and import_kwh > 0
                and coalesce(production_kwh, 0) = 0
                then {{ rank_of("suspect") }}
            {%- endif %}
            when is_halved then {{ rank_of("estimated") }}
            else {{ rank_of("ok") }}
        end as {{ quantity }}_rank{{ "," if not loop.last }}
        {%- endfor %}
    from energies
),

-- What is true of the whole day stands in its first row: the day's quality is the worst of all its
-- half hours, those without a value included.
whole as (
    select
        ranked.*,
        {{ solaredge_whole_day(sleepless) }}
    from ranked
    window day as (partition by site_id, local_date)
)

select
    site_id,
    local_date,
    block_start_utc,
    block_start_local,
    utc_offset_minutes,
    cast(labels_count - lacking_count as integer) as data_points_count,
    cast(expected_points as integer) as expected_points,
    labels_count - lacking_count < expected_points as spans_gap,
    {%- for quantity in ["pv", "inverter_ac", "charge", "discharge"] + meters.values() | list %}
    {{ rounded(quantity ~ "_kwh", 9) }} as {{ quantity }}_kwh,
    {%- endfor %}
    soc_pct_avg,
    {%- for quantity in energy_quantities() %}
    {{ quantity }}_rank,
    {%- endfor %}
    case when storage_is_read then 'readings' else 'vendor interval' end as storage_method,
    is_first_of_day,
    case when is_first_of_day then {{ rounded("pv_unplaced_kwh", 9) }} end as pv_unplaced_kwh,
    case when is_first_of_day and has_pv_day then pv_day_rank end as pv_day_rank,
    {%- for quantity in sleepless %}
    case when is_first_of_day then {{ quantity }}_day_rank end as {{ quantity }}_day_rank,
    {%- endfor %}
    case when is_first_of_day then total_verdict end as total_verdict,
    cast(case when is_first_of_day then unplaced_points end as integer) as unplaced_points,
    {% for stream in streams -%}
    coalesce({{ epoch_us(stream ~ "_fetched_at_utc") }}, 0) +
    {%- endfor %}
    cast(source_rows_count as bigint) + rules_version as day_version,
    {%- for stream in streams %}
    {{ stream }}_fetched_at_utc{{ "," if not loop.last }}
    {%- endfor %}
from whole
