{{ config(
    materialized=by_day_materialization(),
    incremental_strategy="delete+insert",
    unique_key=["system_key", "local_date"],
    on_schema_change="fail",
    indexes=indexes_on([["system_key", "local_date", "day_version"]]),
    pre_hook="{{ plain_plans() }}",
    post_hook="{{ delete_days_without(
        'select system_key, local_date from ' ~ ref('fct_energy_30min') ~ ' where is_first_of_day union all select '
        ~ days_by_total_key() ~ ', local_date from ' ~ ref('int_solaredge__days_by_total'), 'system_key',
        one_row_a_day='1 = 1'
    ) }}",
) }}

{%- set quantities = energy_quantities() -%}
{%- set wanted -%}
        select system_key, local_date, day_version
        from {{ ref("fct_energy_30min") }}
        where is_first_of_day
        union all
        select {{ days_by_total_key() }} as system_key, local_date, day_version
        from {{ ref("int_solaredge__days_by_total") }}
{%- endset -%}
{%- set todo = days_to_build(wanted, "system_key", one_row_a_day="1 = 1") -%}
{%- set dates = dates_to_build(todo) %}

with todo as (
    {{ todo }}
),

-- What SolarEdge's days are as a whole; see int_solaredge__30min.
whole as (
    select
        {{ days_by_total_key() }} as system_key,
        local_date,
        pv_unplaced_kwh,
        {%- for quantity in quantities %}
        {{ quantity }}_day_rank,
        {%- endfor %}
        unplaced_points
    from {{ ref("int_solaredge__30min") }}
    where is_first_of_day {{ on_dates(dates, "local_date") }}
),

by_blocks as (
    select
        blocks.system_key,
        blocks.vendor,
        blocks.system_id,
        blocks.local_date,
        max(blocks.day_version) as day_version,
        {%- for quantity in quantities + energy_flows() %}
        {{ stable_sum("blocks." ~ quantity ~ "_kwh", 9) }} as {{ quantity }}_kwh,
        {%- endfor %}
        max(blocks.pv_kw_avg) as pv_peak_kw,
        min(blocks.soc_pct_avg) as soc_pct_min,
        max(blocks.soc_pct_avg) as soc_pct_max,
        min(blocks.energy_method) as energy_method,
        {%- for quantity in quantities %}
        max(
            case
                when blocks.{{ quantity }}_kwh is not null
                    then {{ quality_rank("blocks." ~ quantity ~ "_quality") }}
            end
        ) as {{ quantity }}_rank,
        {%- endfor %}
        count(*) as blocks_count,
        sum(blocks.data_points_count) as data_points_count,
        count(case when blocks.spans_gap then 1 end) as blocks_with_gap_count,
        count(case when blocks.quality not in ('ok', 'missing') then 1 end) as blocks_not_ok_count
    from {{ ref("fct_energy_30min") }} as blocks
    where
        exists (
            select 1 from todo
            where
                blocks.system_key = todo.system_key
                and blocks.local_date = todo.local_date
        )
        {{ on_dates(dates, "blocks.local_date") }}
    group by blocks.system_key, blocks.vendor, blocks.system_id, blocks.local_date
),

