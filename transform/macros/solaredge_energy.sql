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
