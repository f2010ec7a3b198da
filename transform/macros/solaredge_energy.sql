{#-
  Energy of SolarEdge's rows by half hour.

  v2, and v1's site and meters, give energy by interval: it is added up. An interval of an
  hour is halved, which is an estimate. v1's batteries give readings at odd seconds with
  counters that stay 0 on some models; between two readings the counter's difference counts
  if it moves, else the mean of the two powers, and what spans the end of a half hour is
  shared by time.
-#}

{#- The streams that half hours are made of, in the order of their version columns. -#}
{% macro solaredge_streams() -%}
  {{ return(["site_energy", "meter_energy", "inverter_telemetry", "storage_telemetry"]) }}
{%- endmacro %}

{#- Meter types to the names of their quantities. -#}
{% macro solaredge_meters() -%}
  {{ return({
    "Production": "production",
    "Consumption": "load",
    "Purchased": "import",
    "FeedIn": "export",
  }) }}
{%- endmacro %}

{#- Readings further apart than this are a gap: between them nothing is known, minutes. -#}
{% macro longest_reading_gap() -%}30{%- endmacro %}

{#- The ledger's entries that half hours are made of. -#}
{% macro solaredge_block_streams() -%}
stream in ({% for stream in solaredge_streams() %}'{{ stream }}'{{ ", " if not loop.last }}{% endfor %})
and coalesce(resolution, 'quarter_hour') <> 'day'
{%- endmacro %}

{#- The fetch time of each of those streams, from its ledger entries of one day. -#}
{% macro solaredge_fetches() -%}
{%- for stream in solaredge_streams() %}
max(case when stream = '{{ stream }}' then fetched_at_utc end) as {{ stream }}_fetched_at_utc{{ "," if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- Those columns by the names they have in the model: the same. -#}
{% macro solaredge_fetch_columns() -%}
  {%- set columns = {} -%}
  {%- for stream in solaredge_streams() -%}
    {%- do columns.update({stream ~ "_fetched_at_utc": stream ~ "_fetched_at_utc"}) -%}
  {%- endfor -%}
  {{ return(columns) }}
{%- endmacro %}

{#- What a day's intervals may differ from the vendor's total without a reason: its rounding, Wh. -#}
{% macro total_tolerance_wh(total_wh) -%}
  greatest({{ 1000 * var("solaredge_total_differs_kwh") }}, 0.0002 * {{ total_wh }})
{%- endmacro %}

{#-
  What the vendor's own total of a day says of its intervals: `agrees`; `lacks`, where it holds more
  than they do and some have no value; `contradicts`; `unknown`, where there is none, or one that was
  fetched so long before the intervals that they may have grown since.
-#}
{% macro total_verdict(intervals_wh, total_wh, null_slots, total_is_recent) -%}
  case
    when {{ total_wh }} is null then 'unknown'
    when {{ intervals_wh }} < {{ total_wh }} - {{ total_tolerance_wh(total_wh) }}
      then case when {{ null_slots }} > 0 then 'lacks' else 'contradicts' end
    when {{ intervals_wh }} <= {{ total_wh }} + {{ total_tolerance_wh(total_wh) }} then 'agrees'
    when {{ total_is_recent }} then 'contradicts'
    else 'unknown'
  end
{%- endmacro %}

{#- The key of a site in the marts. -#}
{% macro days_by_total_key(relation="") -%}
  'solaredge:' || {{ relation ~ "." if relation }}site_id
{%- endmacro %}

{#-
  The days that half hours are made of, with what each is held against and its version. A day is made of
  several answers, each with a fetch time of its own: all of them count, and so does what it is held against.
-#}
{% macro solaredge_days_wanted() -%}
  {%- set streams = solaredge_streams() -%}
  {%- set judged_by = [
      var("solaredge_rules_version"),
      "totals.total_wh",
      "case when totals.fetched_at_utc >= "
      ~ add_minutes("days.site_energy_fetched_at_utc", -1440) ~ " then 1 else 0 end",
      "equipment.most_pv_w",
      "equipment.most_battery_w",
      "case when days.local_date <= equipment.installed_on then 1 else 0 end",
  ] -%}
  select
      days.*,
      -- A total that the panels cannot give says nothing.
      case
          when totals.total_wh <= 24 * coalesce(equipment.most_pv_w, 1e3 * {{ var("solaredge_most_kw") }})
              then totals.total_wh
      end as total_wh,
      coalesce(
          totals.fetched_at_utc >= {{ add_minutes("days.site_energy_fetched_at_utc", -1440) }}, false
      ) as total_is_recent,
      coalesce(equipment.most_pv_w, 1e3 * {{ var("solaredge_most_kw") }}) as most_pv_w,
      coalesce(equipment.most_battery_w, 1e3 * {{ var("solaredge_most_kw") }}) as most_battery_w,
      coalesce(days.local_date <= equipment.installed_on, false) as is_first_day,
      {{ version_of(judged_by) }} as rules_version,
      days.fetches_version + {{ version_of(judged_by) }} as day_version
  from (
      select
          site_id,
          local_date,
          {%- for stream in streams %}
          max(case when stream = '{{ stream }}' then account end) as {{ stream }}_account,
          {%- endfor %}
          {{ solaredge_fetches() }},
          max(case when stream = 'storage_telemetry' then 1 else 0 end) = 1 as storage_was_asked,
          max(case when status = 'pending' then 1 else 0 end) = 1 as is_pending,
          -- What v1 calls energy holds the battery's share, that of v2 does not.
          max(case when stream = 'site_energy' and api_version = 'v1' then 1 else 0 end) = 1
              as is_inverter_output,
          max(case when stream = 'site_energy' and status = 'partial' then expected_points - n_points end)
              as pv_missing_points,
          {%- for stream in ["meter_energy", "storage_telemetry"] %}
          max(case when stream = '{{ stream }}' and status = 'partial' and n_points = 0 then 1 else 0 end) = 1
              as {{ stream }}_is_silent,
          {%- endfor %}
          sum(n_rows) as n_rows,
          sum({{ epoch_us("fetched_at_utc") }}) + sum(n_rows) as fetches_version
      from {{ ref("int_solaredge__days") }}
      where {{ solaredge_block_streams() }}
      group by site_id, local_date
      having sum(n_rows) > 0
  ) as days
  left join {{ ref("int_solaredge__day_totals") }} as totals
      on
          days.site_id = totals.site_id
          and days.local_date = totals.local_date
          and totals.basis = case when days.is_inverter_output then 'inverter_output' else 'pv' end
  left join {{ ref("int_solaredge__equipment") }} as equipment
      on days.site_id = equipment.site_id
{%- endmacro %}

{#-
  What is true of the whole day, for its first row: its quality is the worst of all its half hours, those
  without a value included.

  Args:
    sleepless: quantities whose devices report day and night.
-#}
{% macro solaredge_whole_day(sleepless) -%}
  row_number() over (partition by site_id, local_date order by block_start_utc) = 1 as is_first_of_day,
  case
      when total_verdict = 'lacks' or day_site_wh is null then (total_wh - coalesce(day_site_wh, 0)) / 1000.0
  end as pv_unplaced_kwh,
  sum(case when pv_kwh is null then 0 else 1 end) over day > 0 or total_wh is not null as has_pv_day,
  case
      when is_pending then {{ rank_of("unsettled") }}
      when total_verdict = 'lacks'
          then case
              when is_inverter_output and max(all_charge_wh) over day is not null then {{ rank_of("estimated") }}
              else {{ rank_of("bridged") }}
          end
      when total_verdict = 'unknown'
          and (
              coalesce(pv_missing_points, 0) > 0
              or max(case when pv_lacks and is_between then 1 else 0 end) over day = 1
          ) then {{ rank_of("suspect") }}
      when total_verdict = 'agrees' and day_site_wh is null then {{ rank_of("ok") }}
      else max(
          case when pv_kwh is not null and not (pv_is_half_filled and pv_lacks) then pv_rank end
      ) over day
  end as pv_day_rank,
  {%- for quantity in sleepless %}
  case
      when max(case when {{ quantity }}_kwh is not null then 1 else 0 end) over day = 1
          then greatest(
              max(case when {{ quantity }}_kwh is not null then {{ quantity }}_rank end) over day,
              max(case when {{ quantity }}_lacks then {{ rank_of("suspect") }} else 0 end) over day
          )
  end as {{ quantity }}_day_rank,
  {%- endfor %}
  case
      when
          meter_energy_is_silent
          or storage_telemetry_is_silent
          or (site_energy_fetched_at_utc is not null and total_verdict <> 'agrees' and day_site_wh is null)
          then sum(labels_count - lacking_count) over day
      when total_verdict in ('lacks', 'unknown')
          then greatest(
              coalesce(pv_missing_points, case total_verdict when 'lacks' then 1 else 0 end)
              - sum(case when pv_lacks then least(labels_count, null_slots) else 0 end) over day,
              0
          )
      else 0
  end as unplaced_points
{%- endmacro %}
