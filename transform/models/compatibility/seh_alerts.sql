select
    row_number() over (order by site_id, alert_id) as id,
    {{ whole_number("site_id") }} as site_id,
    {{ whole_number("alert_id") }} as alert_id,
    coalesce(severity, cast(impact as {{ sql_type("text") }})) as severity,
    alert_type,
    alert_code,
    component_name as name,
    coalesce(message, error_codes_json) as description,
    component_serial_number as serial_number,
    coalesce(last_trigger_utc, first_trigger_utc) as alert_timestamp,
    fetched_at_utc as created_at,
    fetched_at_utc as updated_at
from {{ ref("stg_solaredge__alerts") }}
