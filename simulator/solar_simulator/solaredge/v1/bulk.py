"""Answers for several sites at once (docs/vendors/solaredge.md, single against bulk)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from solar_simulator.site import Site
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.solaredge.v1 import series, totals
from solar_simulator.world import World

MOST_SITES = 100

Query = Mapping[str, str]
Single = Callable[[World, Site, Query], dict[str, Any]]
# What a single answer holds besides the values.
_HEADS = ("timeUnit", "unit")


@dataclass(frozen=True, slots=True)
class BulkView:
    """An endpoint with a form for several sites.

    Attributes:
        name: Last part of the path.
        single: What answers for one site.
        root: Key of a single answer, and of a bulk answer as printed.
        real_root: Key of a bulk answer as clients see it.
        real_list: Key of the list in it.
        real_item: Key of a site's part in the list.
        headed: Whether unit and time unit stand beside the list.
    """

    name: str
    single: Single
    root: str
    real_root: str
    real_list: str
    real_item: str
    headed: bool = False


BULK_VIEWS = (
    BulkView(
        "dataPeriod",
        totals.data_period,
        "dataPeriod",
        "datePeriodList",
        "siteEnergyList",
        "dataPeriod",
    ),
    BulkView(
        "energy",
        series.energy,
        "energy",
        "sitesEnergy",
        "siteEnergyList",
        "energyValues",
        headed=True,
    ),
    BulkView(
        "timeFrameEnergy",
        totals.time_frame,
        "timeFrameEnergy",
        "timeFrameEnergyList",
        "timeFrameEnergyList",
        "timeFrameEnergy",
    ),
    BulkView(
        "power",
        series.power,
        "power",
        "powerDateValuesList",
        "siteEnergyList",
        "powerDataValueSeries",
        headed=True,
    ),
    BulkView(
        "overview",
        totals.overview,
        "overview",
        "sitesOverviews",
        "siteEnergyList",
        "siteOverview",
    ),
)


def site_ids(text: str) -> list[str]:
    """The ids of a bulk call.

    Raises:
        ProblemError: 400 for more than 100.
    """
    found = [part for part in text.split(",") if part]
    if not 1 <= len(found) <= MOST_SITES:
        raise ProblemError(400, f"A bulk call takes 1 to {MOST_SITES} sites")
    return found


def bulk(world: World, view: BulkView, sites: list[Site], query: Query) -> dict[str, object]:
    """One answer for several sites, each in its own zone."""
    bodies = [view.single(world, site, query)[view.root] for site in sites]
    head = {key: bodies[0][key] for key in _HEADS if view.headed}
    if view.name == "power" and world.switches.get("solaredge.v1_power_in_wh"):
        head["unit"] = "Wh"
    if world.switches.get("solaredge.v1_bulk") == "pdf":
        return {view.root: {**head, "count": len(sites), "list": _printed(view, sites, bodies)}}
    items = [
        {"siteId": int(site.site_id), view.real_item: _part(view, body)}
        for site, body in zip(sites, bodies, strict=True)
    ]
    return {view.real_root: {**head, "count": len(sites), view.real_list: items}}


def _part(view: BulkView, body: dict[str, Any]) -> dict[str, Any]:
    if not view.headed:
        return body
    return {key: value for key, value in body.items() if key not in _HEADS}


def _printed(
    view: BulkView, sites: list[Site], bodies: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    found = []
    for site, body in zip(sites, bodies, strict=True):
        if view.headed:
            part = {"values": body["values"]}
        elif view.name == "timeFrameEnergy":
            part = {"energy": body["energy"]}
        else:
            part = body
        found.append({"id": int(site.site_id), **part})
    return found
