"""Clear-sky irradiance on a tilted plane, from the sun's position (pvlib)."""

from functools import lru_cache

import numpy as np

from solar_simulator.noise import Floats
from solar_simulator.units import MINUTES_PER_DAY

_STEP_MINUTES = 5
_STEPS_PER_DAY = MINUTES_PER_DAY // _STEP_MINUTES
_BLOCK_DAYS = 16
_DAYS_PER_YEAR = 365.25
# From 1970-01-01 back to 1969-01-01, a year after a leap year, when the count begins.
_DAYS_FROM_EPOCH_TO_A_LEAP_CYCLE = 365


def preload() -> None:
    """Import what the sun needs, which takes seconds, before anybody asks."""
    import pvlib  # type: ignore[import-untyped]  # noqa: F401, PLC0415


@lru_cache(maxsize=128)
def plane_irradiance(
    latitude: float, longitude: float, tilt_deg: float, azimuth_deg: float, utc_day: int
) -> Floats:
    """Irradiance on a plane under a clear sky in each minute of a UTC day, W/m2.

    The sun is worked out every five minutes and drawn through linearly: the model costs
    far more than what it would add in between.

    Args:
        latitude: Degrees north.
        longitude: Degrees east.
        tilt_deg: 0 is flat.
        azimuth_deg: 180 is south.
        utc_day: Days since 1970-01-01.
    """
    block, day = divmod(utc_day, _BLOCK_DAYS)
    return _by_minute(_block(latitude, longitude, tilt_deg, azimuth_deg, block), day)


@lru_cache(maxsize=64)
def horizontal_irradiance(latitude: float, longitude: float, utc_day: int) -> tuple[Floats, Floats]:
    """What falls on flat ground under a clear sky in each minute of a UTC day, W/m2.

    Returns:
        All of it, and the diffuse part of it.
    """
    block, day = divmod(utc_day, _BLOCK_DAYS)
    elevation, _, _, clear = _sky(latitude, longitude, block)
    lit = elevation > 0
    every, diffuse = (np.where(lit, np.maximum(clear[part], 0.0), 0.0) for part in ("ghi", "dhi"))
    return _by_minute(every, day), _by_minute(diffuse, day)


@lru_cache(maxsize=64)
def elevation_deg(latitude: float, longitude: float, utc_day: int) -> Floats:
    """The sun's height above the horizon in each minute of a UTC day."""
    block, day = divmod(utc_day, _BLOCK_DAYS)
    return _by_minute(_sky(latitude, longitude, block)[0], day)


def _by_minute(points: Floats, day: int) -> Floats:
    first = day * _STEPS_PER_DAY
    through: Floats = np.interp(
        np.arange(MINUTES_PER_DAY) + 0.5,
        np.arange(_STEPS_PER_DAY + 1) * float(_STEP_MINUTES),
        points[first : first + _STEPS_PER_DAY + 1],
    )
    return through


@lru_cache(maxsize=1024)
def _block(
    latitude: float, longitude: float, tilt_deg: float, azimuth_deg: float, block: int
) -> Floats:
    # Importing pvlib takes seconds; a caller that never asks for light is spared them.
    from pvlib import irradiance  # noqa: PLC0415

    elevation, zenith, azimuth, clear = _sky(latitude, longitude, block)
    plane = irradiance.get_total_irradiance(
        tilt_deg, azimuth_deg, zenith, azimuth, clear["dni"], clear["ghi"], clear["dhi"]
    )["poa_global"]
    lit: Floats = np.where(elevation > 0, np.maximum(plane, 0.0), 0.0)
    return lit


@lru_cache(maxsize=64)
def _sky(
    latitude: float, longitude: float, block: int
) -> tuple[Floats, Floats, Floats, dict[str, Floats]]:
    """Elevation, zenith and azimuth in degrees, and dni, ghi and dhi in W/m2."""
    from pvlib import clearsky, solarposition  # noqa: PLC0415

    days = block * _BLOCK_DAYS + np.arange(_BLOCK_DAYS * _STEPS_PER_DAY + 1) / _STEPS_PER_DAY
    day_of_year = (days + _DAYS_FROM_EPOCH_TO_A_LEAP_CYCLE) % _DAYS_PER_YEAR + 1
    declination = solarposition.declination_spencer71(day_of_year)
    equation_minutes = solarposition.equation_of_time_spencer71(day_of_year)
    past_noon = (days % 1 * 360 + longitude + equation_minutes / 4) % 360 - 180
    hour_angle = np.radians(past_noon)
    phi = np.radians(latitude)
    zenith = solarposition.solar_zenith_analytical(phi, hour_angle, declination)
    azimuth = solarposition.solar_azimuth_analytical(phi, hour_angle, declination, zenith)
    elevation = 90 - np.degrees(zenith)
    return elevation, np.degrees(zenith), np.degrees(azimuth), clearsky.simplified_solis(elevation)
