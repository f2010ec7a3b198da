"""Paths of SolarEdge v2: ``/v2/...``."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request

from solar_simulator.site import Site
from solar_simulator.solaredge.problem import ProblemError, problem_response
from solar_simulator.solaredge.v2 import catalog, series
from solar_simulator.web import json_response, note
from solar_simulator.world import World

_PAGE_SIZE = 50
_PAGE_MOST = 1000
_LIMIT_PER_MINUTE = 10

View = Callable[[World, Site, Mapping[str, str]], object]


def _details(world: World, site: Site, _query: Mapping[str, str]) -> object:
    return catalog.site_details(world, site)


def _devices(_world: World, site: Site, _query: Mapping[str, str]) -> object:
    types = request.args.getlist("types") or ["INVERTER"]
    if unknown := [kind for kind in types if kind not in catalog.DEVICE_TYPES]:
        raise ProblemError(400, f"Unknown device type '{unknown[0]}'")
    return catalog.devices(site, types)


# Path below the site, name in the call log, what answers it.
SITE_VIEWS: tuple[tuple[str, str, View], ...] = (
    ("", "site", _details),
    ("/devices", "devices", _devices),
    ("/energy", "energy", series.energy),
    ("/power", "power", series.power),
    ("/inverters/telemetry", "inverters_telemetry", series.inverters),
    ("/meters/telemetry", "meters_telemetry", series.meters),
    ("/storage/telemetry", "storage_telemetry", series.storage),
)


def blueprint(world: World) -> Blueprint:
    """SolarEdge v2 of a world."""
    routes = Blueprint("solaredge_v2", __name__)

    @routes.errorhandler(ProblemError)
    def refused(problem: ProblemError) -> Response:
        return problem_response(world, problem)

    @routes.after_request
    def limits(response: Response) -> Response:
        response.headers["x-ratelimit-limit-minute"] = str(_LIMIT_PER_MINUTE)
        response.headers["x-ratelimit-remaining-minute"] = str(_LIMIT_PER_MINUTE - 1)
        return response

    @routes.get("/sites")
    def sites() -> Response:
        note().endpoint = "solaredge.v2.sites"
        _check_key(world)
        return json_response(_page(world, request.args))

    def register(path: str, endpoint: str, answer: View) -> None:
        def view(site_id: str) -> Response:
            note().endpoint, note().site = f"solaredge.v2.{endpoint}", site_id
            _check_key(world)
            return json_response(answer(world, _site(world, site_id), request.args))

        routes.add_url_rule(f"/sites/<site_id>{path}", endpoint, view, methods=["GET"])

    for entry in SITE_VIEWS:
        register(*entry)

    @routes.route("/", defaults={"path": ""})
    @routes.route("/<path:path>")
    def unknown(path: str) -> Response:
        del path
        raise ProblemError(404, "Unknown endpoint")

    return routes


def _check_key(world: World) -> None:
    if request.headers.get("X-API-Key") != world.credentials.solaredge_fleet_key:
        raise ProblemError(401, "Invalid API key")


def _site(world: World, site_id: str) -> Site:
    site = world.site("solaredge", site_id)
    if site is None:
        raise ProblemError(403, "No access to the requested site")
    return site


def _page(world: World, query: Mapping[str, str]) -> dict[str, object]:
    try:
        page, size = int(query.get("page", 1)), int(query.get("sites-in-page", _PAGE_SIZE))
    except ValueError:
        raise ProblemError(400, "'page' and 'sites-in-page' are numbers") from None
    if page < 1 or not 1 <= size <= _PAGE_MOST:
        raise ProblemError(400, f"pages count from 1 and hold 1 to {_PAGE_MOST} sites")
    every = world.sites("solaredge")
    shown = every[(page - 1) * size : page * size]
    return {"sites": {"count": len(every), "site": [catalog.site_entry(site) for site in shown]}}
