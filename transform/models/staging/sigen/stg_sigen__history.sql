with raw as (
    {%- set columns = {
        "system_id": "text",
        "local_date": "date",
        "seq": "integer",
        "fetched_at": "timestamp",
        "local_time": "timestamp",
        "utc_offset_minutes": "integer",
        "is_valid_local_time": "boolean",
    } -%}
    {%- for metric in var("sigen_powers") + var("sigen_counters") + var("sigen_levels") -%}
        {%- do columns.update({metric: "double precision"}) -%}
    {%- endfor %}
    {{ raw_table(source("tap_sigen", "history_intervals"), columns) }}
)

select
    system_id,
    local_date,
    seq,
    fetched_at as fetched_at_utc,
    local_time as measured_at_local,
    utc_offset_minutes,
    {{ dbt.dateadd("minute", "-utc_offset_minutes", "local_time") }} as measured_at_utc,
    is_valid_local_time,
    {%- for metric in var("sigen_powers") %}
    {{ metric }} as {{ metric }}_kw,
    {%- endfor %}
    {%- for metric in var("sigen_counters") %}
    {{ metric }} as {{ metric }}_kwh,
    {%- endfor %}
    {%- for metric in var("sigen_levels") %}
    {{ metric }} as {{ metric }}_pct{{ "," if not loop.last }}
    {%- endfor %}
from raw
