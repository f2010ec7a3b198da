"""The equipment of a SolarEdge site as both API versions list it."""

from typing import TypeVar

from solar_simulator.noise import key_of
from solar_simulator.site import Inverter, Site
from solar_simulator.world import World

T = TypeVar("T")


def production_meter_serial(site: Site) -> str:
    """The meter at the inverters."""
    return str(600_000_000 + key_of(site.site_id, "production meter") % 99_999_999)


def grid_meter_serial(site: Site) -> str:
    """The meter at the grid: import and export share it, and its serial."""
    return str(700_000_000 + key_of(site.site_id, "grid meter") % 99_999_999)


def part_number(inverter: Inverter) -> str:
    """The inverter's model, invented from its rating where the scenario names none."""
    return inverter.model or f"SE{round(inverter.rated_kw * 1000)}H-RW000BNN4"


def shuffled(world: World, site: Site, entries: list[T]) -> list[T]:
    """The entries, by the switch in an order that means nothing and changes by the minute."""
    if not world.switches.get("solaredge.shuffled", site.site_id):
        return entries
    now = world.now_minute()
    order = sorted(range(len(entries)), key=lambda index: key_of(site.site_id, now, index))
    return [entries[index] for index in order]
