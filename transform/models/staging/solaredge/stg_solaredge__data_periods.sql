with raw as (
    {{ latest_of("solaredge", "data_periods", ["site_id"], {
        "site_id": "text",
        "start_date": "date",
        "end_date": "date",
        "fetched_at": "timestamp",
    }) }}
)

select
    account,
    site_id,
    start_date as first_data_on,
    end_date as last_data_on,
    fetched_at as fetched_at_utc
from raw
