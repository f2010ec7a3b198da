"""One UTC day of one site in whole watts, with an exact balance in every minute."""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np

from solar_simulator import battery as store_math
from solar_simulator.household import ev_w, heat_pump_w, house_w
from solar_simulator.noise import Floats, Ints
from solar_simulator.site import Battery, Site, Window
from solar_simulator.sun import elevation_deg, plane_irradiance
from solar_simulator.units import MINUTES_PER_DAY
from solar_simulator.weather import air_celsius, cell_celsius, clearness
from solar_simulator.zones import local_minutes

_WIRING = 0.955
_LOSS_PER_KELVIN = 0.0038
_TEST_CELSIUS = 25.0
_START_SHARE = 0.006
_WAKE_ELEVATION_DEG = -3.0


class Flow(IntEnum):
    """Energies of a minute, in watt-minutes; rows of the arrays below.

    The first six balance: ``PV + IMPORT + DISCHARGE = LOAD + EXPORT + CHARGE``.
    """

    PV = 0
    LOAD = 1
    IMPORT = 2
    EXPORT = 3
    CHARGE = 4
    DISCHARGE = 5
    EV = 6
    """Part of LOAD."""
    PV_TO_GRID = 7
    BATTERY_TO_LOAD = 8
    GRID_TO_BATTERY = 9
    FOREIGN_TO_LOAD = 10
    """Part of LOAD that began in the grid, even if it came through the battery."""
    PRODUCTION = 11
    """What the inverters give on the AC side: PV + DISCHARGE - CHARGE, where positive."""
    AC_DRAW = 12
    """What they take on the AC side, where that is negative."""
    LIGHT = 13
    """1 while there is light enough to wake the inverters."""
    AWAKE = 14
    """1 while the inverter with the battery is awake: light, or the battery works."""
    HEAT_PUMP = 15
    """Part of LOAD."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """A day before the battery has its say: all that does not depend on its state.

    Attributes:
        inverter_pv: Watts by inverter and minute, ``(n, 1440)``.
        light: Whether there is light enough to wake an inverter.
        load: Watts, car and heat pump included.
        ev: Watts.
        heat_pump: Watts.
        charge: AC watts the battery would charge.
        discharge: AC watts it would discharge.
        wanted: The same as a change of the store, in watt-minutes.
        local: Wall-clock minutes since 1970.
    """

    inverter_pv: Ints
    light: Ints
    load: Ints
    ev: Ints
    heat_pump: Ints
    charge: Ints
    discharge: Ints
    wanted: Ints
    local: Ints


@dataclass(frozen=True, slots=True)
class MinuteDay:
    """A UTC day of a site, minute by minute.

    Attributes:
        flows: Watt-minutes by :class:`Flow` and minute, ``(16, 1440)``.
        inverter_pv: PV by inverter and minute, ``(n, 1440)``.
        inverter_ac: AC output by inverter and minute, never negative.
        store: Energy in the battery at each full minute, ends included: 1441 values.
    """

    flows: Ints
    inverter_pv: Ints
    inverter_ac: Ints
    store: Ints


def wishes(seed: int, site: Site, utc_day: int) -> Wishes:
    """The part of a UTC day that needs no history; all zero before the installation."""
    start = utc_day * MINUTES_PER_DAY
    local = local_minutes(site.zone, start, MINUTES_PER_DAY)
    alive = (start + np.arange(MINUTES_PER_DAY) >= site.installed_minute).astype(np.int64)
    inverter_pv, light = _sunlight(seed, site, utc_day)
    inverter_pv *= alive
    ev = ev_w(seed, site, local) * alive
    heat_pump = heat_pump_w(seed, site, start, MINUTES_PER_DAY) * alive
    load = house_w(seed, site, start, local) * alive + ev + heat_pump
    if site.battery is None:
        charge = discharge = wanted = np.zeros(MINUTES_PER_DAY, dtype=np.int64)
    else:
        charge, discharge = _battery_wishes(site, site.battery, inverter_pv, load, local)
        charge, discharge = charge * alive, discharge * alive
        efficiency = site.battery.efficiency_permille
        wanted = store_math.stored_from(charge, efficiency) - store_math.drawn_for(
            discharge, efficiency
        )
    return Wishes(inverter_pv, light * alive, load, ev, heat_pump, charge, discharge, wanted, local)


def _sunlight(seed: int, site: Site, utc_day: int) -> tuple[Ints, Ints]:
    start = utc_day * MINUTES_PER_DAY
    clear = clearness(seed, site.site_id, start, MINUTES_PER_DAY)
    air = air_celsius(site.latitude, site.longitude, start, MINUTES_PER_DAY)
    height = elevation_deg(site.latitude, site.longitude, utc_day)
    made = []
    for inverter in site.inverters:
        sun = plane_irradiance(
            site.latitude, site.longitude, inverter.tilt_deg, inverter.azimuth_deg, utc_day
        )
        made.append(_pv_w(sun * clear, air, inverter.pv_kwp, inverter.rated_kw))
    return np.array(made), (height > _WAKE_ELEVATION_DEG).astype(np.int64)


def _pv_w(irradiance: Floats, air: Floats, pv_kwp: float, rated_kw: float) -> Ints:
    heat = cell_celsius(air, irradiance) - _TEST_CELSIUS
    made = pv_kwp * irradiance * _WIRING * (1.0 - _LOSS_PER_KELVIN * heat)
    rated_w = rated_kw * 1000
    made[made < rated_w * _START_SHARE] = 0.0
    return np.minimum(made, rated_w).astype(np.int64)


def _battery_wishes(
    site: Site, battery: Battery, inverter_pv: Ints, load: Ints, local: Ints
) -> tuple[Ints, Ints]:
    """AC watts to charge and to discharge, if the store allowed it.

    The battery hangs behind the first inverter: it charges from that inverter's modules
    and shares its AC rating. Sigen's stacks are spread over all inverters, so there all
    of them count.
    """
    shared = inverter_pv if site.vendor == "sigen" else inverter_pv[:1]
    rated = site.inverters if site.vendor == "sigen" else site.inverters[:1]
    own_pv, pv = shared.sum(axis=0), inverter_pv.sum(axis=0)
    rated_w = round(sum(inverter.rated_kw for inverter in rated) * 1000)
    charge_w, discharge_w = round(battery.charge_kw * 1000), round(battery.discharge_kw * 1000)

    room = np.minimum(np.maximum(rated_w - own_pv, 0), discharge_w)
    charge = np.minimum(np.minimum(np.maximum(pv - load, 0), own_pv), charge_w)
    discharge = np.minimum(np.maximum(load - pv, 0), room)
    if battery.grid_charge:
        on = _inside(battery.grid_charge, local)
        asked = min(round(battery.grid_charge.power_kw * 1000), charge_w, rated_w)
        charge = np.where(on, np.maximum(charge, asked), charge)
        discharge = np.where(on, 0, discharge)
    if battery.grid_export:
        on = _inside(battery.grid_export, local)
        asked = round(battery.grid_export.power_kw * 1000)
        discharge = np.where(on, np.minimum(np.maximum(discharge, asked), room), discharge)
        charge = np.where(on, 0, charge)
    return charge, discharge


def _inside(window: Window, local: Ints) -> Ints:
    inside: Ints = _minutes_inside(window)[local % MINUTES_PER_DAY]
    return inside


@lru_cache(maxsize=256)
def _minutes_inside(window: Window) -> Ints:
    return np.array([window.holds(minute) for minute in range(MINUTES_PER_DAY)], dtype=np.int64)


def settle(site: Site, wish: Wishes, store_start: int, solar_start: int) -> MinuteDay:
    """Let the battery's state decide what of the wishes comes true.

    Args:
        site: Whose day.
        wish: The day's wishes.
        store_start: Energy in the battery as the day begins.
        solar_start: The part of it above the floor that came from the sun.
    """
    charge, discharge, store = _battery_truth(site, wish, store_start)
    pv = wish.inverter_pv.sum(axis=0)
    net = pv + discharge - charge - wish.load
    pv_to_load = np.minimum(pv, wish.load)
    pv_to_battery = np.minimum(pv - pv_to_load, charge)
    battery_to_load = np.minimum(discharge, wish.load - pv_to_load)
    grid_to_battery = charge - pv_to_battery
    inverter_ac = _inverter_ac(site, wish.inverter_pv, discharge - charge)
    ac = wish.load + net

    flows = np.empty((len(Flow), MINUTES_PER_DAY), dtype=np.int64)
    flows[Flow.PV] = pv
    flows[Flow.LOAD] = wish.load
    flows[Flow.IMPORT] = np.maximum(-net, 0)
    flows[Flow.EXPORT] = np.maximum(net, 0)
    flows[Flow.CHARGE] = charge
    flows[Flow.DISCHARGE] = discharge
    flows[Flow.EV] = wish.ev
    flows[Flow.HEAT_PUMP] = wish.heat_pump
    flows[Flow.PV_TO_GRID] = pv - pv_to_load - pv_to_battery
    flows[Flow.BATTERY_TO_LOAD] = battery_to_load
    flows[Flow.GRID_TO_BATTERY] = grid_to_battery
    flows[Flow.FOREIGN_TO_LOAD] = wish.load - pv_to_load - battery_to_load
    flows[Flow.PRODUCTION] = np.maximum(ac, 0)
    flows[Flow.AC_DRAW] = np.maximum(-ac, 0)
    flows[Flow.LIGHT] = wish.light
    flows[Flow.AWAKE] = (wish.light > 0) | (charge > 0) | (discharge > 0)
    if site.grid_charged:
        foreign = _foreign_discharge(flows, store, solar_start)
        flows[Flow.FOREIGN_TO_LOAD] += np.minimum(battery_to_load, foreign)
    return MinuteDay(flows, wish.inverter_pv, inverter_ac, store)


def _battery_truth(site: Site, wish: Wishes, store_start: int) -> tuple[Ints, Ints, Ints]:
    if site.battery is None:
        return wish.charge, wish.discharge, np.zeros(MINUTES_PER_DAY + 1, dtype=np.int64)
    efficiency = site.battery.efficiency_permille
    after = store_math.walk(
        store_start, wish.wanted, site.battery.floor_wmin, site.battery.capacity_wmin
    )
    store = np.concatenate((np.array([store_start], dtype=np.int64), after))
    change = np.diff(store)
    cut = change != wish.wanted
    charge = np.where(cut, store_math.charge_for(np.maximum(change, 0), efficiency), wish.charge)
    discharge = np.where(
        cut, store_math.discharge_from(np.maximum(-change, 0), efficiency), wish.discharge
    )
    return charge, discharge, store


def solar_wanted(flows: Ints, store: Ints) -> Ints:
    """Change of the solar part of the store in each minute, floor at 0 not yet applied.

    Solar energy leaves the store first (Sigen's accounting of ``powerFromGrid``,
    docs/vendors/sigen.md, grid counters).
    """
    change = np.diff(store)
    charge = flows[Flow.CHARGE]
    stored = np.maximum(change, 0)
    foreign_in = stored * flows[Flow.GRID_TO_BATTERY] // np.maximum(charge, 1)
    wanted: Ints = stored - foreign_in - np.maximum(-change, 0)
    return wanted


def _foreign_discharge(flows: Ints, store: Ints, solar_start: int) -> Ints:
    """The part of each minute's discharge that began in the grid."""
    wanted = solar_wanted(flows, store)
    ceiling = int(store.max()) + solar_start
    solar = store_math.walk(solar_start, wanted, 0, ceiling)
    before = np.concatenate((np.array([solar_start], dtype=np.int64), solar[:-1]))
    drawn = np.maximum(-np.diff(store), 0)
    foreign = np.maximum(drawn - before, 0)
    given: Ints = flows[Flow.DISCHARGE] * foreign // np.maximum(drawn, 1)
    return given


def _inverter_ac(site: Site, inverter_pv: Ints, from_battery: Ints) -> Ints:
    ac = inverter_pv.copy()
    if site.vendor == "sigen":
        rated = [inverter.rated_kw for inverter in site.inverters]
        share = [round(1000 * kw / sum(rated)) for kw in rated[1:]]
        for index, permille in enumerate(share, start=1):
            ac[index] += from_battery * permille // store_math.PERMILLE
        ac[0] += from_battery - (ac[1:] - inverter_pv[1:]).sum(axis=0)
        return ac
    ac[0] += from_battery
    return np.maximum(ac, 0)
