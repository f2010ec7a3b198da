with raw as (
    {{ raw_table("solaredge", "sensor_telemetry", merged(clock_columns(), {
        "site_id": "text",
        "connected_to": "text",
        "others": "text",
        "ambient_temperature": "double",
        "module_temperature": "double",
        "wind_speed": "double",
        "global_horizontal_irradiance": "double",
        "diffuse_horizontal_irradiance": "double",
        "direct_irradiance": "double",
        "plane_of_array_irradiance": "double",
    })) }}
)

select
    account,
    site_id,
    connected_to,
    {{ clock_names() }},
    ambient_temperature as ambient_temperature_c,
    module_temperature as module_temperature_c,
    wind_speed as wind_speed_m_s,
    global_horizontal_irradiance as global_horizontal_irradiance_w_m2,
    diffuse_horizontal_irradiance as diffuse_horizontal_irradiance_w_m2,
    direct_irradiance as direct_irradiance_w_m2,
    plane_of_array_irradiance as plane_of_array_irradiance_w_m2,
    others as others_json
from raw
