{#- Fails for every combination of columns that stands in more than one row. -#}
{% test grain(model, columns) %}
select {{ columns | join(", ") }}
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1
{% endtest %}

{#- Fails for every row outside the bounds; null passes. -#}
{% test between(model, column_name, at_least=none, at_most=none) %}
select {{ column_name }}
from {{ model }}
where
  1 = 0
  {% if at_least is not none %}or {{ column_name }} < {{ at_least }}{% endif %}
  {% if at_most is not none %}or {{ column_name }} > {{ at_most }}{% endif %}
{% endtest %}

{#- The same for several columns at once: one pass over the table instead of one for each. -#}
{% test all_between(model, columns, at_least=none, at_most=none) %}
select {{ columns | join(", ") }}
from {{ model }}
where
  1 = 0
  {% for column in columns -%}
  {% if at_least is not none %}or {{ column }} < {{ at_least }}{% endif %}
  {% if at_most is not none %}or {{ column }} > {{ at_most }}{% endif %}
  {% endfor %}
{% endtest %}