-- Where the vendor's own total of the day says what is right, the day takes that.
days as (
    select
        by_blocks.system_key,
        by_blocks.vendor,
        by_blocks.system_id,
        by_blocks.local_date,
        by_blocks.day_version,
        case
            when whole.pv_unplaced_kwh is null then by_blocks.pv_kwh
            else {{ rounded("coalesce(by_blocks.pv_kwh, 0) + whole.pv_unplaced_kwh", 9) }}
        end as pv_kwh,
        {%- for quantity in (quantities + energy_flows()) if quantity not in ("pv", "import", "export") %}
        by_blocks.{{ quantity }}_kwh,
        {%- endfor %}
        {%- for quantity in ["import", "export"] %}
        case
            when metered.{{ quantity }}_verdict is null then by_blocks.{{ quantity }}_kwh
            else metered.metered_{{ quantity }}_kwh
        end as {{ quantity }}_kwh,
        metered.{{ quantity }}_verdict,
        {%- endfor %}
        metered.ev_charge_kwh,
        metered.ev_discharge_kwh,
        metered.third_party_pv_kwh,
        whole.pv_unplaced_kwh,
        by_blocks.pv_peak_kw,
        by_blocks.soc_pct_min,
        by_blocks.soc_pct_max,
        by_blocks.energy_method,
        {%- for quantity in quantities %}
        {%- set by_blocks_rank =
            "coalesce(whole." ~ quantity ~ "_day_rank, by_blocks." ~ quantity ~ "_rank)" %}
        {%- if quantity in ("import", "export") %}
        case metered.{{ quantity }}_verdict
            when 'agrees' then {{ rank_of("ok") }}
            when 'metered alone' then {{ rank_of("bridged") }}
            when 'differs' then {{ rank_of("suspect") }}
            else {{ by_blocks_rank }}
        end as {{ quantity }}_rank,
        {%- else %}
        {{ by_blocks_rank }} as {{ quantity }}_rank,
        {%- endif %}
        {%- endfor %}
        by_blocks.data_points_count - coalesce(whole.unplaced_points, 0) as data_points_count,
        by_blocks.blocks_with_gap_count,
        by_blocks.blocks_not_ok_count
    from by_blocks
    left join whole
        on
            by_blocks.system_key = whole.system_key
            and by_blocks.local_date = whole.local_date
    left join {{ ref("int_sigen__metered_days") }} as metered
        on
            by_blocks.vendor = 'sigen'
            and by_blocks.system_id = metered.system_id
            and by_blocks.local_date = metered.local_date

    union all

    select
        {{ days_by_total_key("totals") }} as system_key,
        'solaredge' as vendor,
        totals.site_id as system_id,
        totals.local_date,
        totals.day_version,
        totals.pv_kwh,
        {%- for quantity in (quantities + energy_flows()) if quantity not in ("pv", "import", "export") %}
        {{ null_of("double") }} as {{ quantity }}_kwh,
        {%- endfor %}
        {%- for quantity in ["import", "export"] %}
        {{ null_of("double") }} as {{ quantity }}_kwh,
        {{ null_of("text") }} as {{ quantity }}_verdict,
        {%- endfor %}
        {{ null_of("double") }} as ev_charge_kwh,
        {{ null_of("double") }} as ev_discharge_kwh,
        {{ null_of("double") }} as third_party_pv_kwh,
        totals.pv_kwh as pv_unplaced_kwh,
        {{ null_of("double") }} as pv_peak_kw,
        {{ null_of("double") }} as soc_pct_min,
        {{ null_of("double") }} as soc_pct_max,
        'vendor day total' as energy_method,
        {%- for quantity in quantities %}
        {{ "totals.pv_rank" if quantity == "pv" else null_of("integer") }} as {{ quantity }}_rank,
        {%- endfor %}
        0 as data_points_count,
        0 as blocks_with_gap_count,
        0 as blocks_not_ok_count
    from {{ ref("int_solaredge__days_by_total") }} as totals
    where
        exists (
            select 1 from todo
            where
                todo.system_key = {{ days_by_total_key("totals") }}
                and todo.local_date = totals.local_date
        )
        {{ on_dates(dates, "totals.local_date") }}
),

expected as (
    select
        'sigen:' || system_id as system_key,
        local_date,
        expected_points,
        5 as minutes_per_point
    from {{ ref("stg_sigen__history_days") }}
    union all
    -- Series of one site share its clock; a site's own energy is one series.
    select
        'solaredge:' || site_id as system_key,
        local_date,
        max(expected_points) as expected_points,
        max(case when resolution = 'hour' then 60 else 15 end) as minutes_per_point
    from {{ ref("stg_solaredge__sync_days") }}
    where stream = 'site_energy' and coalesce(resolution, 'quarter_hour') <> 'day'
    group by site_id, local_date
)

select
    days.system_key,
    days.vendor,
    days.system_id,
    days.local_date,
    {%- for quantity in quantities + energy_flows() %}
    days.{{ quantity }}_kwh,
    {%- endfor %}
    {{ self_consumption_share("days.pv_kwh", "days.export_kwh") }} as self_consumption_share,
    {{ self_sufficiency_share("days.load_kwh", "days.import_kwh") }} as self_sufficiency_share,
    days.pv_peak_kw,
    days.soc_pct_min,
    days.soc_pct_max,
    days.energy_method,
    case
        when days.pv_unplaced_kwh is not null then 'vendor day total'
        when days.pv_kwh is not null
            then case days.vendor when 'sigen' then 'counter' else 'vendor interval' end
    end as pv_method,
    days.pv_unplaced_kwh,
    {%- for quantity in ["import", "export"] %}
    case
        when days.{{ quantity }}_verdict is not null then 'metered day total'
        when days.{{ quantity }}_kwh is not null then 'half hours'
    end as {{ quantity }}_method,
    {%- endfor %}
    case
        when 'differs' in (days.import_verdict, days.export_verdict) then 'differs'
        when 'agrees' in (days.import_verdict, days.export_verdict) then 'agrees'
    end as metered_verdict,
    days.ev_charge_kwh,
    days.ev_discharge_kwh,
    days.third_party_pv_kwh,
    {%- for quantity in quantities %}
    {{ quality_name("days." ~ quantity ~ "_rank") }} as {{ quantity }}_quality,
    {%- endfor %}
    {{ worst_quality(quantities) }} as quality,
    {{ share("expected.expected_points * expected.minutes_per_point", "60") }} as hours_in_day,
    cast(days.data_points_count as integer) as data_points_count,
    cast(expected.expected_points as integer) as expected_points,
    {{ share("days.data_points_count", "expected.expected_points") }} as coverage_share,
    coalesce(days.data_points_count < expected.expected_points, true) as is_partial,
    cast(days.blocks_with_gap_count as integer) as blocks_with_gap_count,
    cast(days.blocks_not_ok_count as integer) as blocks_not_ok_count,
    days.day_version
from days
left join expected
    on
        days.system_key = expected.system_key
        and days.local_date = expected.local_date
