"""Weather sensors of v1 (docs/vendors/solaredge.md, v1 sensors).

Two keys of temperatures and that of the wind are documented; those of irradiances are
guessed from the names of the measurements.
"""

from collections.abc import Mapping

import numpy as np

from solar_simulator.climate import Climate, climate
from solar_simulator.noise import Ints
from solar_simulator.site import Sensor, Site
from solar_simulator.solaredge.v1.records import report_minutes
from solar_simulator.solaredge.v1.times import label, limit_week, read_sensor_times
from solar_simulator.units import MINUTES_PER_DAY
from solar_simulator.world import World

GATEWAY = "Gateway 1"

# Measurement: type, key in the records, what it shows.
MEASUREMENTS: dict[str, tuple[str, str, str]] = {
    "SensorGlobalHorizontalIrradiance": (
        "IRRADIANCE",
        "globalHorizontalIrradiance",
        "horizontal_wm2",
    ),
    "SensorDiffusedIrradiance": ("IRRADIANCE", "diffusedIrradiance", "diffuse_wm2"),
    "SensorDirectIrradiance": ("IRRADIANCE", "directIrradiance", "plane_wm2"),
    "SensorAmbientTemperature": ("TEMPERATURE", "ambientTemperature", "ambient_celsius"),
    "SensorModuleTemperature": ("TEMPERATURE", "moduleTemperature", "module_celsius"),
    "SensorWindSpeed": ("WIND", "windSpeed", "wind_ms"),
}

Query = Mapping[str, str]
Entry = dict[str, object]


def sensor_list(_world: World, site: Site, _query: Query) -> Entry:
    """The sensors by what they are connected to; all hang on the site's one gateway."""
    sensors = [
        {
            "name": sensor.name,
            "measurement": sensor.measurement,
            "type": MEASUREMENTS[sensor.measurement][0],
        }
        for sensor in site.sensors
    ]
    groups = [{"connectedTo": GATEWAY, "count": len(sensors), "sensors": sensors}]
    found = groups if sensors else []
    return {"SiteSensors": {"count": len(sensors), "list": found}}


def sensor_entries(site: Site) -> list[Entry]:
    """The sensors as the inventory shows them."""
    return [
        {
            "connectedSolaredgeDeviceSN": site.gateway_serial,
            "id": sensor.measurement,
            "connectedTo": GATEWAY,
            "category": MEASUREMENTS[sensor.measurement][0],
            "type": sensor.name,
        }
        for sensor in site.sensors
    ]


def sensor_data(world: World, site: Site, query: Query) -> Entry:
    """What the sensors felt, every five minutes of at most a week; metric units."""
    span = read_sensor_times(query)
    limit_week(world, site, span)
    if not site.sensors:
        return {"siteSensors": {"data": []}}
    start, end = span.minutes(site)
    start, end = max(start, site.installed_minute), min(end, world.now_minute())
    minutes = report_minutes(site.gateway_serial, start, end)
    days = range(start // MINUTES_PER_DAY, -(-end // MINUTES_PER_DAY)) if len(minutes) else []
    weather = [climate(world.scenario.seed, site, day) for day in days]
    columns = {
        MEASUREMENTS[sensor.measurement][1]: _column(weather, sensor, minutes - days[0] * 1440)
        for sensor in site.sensors
        if weather
    }
    telemetries = [
        {
            "date": label(site, minute),
            **{key: values[row] for key, values in columns.items()},
        }
        for row, minute in enumerate(minutes.tolist())
    ]
    found = {"connectedTo": GATEWAY, "count": len(telemetries), "telemetries": telemetries}
    return {"siteSensors": {"data": [found]}}


def _column(weather: list[Climate], sensor: Sensor, places: Ints) -> list[float]:
    name = MEASUREMENTS[sensor.measurement][2]
    every = np.concatenate([getattr(day, name) for day in weather])
    shown: list[float] = np.round(every[places], 4).tolist()
    return shown
