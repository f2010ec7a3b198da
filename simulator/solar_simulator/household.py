"""What a house, a car and a heat pump draw, minute by minute."""

from functools import lru_cache

import numpy as np

from solar_simulator.noise import Floats, Ints, drift, key_of, uniform
from solar_simulator.site import Site
from solar_simulator.units import MINUTES_PER_DAY
from solar_simulator.weather import air_celsius
from solar_simulator.zones import local_minutes

_HOURS = (0.0, 5.5, 7.2, 9.0, 12.3, 14.5, 17.0, 19.2, 21.5, 24.0)
_WORKDAY = (0.45, 0.45, 1.45, 0.75, 1.0, 0.75, 1.2, 2.1, 1.4, 0.45)
_WEEKEND = (0.5, 0.45, 0.8, 1.35, 1.6, 1.2, 1.2, 1.9, 1.4, 0.5)
_SLOT_MINUTES = 20
_FRIDGE_W, _FRIDGE_CYCLE, _FRIDGE_ON = 85, 47, 17
_HEATING_LIMIT_CELSIUS, _FULL_POWER_KELVIN, _LEAST_SHARE = 15.0, 24.0, 0.12
_THURSDAY = 3  # 1970-01-01, counted from Monday
_FRIDAY = 4

_CLOCK = np.arange(MINUTES_PER_DAY) / 60.0
# Rows: workday, weekend; what an average minute of the day draws is 1.
_SHAPES = np.array(
    [curve / curve.mean() for curve in (np.interp(_CLOCK, _HOURS, y) for y in (_WORKDAY, _WEEKEND))]
)


def house_w(seed: int, site: Site, start_minute: int, local: Ints) -> Ints:
    """What the house draws without the car, whole watts.

    Args:
        seed: The scenario's.
        site: Whose house.
        start_minute: First UTC minute.
        local: Wall-clock minutes since 1970 for each UTC minute from there on.
    """
    shape = _shape(site.zone, start_minute, len(local))
    mood = drift(key_of(seed, site.site_id, "mood"), start_minute, len(local), 55.0)
    base_w = site.household.daily_kwh * 1000 / 24
    phase = key_of(seed, site.site_id, "fridge") % _FRIDGE_CYCLE
    utc = start_minute + np.arange(len(local), dtype=np.int64)
    fridge = np.where((utc + phase) % _FRIDGE_CYCLE < _FRIDGE_ON, _FRIDGE_W, 0)
    steady = 0.72 * base_w * shape * (0.55 + 0.9 * mood)
    return np.rint(steady + _appliances_w(seed, site, local, shape, base_w) + fridge).astype(
        np.int64
    )


@lru_cache(maxsize=64)
def _shape(zone: str, start_minute: int, count: int) -> Floats:
    """How lively each minute is, by the clock and the day of the week; 1 on average."""
    local = local_minutes(zone, start_minute, count)
    weekend = ((local // MINUTES_PER_DAY + _THURSDAY) % 7 > _FRIDAY).astype(np.int64)
    lively: Floats = _SHAPES[weekend, local % MINUTES_PER_DAY]
    return lively


def _appliances_w(seed: int, site: Site, local: Ints, shape: Floats, base_w: float) -> Floats:
    """Kettles, ovens, washing: at most one burst in each 20 minutes of the wall clock."""
    slots = np.arange(local.min() // _SLOT_MINUTES, local.max() // _SLOT_MINUTES + 1)
    within = local // _SLOT_MINUTES - slots[0]
    key = key_of(seed, site.site_id, "appliance")
    chance, length, power, offset = (uniform(key + part, slots)[within] for part in range(4))
    into = local % _SLOT_MINUTES - np.floor(offset * 8)
    lasts = 3.0 + 9.0 * length
    on = (chance < 0.16 * shape) & (into >= 0) & (into < lasts)
    return np.where(on, base_w * (1.2 + 3.5 * power), 0.0)


def ev_w(seed: int, site: Site, local: Ints) -> Ints:
    """What the car draws, whole watts: some evenings, for one to five hours."""
    drawn = np.zeros(len(local), dtype=np.int64)
    if not site.household.ev_kw:
        return drawn
    key = key_of(seed, site.site_id, "ev")
    first, last = (int(edge) // MINUTES_PER_DAY for edge in (local.min(), local.max()))
    days = np.arange(first - 1, last + 1, dtype=np.int64)
    plugged, start, length = (uniform(key + part, days) for part in range(3))
    for day, comes, begins, lasts in zip(days, plugged, start, length, strict=True):
        if comes < 0.45:  # noqa: PLR2004 - the share of evenings on which the car charges
            begin = int(day) * MINUTES_PER_DAY + int(1080 + 270 * begins)
            on = (local >= begin) & (local < begin + int(60 + 240 * lasts))
            drawn[on] = round(site.household.ev_kw * 1000)
    return drawn


def heat_pump_w(seed: int, site: Site, start_minute: int, n_minutes: int) -> Ints:
    """What the heat pump draws, whole watts: more the colder it is, nothing above 15 degrees."""
    if not site.household.heat_pump_kw:
        return np.zeros(n_minutes, dtype=np.int64)
    air = air_celsius(site.latitude, site.longitude, start_minute, n_minutes)
    need = np.clip((_HEATING_LIMIT_CELSIUS - air) / _FULL_POWER_KELVIN, 0.0, 1.0)
    mood = drift(key_of(seed, site.site_id, "heat pump"), start_minute, n_minutes, 95.0)
    share = np.minimum(need * (0.7 + 0.6 * mood), 1.0)
    running = np.where(share >= _LEAST_SHARE, share, 0.0)
    return np.rint(site.household.heat_pump_kw * 1000 * running).astype(np.int64)
