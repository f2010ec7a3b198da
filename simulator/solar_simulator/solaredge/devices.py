"""The equipment of a SolarEdge site as both API versions list it."""

from typing import TypeVar

from solar_simulator.noise import key_of
from solar_simulator.site import Inverter, Site
from solar_simulator.tenure import Tenure, standing, tenures
from solar_simulator.world import World

T = TypeVar("T")


def part_number(inverter: Inverter) -> str:
    """The inverter's model, invented from its rating where the scenario names none."""
    return inverter.model or f"SE{round(inverter.rated_kw * 1000)}H-RW000BNN4"


def listed(world: World, site: Site, place: str) -> list[Tenure]:
    """What v2 lists of a place: what stands there, and by the switch what stood there before."""
    now = world.now_minute()
    if world.switches.get("solaredge.replaced_devices", site.site_id) == "absent":
        return [standing(site, place, now)]
    return [tenure for tenure in tenures(site, place) if tenure.begin <= now][::-1]


def shuffled(world: World, site: Site, entries: list[T]) -> list[T]:
    """The entries, by the switch in an order that means nothing and changes by the minute."""
    if not world.switches.get("solaredge.shuffled", site.site_id):
        return entries
    now = world.now_minute()
    order = sorted(range(len(entries)), key=lambda index: key_of(site.site_id, now, index))
    return [entries[index] for index in order]
