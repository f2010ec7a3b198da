{%- set powers = var("sigen_powers") -%}
{%- set counters = var("sigen_counters") -%}
{%- set levels = var("sigen_levels") -%}

with raw as (
    {{ raw_table("sigen", "history_intervals", merged(
        clock_columns(),
        {"system_id": "text", "seq": "integer", "is_valid_local_time": "boolean"},
        all_of("double", powers + counters + levels),
    )) }}
)

select
    account,
    system_id,
    seq,
    {{ clock_names() }},
    is_valid_local_time,
    {%- for metric in powers %}
    {{ metric }} as {{ metric }}_kw,
    {%- endfor %}
    {%- for metric in counters %}
    {{ metric }} as {{ metric }}_kwh,
    {%- endfor %}
    {%- for metric in levels %}
    {{ metric }} as {{ metric }}_pct{{ "," if not loop.last }}
    {%- endfor %}
from raw
