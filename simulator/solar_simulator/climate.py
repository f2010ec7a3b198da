"""What the sensors of a site feel: light, warmth and wind, minute by minute."""

from dataclasses import dataclass

import numpy as np

from solar_simulator.noise import Floats
from solar_simulator.site import Site
from solar_simulator.sun import horizontal_irradiance, plane_irradiance
from solar_simulator.units import MINUTES_PER_DAY
from solar_simulator.weather import air_celsius, cell_celsius, clearness, wind_ms


@dataclass(frozen=True, slots=True)
class Climate:
    """The weather at a site, by minute: the very one that its modules work in.

    Attributes:
        horizontal_wm2: Irradiance on flat ground.
        diffuse_wm2: The part of it that comes from all over the sky.
        plane_wm2: Irradiance on the first inverter's modules.
        ambient_celsius: Air.
        module_celsius: The first inverter's modules.
        wind_ms: Wind.
    """

    horizontal_wm2: Floats
    diffuse_wm2: Floats
    plane_wm2: Floats
    ambient_celsius: Floats
    module_celsius: Floats
    wind_ms: Floats


def climate(seed: int, site: Site, utc_day: int) -> Climate:
    """The weather of a UTC day."""
    start = utc_day * MINUTES_PER_DAY
    roof = site.inverters[0]
    clear = clearness(seed, site.site_id, start, MINUTES_PER_DAY)
    horizontal, diffuse = horizontal_irradiance(site.latitude, site.longitude, utc_day)
    plane = clear * plane_irradiance(
        site.latitude, site.longitude, roof.tilt_deg, roof.azimuth_deg, utc_day
    )
    air = air_celsius(site.latitude, site.longitude, start, MINUTES_PER_DAY)
    # Clouds take the direct light first: what is left under them is diffuse.
    every = horizontal * clear
    return Climate(
        every,
        np.minimum(diffuse + 0.3 * (horizontal - every), every),
        plane,
        air,
        cell_celsius(air, plane),
        wind_ms(seed, site.site_id, start, MINUTES_PER_DAY),
    )
