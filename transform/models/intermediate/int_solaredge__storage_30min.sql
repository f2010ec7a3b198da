-- Batteries of v1 by half hour: readings at odd seconds become energy, see macros/solaredge_energy.sql.
{%- set sides = {"charge": "charged", "discharge": "discharged"} %}

with ledger as (
    select days.*
    from (
        select
            *,
            lead(local_date) over (partition by site_id order by local_date) as next_date,
            lead(day_start_utc) over (partition by site_id order by local_date) as next_day_start_utc
        from {{ ref("int_solaredge__days") }}
        where stream = 'storage_telemetry'
    ) as days
    where days.resolution = 'instant' and days.n_rows > 0
),

readings as (
    select
        readings.site_id,
        readings.serial_number,
        readings.local_date,
        readings.measured_at_utc,
        readings.utc_offset_minutes,
        readings.charge_power_w,
        readings.discharge_power_w,
        {%- for side, past in sides.items() %}
        readings.lifetime_{{ past }}_wh,
        max(readings.lifetime_{{ past }}_wh) over (
            partition by readings.site_id, readings.serial_number, readings.local_date
        ) > 0 as {{ side }}_counter_lives,
        {%- endfor %}
        readings.state_of_energy_pct,
        coalesce(
            ledger.day_start_utc,
            {{ add_minutes("cast(readings.local_date as timestamp)", "-readings.utc_offset_minutes") }}
        ) as day_start_utc,
        case when ledger.next_date = {{ add_days("ledger.local_date", 1) }} then ledger.next_day_start_utc end
            as next_day_start_utc
    from {{ ref("stg_solaredge__storage_telemetry") }} as readings
    inner join ledger
        on
            readings.site_id = ledger.site_id
            and readings.local_date = ledger.local_date
            and readings.fetched_at_utc = ledger.fetched_at_utc
            {{- same_account("solaredge", "readings", "ledger") }}
    where readings.measured_at_utc is not null
),

pairs as (
    select
        *,
        row_number() over battery = 1 as is_first,
        lead(measured_at_utc) over battery is null as is_last,
        lag(measured_at_utc) over battery as earlier_utc,
        {%- for side, past in sides.items() %}
        lag({{ side }}_power_w) over battery as earlier_{{ side }}_power_w,
        lifetime_{{ past }}_wh - lag(lifetime_{{ past }}_wh) over battery as {{ side }}_counted_wh,
        {%- endfor %}
        -- A reading's offset is that of the next midnight, unless the clock changes between the two.
        coalesce(
            next_day_start_utc,
            {{ add_minutes("cast(local_date as timestamp)", "1440 - utc_offset_minutes") }}
        ) as day_end_utc
    from readings
    window battery as (partition by site_id, serial_number, local_date order by measured_at_utc)
),

-- From one reading to the next, and from midnight to the first and from the last to midnight.
stretches as (
    select
        site_id,
        local_date,
        utc_offset_minutes,
        earlier_utc as start_utc,
        measured_at_utc as end_utc,
        {%- for side in sides %}
        case
            when {{ side }}_counter_lives and {{ side }}_counted_wh >= 0 then {{ side }}_counted_wh
            when {{ seconds_between("earlier_utc", "measured_at_utc") }} <= 60 * {{ longest_reading_gap() }}
                then (earlier_{{ side }}_power_w + {{ side }}_power_w) / 2.0
                    * {{ seconds_between("earlier_utc", "measured_at_utc") }} / 3600.0
        end as {{ side }}_wh,
        {%- endfor %}
        {{ seconds_between("earlier_utc", "measured_at_utc") }} as seconds
    from pairs
    -- A reading that came twice has no time between.
    where not is_first and measured_at_utc > earlier_utc

    union all

    select
        site_id,
        local_date,
        utc_offset_minutes,
        day_start_utc as start_utc,
        measured_at_utc as end_utc,
        {%- for side in sides %}
        {{ side }}_power_w * {{ seconds_between("day_start_utc", "measured_at_utc") }} / 3600.0
            as {{ side }}_wh,
        {%- endfor %}
        {{ seconds_between("day_start_utc", "measured_at_utc") }} as seconds
    from pairs
    where
        is_first
        and {{ seconds_between("day_start_utc", "measured_at_utc") }}
        between 1 and 60 * {{ longest_reading_gap() }}

    union all

    select
        site_id,
        local_date,
        utc_offset_minutes,
        measured_at_utc as start_utc,
        day_end_utc as end_utc,
        {%- for side in sides %}
        {{ side }}_power_w * {{ seconds_between("measured_at_utc", "day_end_utc") }} / 3600.0
            as {{ side }}_wh,
        {%- endfor %}
        {{ seconds_between("measured_at_utc", "day_end_utc") }} as seconds
    from pairs
    where
        is_last
        and {{ seconds_between("measured_at_utc", "day_end_utc") }}
        between 1 and 60 * {{ longest_reading_gap() }}
),

placed as (
    select
        *,
        {{ block_start_utc(add_minutes("start_utc", "utc_offset_minutes"), "utc_offset_minutes") }}
            as first_block_utc,
        {{ block_start_utc(
            dbt.dateadd("second", -1, add_minutes("end_utc", "utc_offset_minutes")), "utc_offset_minutes"
        ) }} as last_block_utc
    from stretches
),

shared as (
    select
        *,
        case
            when first_block_utc = last_block_utc then 1.0
            when seconds > 60 * {{ longest_reading_gap() }} then 1.0
            else {{ seconds_between("last_block_utc", "end_utc") }} / seconds
        end as last_share
    from placed
),

parts as (
    select
        site_id,
        local_date,
        last_block_utc as block_start_utc,
        {%- for side in sides %}
        {{ side }}_wh * last_share as {{ side }}_wh,
        {%- endfor %}
        seconds > 60 * {{ longest_reading_gap() }} as spans_gap
    from shared

    union all

    select
        site_id,
        local_date,
        first_block_utc as block_start_utc,
        {%- for side in sides %}
        {{ side }}_wh * (1.0 - last_share) as {{ side }}_wh,
        {%- endfor %}
        false as spans_gap
    from shared
    where last_share < 1.0
)

select
    site_id,
    local_date,
    block_start_utc,
    {%- for side in sides %}
    {{ stable_sum(side ~ "_wh") }} as {{ side }}_wh,
    {%- endfor %}
    max(case when spans_gap then 1 else 0 end) = 1 as spans_gap
from parts
group by site_id, local_date, block_start_utc
