{{ config(materialized="view") }}

{#- Our quantity and the vendor's name for it. Sigen's import stands in no total of its own. -#}
{%- set sigen_totals = {
    "pv": "power_generation",
    "load": "power_use",
    "pv_to_grid": "power_to_grid",
    "charge": "es_charging",
    "discharge": "es_discharging",
} -%}
{%- set register_meters = solaredge_meters() %}

with day_ends as (
    select
        'sigen:' || system_id as system_key,
        local_date,
        day_end_utc
    from {{ ref("stg_sigen__history_days") }}

    union all

    select
        'solaredge:' || site_id as system_key,
        local_date,
        {{ add_minutes("day_start_utc", "1440") }} as day_end_utc
    from {{ ref("stg_solaredge__sync_days") }}
    where stream = 'site_energy'
),

ours as (
    select
        days.system_key,
        days.vendor,
        days.system_id,
        days.local_date,
        -- What the intervals make: a total that was taken from the vendor would agree with itself.
        case
            when days.energy_method <> 'vendor day total' then days.pv_kwh - coalesce(days.pv_unplaced_kwh, 0)
        end as pv_kwh,
        days.load_kwh,
        days.import_kwh,
        days.export_kwh,
        days.charge_kwh,
        days.discharge_kwh,
        days.pv_to_grid_kwh,
        case
            when days.energy_method <> 'vendor day total'
                then
                    days.pv_kwh - coalesce(days.pv_unplaced_kwh, 0)
                    - coalesce(days.charge_kwh, 0) + coalesce(days.discharge_kwh, 0)
        end as inverter_output_kwh,
        case when days.is_partial or days.quality in ('unsettled', 'missing') then 0 else 1 end as is_whole,
        day_ends.day_end_utc
    from {{ ref("fct_energy_daily") }} as days
    left join day_ends
        on
            days.system_key = day_ends.system_key
            and days.local_date = day_ends.local_date
),

our_quantities as (
    {%- for quantity in energy_quantities() + ["pv_to_grid", "inverter_output"] %}
    select
        system_key,
        vendor,
        system_id,
        local_date,
        '{{ quantity }}' as quantity,
        {{ quantity }}_kwh as kwh,
        is_whole,
        day_end_utc
    from ours
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- A register's day: from its first reading of a day to its first of the next.
readings as (
    select
        'solaredge:' || site_id as system_key,
        meter_type,
        serial_number,
        local_date,
        lifetime_energy_wh,
        fetched_at_utc,
        row_number() over (
            partition by site_id, meter_type, serial_number, local_date order by measured_at_utc
        ) as place
    from {{ ref("stg_solaredge__meter_readings") }}
    where lifetime_energy_wh is not null
),

registers as (
    select
        *,
        (lead(lifetime_energy_wh) over meter) - lifetime_energy_wh as counted_wh,
        lead(local_date) over meter as next_date,
        lead(fetched_at_utc) over meter as next_fetched_at_utc
    from readings
    where place = 1
    window meter as (partition by system_key, meter_type, serial_number order by local_date)
),

vendor_figures as (
    {%- for name, column in sigen_totals.items() %}
    select
        'sigen:' || system_id as system_key,
        'day' as grain,
        local_date as period_start,
        '{{ name }}' as quantity,
        'history_days' as vendor_stream,
        {{ column }}_kwh as vendor_kwh,
        fetched_at_utc
    from {{ ref("stg_sigen__history_days") }}
    union all
    select
        'sigen:' || system_id as system_key,
        'day' as grain,
        local_date as period_start,
        '{{ name }}' as quantity,
        'daily_totals' as vendor_stream,
        {{ column }}_kwh as vendor_kwh,
        fetched_at_utc
    from {{ ref("stg_sigen__daily_totals") }}
    union all
    select
        'sigen:' || system_id as system_key,
        'month' as grain,
        month_start as period_start,
        '{{ name }}' as quantity,
        'monthly_totals' as vendor_stream,
        {{ column }}_kwh as vendor_kwh,
        fetched_at_utc
    from {{ ref("stg_sigen__monthly_totals") }}
    union all
    select
        'sigen:' || system_id as system_key,
        'year' as grain,
        year_start as period_start,
        '{{ name }}' as quantity,
        'yearly_totals' as vendor_stream,
        {{ column }}_kwh as vendor_kwh,
        fetched_at_utc
    from {{ ref("stg_sigen__yearly_totals") }}
    union all
    {%- endfor %}
    select
        'solaredge:' || site_id as system_key,
        'day' as grain,
        local_date as period_start,
        case when basis = 'inverter_output' then 'inverter_output' else 'pv' end as quantity,
        'energy_days' as vendor_stream,
        energy_wh / 1000.0 as vendor_kwh,
        fetched_at_utc
    from {{ ref("stg_solaredge__energy_days") }}
    {%- for meter_type, name in register_meters.items() if name != "production" %}
    union all
    select
        system_key,
        'day' as grain,
        local_date as period_start,
        '{{ name }}' as quantity,
        'meter_readings' as vendor_stream,
        sum(counted_wh) / 1000.0 as vendor_kwh,
        max(next_fetched_at_utc) as fetched_at_utc
    from registers
    where
        meter_type = '{{ meter_type }}'
        and next_date = {{ add_days("local_date", 1) }}
        and counted_wh >= 0
    group by system_key, local_date
    {%- endfor %}
),

-- Lifetime figures dip now and then, and never rise by mistake: the highest one holds.
lifetimes as (
    select
        'sigen:' || system_id as system_key,
        'pv' as quantity,
        'summary' as vendor_stream,
        local_date,
        lifetime_power_generation_kwh - daily_power_generation_kwh as until_midnight_kwh,
        row_number() over (
            partition by system_id order by lifetime_power_generation_kwh desc, measured_at_utc desc
        ) as place
    from {{ ref("stg_sigen__summary") }}
    where lifetime_power_generation_kwh is not null

    union all

    select
        'solaredge:' || site_id as system_key,
        case when basis = 'pv' then 'pv' else 'inverter_output' end as quantity,
        'overview' as vendor_stream,
        local_date,
        (lifetime_energy_wh - today_energy_wh) / 1000.0 as until_midnight_kwh,
        row_number() over (
            partition by site_id order by lifetime_energy_wh desc, measured_at_utc desc
        ) as place
    from {{ ref("stg_solaredge__overview") }}
    where lifetime_energy_wh is not null
),

compared as (
    select
        ours.system_key,
        ours.vendor,
        ours.system_id,
        figures.grain,
        figures.period_start,
        figures.quantity,
        figures.vendor_stream,
        figures.vendor_kwh,
        ours.kwh as intervals_kwh,
        ours.is_whole = 1 as is_whole,
        figures.fetched_at_utc < ours.day_end_utc as figure_is_older
    from vendor_figures as figures
    inner join our_quantities as ours
        on
            figures.system_key = ours.system_key
            and figures.quantity = ours.quantity
            and figures.period_start = ours.local_date
    where figures.grain = 'day'

    union all

    select
        figures.system_key,
        max(ours.vendor) as vendor,
        max(ours.system_id) as system_id,
        figures.grain,
        figures.period_start,
        figures.quantity,
        figures.vendor_stream,
        max(figures.vendor_kwh) as vendor_kwh,
        {{ stable_sum("ours.kwh", 9) }} as intervals_kwh,
        sum(ours.is_whole) = max(
            case
                when figures.grain = 'month' then {{ days_in_month("figures.period_start") }}
                else {{ days_in_year("figures.period_start") }}
            end
        ) as is_whole,
        max(figures.fetched_at_utc) < max(ours.day_end_utc) as figure_is_older
    from vendor_figures as figures
    inner join our_quantities as ours
        on
            figures.system_key = ours.system_key
            and figures.quantity = ours.quantity
            and figures.period_start = case
                when figures.grain = 'month' then {{ month_start("ours.local_date") }}
                else {{ year_start("ours.local_date") }}
            end
    where figures.grain in ('month', 'year')
    group by
        figures.system_key, figures.grain, figures.period_start, figures.quantity, figures.vendor_stream

    union all

    select
        lifetimes.system_key,
        max(ours.vendor) as vendor,
        max(ours.system_id) as system_id,
        'lifetime' as grain,
        min(ours.local_date) as period_start,
        lifetimes.quantity,
        lifetimes.vendor_stream,
        max(lifetimes.until_midnight_kwh) as vendor_kwh,
        {{ stable_sum("ours.kwh", 9) }} as intervals_kwh,
        coalesce(
            -- The day of the installation has no whole number of hours.
            min(ours.local_date) <= max(systems.installed_on)
            and sum(case when ours.local_date > systems.installed_on then ours.is_whole else 0 end)
            >= max({{ days_from("systems.installed_on", "lifetimes.local_date") }}) - 1,
            false
        ) as is_whole,
        false as figure_is_older
    from lifetimes
    inner join our_quantities as ours
        on
            lifetimes.system_key = ours.system_key
            and lifetimes.quantity = ours.quantity
            and lifetimes.local_date > ours.local_date
    left join {{ ref("dim_systems") }} as systems on lifetimes.system_key = systems.system_key
    where lifetimes.place = 1
    group by lifetimes.system_key, lifetimes.quantity, lifetimes.vendor_stream
),

measured as (
    select
        *,
        intervals_kwh - vendor_kwh as difference_kwh,
        case grain
            when 'day' then greatest(0.05, 0.005 * vendor_kwh)
            when 'month' then greatest(0.5, 0.005 * vendor_kwh)
            else greatest(5.0, 0.01 * vendor_kwh)
        end as tolerance_kwh
    from compared
)

select
    system_key,
    vendor,
    system_id,
    grain,
    period_start,
    quantity,
    vendor_stream,
    intervals_kwh,
    vendor_kwh,
    {{ rounded("difference_kwh", 6) }} as difference_kwh,
    {{ share("difference_kwh", "vendor_kwh") }} as difference_share,
    cast(tolerance_kwh as {{ sql_type("double") }}) as tolerance_kwh,
    is_whole,
    case
        when vendor_kwh is null then 'no vendor figure'
        when intervals_kwh is null then 'no intervals'
        when abs(difference_kwh) <= tolerance_kwh + 0.000001 then 'agrees'
        when not is_whole then 'incomplete'
        when figure_is_older then 'vendor figure is older'
        else 'differs'
    end as verdict
from measured
