with raw as (
    {{ latest_of("solaredge", "alerts", ["alert_id"], {
        "alert_id": "text",
        "site_id": "text",
        "category": "text",
        "type": "text",
        "status": "text",
        "component_name": "text",
        "component_serial_number": "text",
        "error_codes": "text",
        "severity": "text",
        "message": "text",
        "impact": "integer",
        "alert_code": "integer",
        "first_trigger": "timestamp",
        "last_trigger": "timestamp",
        "fetched_at": "timestamp",
    }) }}
)

select
    account,
    alert_id,
    site_id,
    category,
    type as alert_type,
    impact,
    status,
    first_trigger as first_trigger_utc,
    last_trigger as last_trigger_utc,
    component_name,
    component_serial_number,
    error_codes as error_codes_json,
    severity,
    alert_code,
    message,
    fetched_at as fetched_at_utc
from raw
