"""Snapshots of a station: summary and energy flow (docs/vendors/sigen.md, both)."""

from solar_simulator.model import STEP_MINUTES
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.sigen.periods import full_steps
from solar_simulator.site import Site
from solar_simulator.units import MINUTES_PER_DAY, kwh
from solar_simulator.world import World
from solar_simulator.zones import day_start, local_date

_TONS_CO2_PER_KWH = 0.000475
_TONS_COAL_PER_KWH = 0.0004
_TREES_PER_KWH = 0.000649


def summary(world: World, site: Site) -> dict[str, float]:
    """PV energies of today, month, year and lifetime (kWh), and what they saved (tons, trees).

    The values are those of the history row five minutes before the last full five minutes.
    """
    at = full_steps(world.now_minute()) - STEP_MINUTES
    today = local_date(site.zone, at)
    starts = {
        "dailyPowerGeneration": today,
        "monthlyPowerGeneration": today.replace(day=1),
        "annualPowerGeneration": today.replace(month=1, day=1),
    }
    found = {
        name: _pv_kwh(world, site, day_start(site.zone, day), at) for name, day in starts.items()
    }
    lifetime = _pv_kwh(world, site, site.installed_minute, at)
    part = 100 if world.switches.hit("sigen.summary_hundredth", site.site_id, at) else 1
    energies = {**found, "lifetimePowerGeneration": lifetime}
    return {
        **{name: round(value / part, 4 if part > 1 else 2) for name, value in energies.items()},
        "lifetimeCo2": round(lifetime * _TONS_CO2_PER_KWH, 2),
        "lifetimeCoal": round(lifetime * _TONS_COAL_PER_KWH, 2),
        "lifetimeTreeEquivalent": round(lifetime * _TREES_PER_KWH, 2),
    }


def _pv_kwh(world: World, site: Site, start: int, end: int) -> float:
    return kwh(world.energy(site.site_id, start, end)[Flow.PV])


def energy_flow(world: World, site: Site) -> dict[str, float]:
    """Powers of the last full minute in kW; grid + is export, battery + is charging.

    ``pvPower = gridPower + batteryPower + loadPower + evPower + heatPumpPower``: the load,
    without car and heat pump, is what closes the balance of the printed digits. A moment is
    never revised later, but a bias of the load is in it.
    """
    minute = world.now_minute() - 1
    watts = flows_now(world, site) / 1000
    bias = round(world.switches.get("load_bias_w", site.site_id)) / 1000
    made = round(float(watts[Flow.PV]), 1)
    stored = round(float(watts[Flow.CHARGE] - watts[Flow.DISCHARGE]), 1)
    sold = round(float(watts[Flow.EXPORT] - watts[Flow.IMPORT]), 2)
    car = round(float(watts[Flow.EV]), 2)
    heat_pump = round(float(watts[Flow.HEAT_PUMP]), 2)
    house = round(made - sold - stored - car - heat_pump + bias, 2)
    slot = full_steps(minute)
    if world.switches.hit("sigen.flow_pv_zero", site.site_id, slot):
        made = 0.0
    if world.switches.hit("sigen.flow_grid_zero", site.site_id, slot):
        sold = 0.0
    return {
        "pvPower": made,
        "gridPower": sold,
        "evPower": car,
        "loadPower": house,
        "heatPumpPower": heat_pump,
        "batteryPower": stored,
        "batterySoc": soc_pct(world, site, minute),
    }


def flows_now(world: World, site: Site) -> Ints:
    """Watts of the last full minute, by :class:`Flow`."""
    day, into = divmod(world.now_minute() - 1, MINUTES_PER_DAY)
    flows: Ints = world.model.minute_day(site.site_id, day).flows[:, into]
    return flows


def soc_pct(world: World, site: Site, minute: int) -> float:
    """State of charge as printed: one decimal; 0.0 without a battery."""
    if site.battery is None:
        return 0.0
    return round(100 * world.model.store(site.site_id, minute) / site.battery.capacity_wmin, 1)
