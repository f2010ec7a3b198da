{#-
  A half hour's energy, scaled so that the day's sum is what the meter counted, where both agree about the
  day. Where some half hours are estimated or bridged, only those give: the others were read as they should be.
  Reads `blocks` and `metered` (int_sigen__metered_days).
-#}
{% macro scaled_to_the_meter(quantity) -%}
  {%- if quantity in ("import", "grid_to_battery", "grid_to_load") -%}
    {{ rounded("blocks." ~ quantity ~ "_kwh * " ~ scale_of_import()) }}
  {%- elif quantity == "battery_to_grid" -%}
    {{ rounded("blocks.battery_to_grid_kwh * " ~ scale_of_sales()) }}
  {%- elif quantity == "export" -%}
    {{ rounded("blocks.export_kwh + coalesce(blocks.battery_to_grid_kwh * (" ~ scale_of_sales() ~ " - 1.0), 0.0)") }}
  {%- else -%}
    blocks.{{ quantity }}_kwh
  {%- endif -%}
{%- endmacro %}

{#- The factor of a half hour's import; 1 where it keeps its own value. -#}
{% macro scale_of_import() -%}
  case when metered.import_scales_all or blocks.import_rank > 0 then coalesce(metered.import_scale, 1.0) else 1.0 end
{%- endmacro %}

{#- The factor of what the battery sells in a half hour, likewise. -#}
{% macro scale_of_sales() -%}
  case
    when metered.sales_scale_all or blocks.export_rank > 0 then coalesce(metered.battery_sales_scale, 1.0)
    else 1.0
  end
{%- endmacro %}
