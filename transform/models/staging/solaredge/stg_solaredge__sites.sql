with raw as (
    {{ raw_table(source("tap_solaredge", "sites"), {
        "site_id": "text",
        "name": "text",
        "peak_power": "double precision",
        "installation_date": "text",
        "activation_status": "text",
        "country": "text",
        "state": "text",
        "city": "text",
        "timezone": "text",
        "fetched_at": "timestamp",
    }) }}
),

latest as (
    select
        *,
        row_number() over (partition by site_id order by fetched_at desc) as recency
    from raw
)

select
    site_id,
    name as site_name,
    peak_power as peak_power_kw,
    cast(substring(installation_date, 1, 10) as date) as installed_on,
    activation_status,
    country,
    state,
    city,
    timezone,
    fetched_at as fetched_at_utc
from latest
where recency = 1
