"""Paths of SolarEdge v2: ``/v2/...``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, Response, g, request

from solar_simulator.site import Site
from solar_simulator.solaredge.misplaced import (
    answered_query,
    page_of,
    site_as_listed,
    spoil_series,
)
from solar_simulator.solaredge.problem import ProblemError, problem_response
from solar_simulator.solaredge.v2 import catalog, metrics, overview, series
from solar_simulator.solaredge.v2.access import Access
from solar_simulator.solaredge.v2.oauth import OAuth
from solar_simulator.solaredge.wire import wire_failure
from solar_simulator.web import json_response
from solar_simulator.world import World

_PAGE_SIZE = 50
_PAGE_MOST = 1000

Query = Mapping[str, str]
Scope = Literal["SITE_DATA", "DEVICE_DATA"]


@dataclass(frozen=True, slots=True)
class SiteView:
    """An endpoint of one site.

    Attributes:
        path: Below ``/sites/{id}``.
        name: In the call log.
        scope: What a token must allow.
        answer: What answers it.
    """

    path: str
    name: str
    scope: Scope
    answer: Callable[[World, Site, Query], object]


def _details(world: World, site: Site, _query: Query) -> object:
    return catalog.site_details(world, site)


def _devices(world: World, site: Site, _query: Query) -> object:
    types = request.args.getlist("types") or ["INVERTER"]
    if unknown := [kind for kind in types if kind not in catalog.DEVICE_TYPES]:
        raise ProblemError(400, f"Unknown device type '{unknown[0]}'")
    return catalog.devices(world, site, types)


def _alerts(world: World, site: Site, query: Query) -> object:
    is_owner = g.caller.site is not None
    if is_owner and not world.switches.get("solaredge.owner_alerts", site.site_id):
        raise ProblemError(403, "This endpoint needs Fleet Access")
    return overview.alerts(world, [site], query)


SITE_VIEWS = (
    SiteView("", "site", "SITE_DATA", _details),
    SiteView("/devices", "devices", "DEVICE_DATA", _devices),
    SiteView("/energy", "energy", "SITE_DATA", series.energy),
    SiteView("/power", "power", "SITE_DATA", series.power),
    SiteView("/overview", "overview", "SITE_DATA", overview.overview),
    SiteView("/overview/performance", "performance", "SITE_DATA", overview.performance),
    SiteView("/environmental-benefits", "benefits", "SITE_DATA", overview.benefits),
    SiteView("/power-flow", "power_flow", "SITE_DATA", overview.power_flow),
    SiteView("/alerts", "site_alerts", "SITE_DATA", _alerts),
    SiteView("/inverters/telemetry", "inverters_telemetry", "DEVICE_DATA", series.inverters),
    SiteView("/meters/telemetry", "meters_telemetry", "DEVICE_DATA", series.meters),
    SiteView("/storage/telemetry", "storage_telemetry", "DEVICE_DATA", series.storage),
)


class SolarEdgeV2:
    """SolarEdge v2 of a world.

    Args:
        world: Sites, clock and switches.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.oauth = OAuth(world)
        self.access = Access(world, self.oauth)
        world.on_reset(self.oauth.reset, self.access.reset)
        world.tell_quotas(self.access.allowances)

    def blueprint(self) -> Blueprint:
        """Its paths."""
        routes = Blueprint("solaredge_v2", __name__)
        routes.register_error_handler(ProblemError, self._refuse)
        routes.before_request(lambda: wire_failure(self.world))
        routes.after_request(self.access.finish)
        routes.add_url_rule("/oauth2/token", "token", self.oauth.token, methods=["POST"])
        routes.add_url_rule("/oauth2/revoke-token", "revoke", self.oauth.revoke, methods=["POST"])
        routes.add_url_rule("/sites", "sites", self.sites)
        routes.add_url_rule("/alerts", "alerts", self.alerts)
        for entry in SITE_VIEWS:
            routes.add_url_rule(f"/sites/<site_id>{entry.path}", entry.name, self._view(entry))
        routes.add_url_rule(
            "/sites/<site_id>/storage/<serial>/telemetry", "storage_of", self.storage_of
        )
        kinds = ",".join(metrics.KINDS)
        routes.add_url_rule(
            f"/sites/<site_id>/<any({kinds}):kind>/<serial>/<metric>", "metric", self.metric
        )
        routes.add_url_rule("/", "unknown", self.unknown, defaults={"path": ""})
        routes.add_url_rule("/<path:path>", "unknown", self.unknown)
        return routes

    def sites(self) -> Response:
        """All sites in pages; for fleet keys only."""
        self.access.fleet_only(self.access.enter())
        page, size = _page(request.args)
        every = self.world.sites("solaredge")
        entries = [site_as_listed(self.world, s, catalog.site_entry(s)) for s in every]
        shown, count = page_of(self.world, entries, page, size)
        return json_response({"sites": {"count": count, "site": shown}})

    def alerts(self) -> Response:
        """The alerts of all sites; for fleet keys only."""
        self.access.fleet_only(self.access.enter())
        every = self.world.sites("solaredge")
        return json_response(overview.alerts(self.world, every, request.args))

    def metric(self, site_id: str, **words: str) -> Response:
        """One metric of one device."""
        site = self.access.site(self.access.enter(), site_id, "DEVICE_DATA")
        return json_response(metrics.metric(self.world, site, request.args, words))

    def storage_of(self, site_id: str, **words: str) -> Response:
        """The telemetry of some batteries."""
        site = self.access.site(self.access.enter(), site_id, "DEVICE_DATA")
        return json_response(metrics.storage_of(self.world, site, request.args, words))

    def unknown(self, path: str) -> Response:
        """Any other path: 404, which counts as a call in the minute."""
        del path
        self.access.enter()
        raise ProblemError(404, "Unknown endpoint")

    def _view(self, entry: SiteView) -> Callable[[str], Response]:
        def view(site_id: str) -> Response:
            site = self.access.site(self.access.enter(), site_id, entry.scope)
            query = answered_query(self.world, site, request.args)
            answer = entry.answer(self.world, site, query)
            spoil_series(self.world, site, answer)
            return json_response(answer)

        return view

    def _refuse(self, problem: ProblemError) -> Response:
        return problem_response(self.world, problem)


def _page(query: Query) -> tuple[int, int]:
    try:
        page, size = int(query.get("page", 1)), int(query.get("sites-in-page", _PAGE_SIZE))
    except ValueError:
        raise ProblemError(400, "'page' and 'sites-in-page' are numbers") from None
    if page < 1 or not 1 <= size <= _PAGE_MOST:
        raise ProblemError(400, f"pages count from 1 and hold 1 to {_PAGE_MOST} sites")
    return page, size
