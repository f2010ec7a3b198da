"""Answers that are not to the question: another day, a row said again, odd words and keys.

Each is a switch of its own (docs/vendors/sigen.md, data quality); other clouds and loggers of
the same kind do each of them.
"""

from datetime import timedelta

import numpy as np

from solar_simulator.noise import Ints
from solar_simulator.sigen.oddities import STATE, Row
from solar_simulator.sigen.periods import Period
from solar_simulator.site import Site
from solar_simulator.world import World

_DASH = "--"
_ZONES = {"offset": "GMT+1", "windows": "W. Europe Standard Time", "blank": " ", "null": None,
          "local": "localtime"}  # fmt: skip


def answered_period(world: World, site: Site, whole: Period) -> Period:
    """The day that a Day answer tells of, whatever was asked."""
    days = timedelta(
        days=int(world.switches.get("sigen.days_off", site.site_id, whole.bounds(site)[0]))
    )
    return Period(whole.first + days, whole.after + days)


def misplaced_rows(world: World, site: Site, stamps: Ints, rows: list[Row]) -> None:
    """Put dashes for values, and rows in the place of their neighbours, in place.

    Args:
        world: Switches.
        site: The station.
        stamps: UTC minute of each row.
        rows: By field name, one for each stamp.
    """
    hits = world.switches.hits
    for index in np.flatnonzero(hits("sigen.dashes", site.site_id, stamps)):
        rows[index][STATE] = _DASH
    for index in np.flatnonzero(hits("sigen.repeated_rows", site.site_id, stamps)):
        if index:
            rows[index].update(rows[index - 1])


def zone_word(world: World, site: Site) -> str | None:
    """What the system list says for a zone."""
    word = world.switches.get("sigen.zone_words", site.site_id)
    return site.zone if word == "iana" else _ZONES[word]


def flow_as_shown(world: World, site: Site, flow: dict[str, float]) -> dict[str, float]:
    """An energy flow with the car's power where an AC charger's site has it."""
    if world.switches.get("sigen.ev_key", site.site_id) == "evPower":
        return flow
    return {**flow, "evPower": 0.0, "acPower": flow["evPower"]}


def without_serial(
    world: World, site: Site, devices: list[dict[str, object]]
) -> list[dict[str, object]]:
    """A device list whose last entry has no serial number, by the switch."""
    if not world.switches.get("sigen.no_serial", site.site_id):
        return devices
    return [*devices[:-1], {**devices[-1], "serialNumber": None}]
