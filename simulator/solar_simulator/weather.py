"""Clouds, air and wind: noise on three scales of time."""

from functools import lru_cache

import numpy as np

from solar_simulator.noise import Floats, drift, key_of
from solar_simulator.units import MINUTES_PER_DAY

_FRONTS_MINUTES = 1900.0
_HOURS_MINUTES = 150.0
_PUFFS_MINUTES = 9.0
_DAYS_PER_YEAR = 365.25
_CELL_KELVIN_PER_W = 0.028
_GALE_MS = 14.0


def clearness(seed: int, place: str, start_minute: int, n_minutes: int) -> Floats:
    """Share of the clear-sky irradiance that reaches the ground, about 0.15 to 1.05.

    Fronts pass in a day or two, cover changes over hours, and a half-covered sky
    flickers within minutes.
    """
    fronts = drift(key_of(seed, place, "fronts"), start_minute, n_minutes, _FRONTS_MINUTES)
    hours = drift(key_of(seed, place, "cover"), start_minute, n_minutes, _HOURS_MINUTES)
    puffs = drift(key_of(seed, place, "puffs"), start_minute, n_minutes, _PUFFS_MINUTES)
    cover = np.clip(1.6 * (0.6 * fronts + 0.4 * hours) - 0.15, 0.0, 1.0)
    flicker = 1.0 + cover * (1.0 - cover) * (0.7 - 2.2 * puffs)
    return (1.0 - 0.8 * cover * np.sqrt(cover)) * np.clip(flicker, 0.2, 1.15)


@lru_cache(maxsize=64)
def air_celsius(latitude: float, longitude: float, start_minute: int, n_minutes: int) -> Floats:
    """A smooth yearly and daily wave of air temperature, in degrees Celsius."""
    minutes = start_minute + np.arange(n_minutes, dtype=np.float64)
    year = 2 * np.pi * (minutes / MINUTES_PER_DAY / _DAYS_PER_YEAR - 0.55)
    day = 2 * np.pi * (minutes / MINUTES_PER_DAY + longitude / 360 - 0.625)
    mean = 28.0 - 0.38 * abs(latitude)
    return mean + 0.22 * latitude * np.cos(year) + 5.0 * np.cos(day)


def cell_celsius(air: Floats, irradiance_wm2: Floats) -> Floats:
    """How warm modules are that stand in the light, in degrees Celsius."""
    return air + _CELL_KELVIN_PER_W * irradiance_wm2


def wind_ms(seed: int, place: str, start_minute: int, n_minutes: int) -> Floats:
    """Wind, which passing fronts bring and gusts stir, in metres a second."""
    fronts = drift(key_of(seed, place, "fronts"), start_minute, n_minutes, _FRONTS_MINUTES)
    gusts = drift(key_of(seed, place, "gusts"), start_minute, n_minutes, _PUFFS_MINUTES)
    return _GALE_MS * fronts**2 * (0.5 + gusts)
