{#-
  A half hour's energy, scaled so that the day's sum is what the meter counted, where both agree about the
  day. Reads `blocks` and `metered` (int_sigen__metered_days).
-#}
{% macro scaled_to_the_meter(quantity) -%}
  {%- if quantity in ("import", "grid_to_battery", "grid_to_load") -%}
    {{ rounded("blocks." ~ quantity ~ "_kwh * coalesce(metered.import_scale, 1.0)") }}
  {%- elif quantity == "battery_to_grid" -%}
    {{ rounded("blocks.battery_to_grid_kwh * coalesce(metered.battery_sales_scale, 1.0)") }}
  {%- elif quantity == "export" -%}
    {{ rounded(
        "blocks.export_kwh + coalesce(blocks.battery_to_grid_kwh * (metered.battery_sales_scale - 1.0), 0.0)"
    ) }}
  {%- else -%}
    blocks.{{ quantity }}_kwh
  {%- endif -%}
{%- endmacro %}
