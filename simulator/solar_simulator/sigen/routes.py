"""Paths of the Sigen cloud: ``/openapi/...``, all read endpoints GET."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request

from solar_simulator.sigen import catalog
from solar_simulator.sigen.auth import SigenAuth
from solar_simulator.sigen.envelope import SigenError, failure, success
from solar_simulator.sigen.history import history
from solar_simulator.sigen.periods import read_date, read_level
from solar_simulator.site import Site
from solar_simulator.web import note
from solar_simulator.world import World

_BLOCKED = "<html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"

StationView = Callable[[World, Site, Mapping[str, str]], Response]


def _devices(world: World, site: Site, _words: Mapping[str, str]) -> Response:
    return success(world, catalog.devices(world, site), form="object")


def _history(world: World, site: Site, _words: Mapping[str, str]) -> Response:
    level = read_level(request.args.get("level"))
    day = None if level == "lifetime" else read_date(request.args.get("date"))
    return success(world, history(world, site, level, day))


# Path, name in the call log, what answers it.
STATION_VIEWS: tuple[tuple[str, str, StationView], ...] = (
    ("/openapi/system/<system_id>/devices", "devices", _devices),
    ("/openapi/systems/<system_id>/history", "history", _history),
)


def blueprint(world: World) -> Blueprint:
    """The Sigen cloud of a world."""
    routes = Blueprint("sigen", __name__)
    auth = SigenAuth(world)

    @routes.errorhandler(SigenError)
    def refused(error: SigenError) -> Response:
        return failure(world, error)

    @routes.before_request
    def edge() -> Response | None:
        return _edge(world)

    @routes.post("/openapi/auth/login/<way>")
    def login(way: str) -> Response:
        note().endpoint = "sigen.login"
        ways = {"password": auth.by_password, "key": auth.by_key}
        if way not in ways:
            raise SigenError(1000)
        return success(world, ways[way](request.get_json(silent=True)), form="string")

    def systems() -> Response:
        refusal = _enter(auth, "systems", None)
        return refusal or success(
            world, [catalog.system(world, site) for site in _asked_sites(world)]
        )

    routes.add_url_rule("/openapi/system", view_func=systems, methods=["GET", "POST"])
    for path, name, answer in STATION_VIEWS:
        _add_station_view(routes, world, auth, (path, name, answer))
    return routes


def _add_station_view(
    routes: Blueprint, world: World, auth: SigenAuth, entry: tuple[str, str, StationView]
) -> None:
    path, name, answer = entry

    def view(system_id: str, **words: str) -> Response:
        refusal = _enter(auth, name, system_id)
        return refusal or answer(world, _station(world, system_id), words)

    routes.add_url_rule(path, name, view, methods=["GET", "POST"])


def _enter(auth: SigenAuth, name: str, system_id: str | None) -> Response | None:
    """What every read endpoint checks first.

    Returns:
        None to go on, or HTTP 500 for another method than GET, as the vendor has it.
    """
    note().endpoint, note().site = f"sigen.{name}", system_id
    if request.method != "GET":
        return Response("Internal Server Error", status=500, mimetype="text/plain")
    auth.check(request.headers.get("Authorization"))
    return None


def _edge(world: World) -> Response | None:
    """What the vendor's edge does not let through, it answers in HTML."""
    agent = request.headers.get("User-Agent", "")
    body_on_get = request.method == "GET" and request.content_length
    odd = not agent or "aiohttp" in agent.lower() or body_on_get
    if odd and world.switches.get("sigen.edge"):
        note().endpoint, note().outcome = "sigen.edge", "edge 403"
        return Response(_BLOCKED, status=403, mimetype="text/html")
    return None


def _station(world: World, system_id: str) -> Site:
    site = world.site("sigen", system_id)
    if site is None:
        raise SigenError(1111)
    return site


def _asked_sites(world: World) -> list[Site]:
    """The list's filter on the grid connection, in seconds."""
    try:
        start = int(request.args.get("startTime", 0))
        end = int(request.args.get("endTime", world.clock.now().timestamp()))
    except ValueError:
        raise SigenError(1000) from None
    return [site for site in world.sites("sigen") if start <= catalog.connected_second(site) <= end]
