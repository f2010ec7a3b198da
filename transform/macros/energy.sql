{#-
  Energy shares, one formula each. Bounds 0..1; null where the question has no answer.
  The part of the generation that was not exported.
-#}
{% macro self_consumption_share(pv_kwh, export_kwh) -%}
  case
    when {{ pv_kwh }} > 0 and {{ export_kwh }} is not null
      then least(1.0, greatest(0.0, ({{ pv_kwh }} - {{ export_kwh }}) / {{ pv_kwh }}))
  end
{%- endmacro %}

{#- The part of the load that was not imported. -#}
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
