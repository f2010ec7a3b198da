{#-
  Energy shares, one formula each. Bounds 0..1; null where the question has no answer.
  The part of the generation that was not exported. A battery that sells what it bought
  makes the export larger than the generation: then the share is 0, never negative.
-#}
{% macro self_consumption_share(pv_kwh, export_kwh) -%}
  case
    when {{ pv_kwh }} > 0 and {{ export_kwh }} is not null
      then least(1.0, greatest(0.0, ({{ pv_kwh }} - {{ export_kwh }}) / {{ pv_kwh }}))
  end
{%- endmacro %}

{#- The part of the load that was not imported. Charging from the grid can import more than the load. -#}
{% macro self_sufficiency_share(load_kwh, import_kwh) -%}
  case
    when {{ load_kwh }} > 0 and {{ import_kwh }} is not null
      then least(1.0, greatest(0.0, ({{ load_kwh }} - {{ import_kwh }}) / {{ load_kwh }}))
  end
{%- endmacro %}

{#- The quantities of every energy table, in the order of its columns. -#}
{% macro energy_quantities() -%}
  {{ return(["pv", "load", "import", "export", "charge", "discharge"]) }}
{%- endmacro %}

{#- Where energy went from and to, where the source can tell. -#}
{% macro energy_flows() -%}
  {{ return(["pv_to_grid", "battery_to_grid", "grid_to_battery", "grid_to_load"]) }}
{%- endmacro %}

{#-
  What came in less what went out, kWh. A system without a battery has no charge: null then
  counts as 0, as does the PV of a sleeping inverter; without a meter there is no answer.
-#}
{% macro balance_residual(pv, imported, discharge, load, exported, charge) -%}
  coalesce({{ pv }}, 0) + {{ imported }} + coalesce({{ discharge }}, 0)
  - {{ load }} - {{ exported }} - coalesce({{ charge }}, 0)
{%- endmacro %}

{#- The qualities of a value, the best first. -#}
{% macro qualities() -%}
  {{ return(["ok", "bridged", "estimated", "suspect", "unsettled", "missing"]) }}
{%- endmacro %}

{#- Returns the place of a quality in that order; tables keep places, which cost nothing to store. -#}
{% macro rank_of(quality) -%}
  {{ qualities().index(quality) }}
{%- endmacro %}

{#- Returns a quality's place in that order. -#}
{% macro quality_rank(column) -%}
  case {{ column }}
    {%- for quality in qualities() %} when '{{ quality }}' then {{ loop.index0 }}{% endfor %} end
{%- endmacro %}

{#- Returns the quality at a place in that order; nothing at all is missing. -#}
{% macro quality_name(rank) -%}
  case {{ rank }}
    {%- for quality in qualities() %} when {{ loop.index0 }} then '{{ quality }}'{% endfor %} else 'missing' end
{%- endmacro %}

{#- The worst quality among the values that are there; a null value has nothing to be judged. -#}
{% macro worst_quality(quantities) -%}
  {%- set worst -%}
    greatest(
      {%- for quantity in quantities %}
      case when {{ quantity }}_kwh is null then -1 else {{ quantity }}_rank end
      {{- "," if not loop.last }}
      {%- endfor %}
    )
  {%- endset -%}
  {{ quality_name(worst) }}
{%- endmacro %}
