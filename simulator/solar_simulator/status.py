"""The status page: what time it is, how the sites do, who asked what."""

from flask import render_template

from solar_simulator.site import Site
from solar_simulator.world import World
from solar_simulator.zones import day_start, from_minute, local_date, local_time

_SITES_SHOWN = 50


def status_page(world: World) -> str:
    """The page as HTML."""
    every = list(world.scenario.sites.values())
    rules = world.switches.rules()
    return render_template(
        "status.html",
        scenario=world.scenario,
        now=f"{world.clock.now():%Y-%m-%d %H:%M:%S} UTC",
        speed=f"{world.clock.speed:g}",
        sites=[_row(world, site) for site in every[:_SITES_SHOWN]],
        hidden=max(len(every) - _SITES_SHOWN, 0),
        counts=world.calls.counts(),
        switches=[(name, rule) for name, found in rules.items() for rule in found],
        faults=world.faults.all(),
    )


def _row(world: World, site: Site) -> dict[str, object]:
    now = world.now_minute()
    midnight = day_start(site.zone, local_date(site.zone, now))
    truth = world.truth.energy(site.site_id, from_minute(midnight), from_minute(now))
    return {
        "site": site,
        "local": f"{local_time(site.zone, now):%Y-%m-%d %H:%M}",
        "energies": list(truth.as_dict().values()),
        "soc": world.truth.soc_pct(site.site_id, from_minute(now)),
    }
