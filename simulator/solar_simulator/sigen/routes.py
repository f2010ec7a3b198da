"""Paths of the Sigen cloud: ``/openapi/...``, all read endpoints GET."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, Response, g, request

from solar_simulator.sigen import catalog, live, realtime
from solar_simulator.sigen.auth import SigenAuth
from solar_simulator.sigen.board import Board
from solar_simulator.sigen.envelope import SigenError, failure, strikes, success
from solar_simulator.sigen.history import history
from solar_simulator.sigen.limits import SigenLimits
from solar_simulator.sigen.misplaced import flow_as_shown
from solar_simulator.sigen.periods import read_date, read_level
from solar_simulator.sigen.sankey import sankey_history
from solar_simulator.site import Site
from solar_simulator.web import cut, note
from solar_simulator.world import World

_BLOCKED = "<html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"
_PAGE_MOST = 100
# Switch, HTTP status, body and its type: failures of the wire, by rate.
_WIRE = (
    ("sigen.fail_500", 500, "Internal Server Error", "text/plain"),
    ("sigen.fail_503", 503, "Service Unavailable", "text/plain"),
    ("sigen.fail_html_403", 403, _BLOCKED, "text/html"),
    ("sigen.fail_empty", 200, "", "application/json"),
)

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StationView:
    """An endpoint of one station.

    Attributes:
        path: Below ``/openapi``.
        name: In the call log.
        answer: What answers it.
        window: What one call per five minutes is counted by.
        live: Whether a disconnected station refuses it.
    """

    path: str
    name: str
    answer: Callable[[World, Site, Words], Response]
    window: Literal["station", "device"] = "station"
    live: bool = False


def _devices(world: World, site: Site, _words: Words) -> Response:
    return success(world, catalog.devices(world, site), form="object")


def _summary(world: World, site: Site, _words: Words) -> Response:
    return success(world, live.summary(world, site))


def _flow(world: World, site: Site, _words: Words) -> Response:
    return success(world, flow_as_shown(world, site, live.energy_flow(world, site)))


def _history(world: World, site: Site, _words: Words) -> Response:
    level = read_level(request.args.get("level"))
    day = None if level == "lifetime" else read_date(request.args.get("date"))
    found = history(world, site, level, day)
    if level == "day" and not found["itemList"] and world.switches.get("sigen.null_text"):
        return success(world, "null", form="object")
    return success(world, found)


def _sankey(world: World, site: Site, _words: Words) -> Response:
    level, day = read_level(request.args.get("level")), read_date(request.args.get("date"))
    return success(world, sankey_history(world, site, level, day))


def _realtime(world: World, site: Site, words: Words) -> Response:
    return success(world, realtime.realtime(world, site, words["serial"]))


def _device_history(world: World, site: Site, words: Words) -> Response:
    level, day = read_level(request.args.get("level")), read_date(request.args.get("date"))
    return success(world, realtime.device_history(world, site, words["serial"], level, day))


def _settings(world: World, _site: Site, _words: Words) -> Response:
    return success(world, {"energyStorageOperationMode": 0})


STATION_VIEWS = (
    StationView("/system/<site_id>/devices", "devices", _devices),
    StationView("/systems/<site_id>/summary", "summary", _summary, live=True),
    StationView("/systems/<site_id>/energyFlow", "energy_flow", _flow, live=True),
    StationView("/systems/<site_id>/history", "history", _history),
    StationView("/systems/<site_id>/v1/history", "history_v1", _sankey),
    StationView(
        "/systems/<site_id>/devices/<serial>/realtimeInfo",
        "realtime",
        _realtime,
        window="device",
        live=True,
    ),
    StationView(
        "/systems/<site_id>/devices/<serial>/history",
        "device_history",
        _device_history,
        window="device",
    ),
    StationView("/instruction/<site_id>/settings", "settings", _settings),
)


class SigenCloud:
    """The Sigen cloud of a world.

    Args:
        world: Sites, clock and switches.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.auth = SigenAuth(world)
        self.limits = SigenLimits(world)
        self.board = Board(world)
        world.on_reset(self.limits.reset, self.auth.reset, self.board.reset)
        world.tell_quotas(self.limits.allowances)

    def blueprint(self) -> Blueprint:
        """Its paths."""
        routes = Blueprint("sigen", __name__)
        routes.register_error_handler(SigenError, self._refuse)
        routes.before_request(self._edge)
        both = ["GET", "POST"]
        routes.add_url_rule("/openapi/auth/login/<way>", "login", self.login, methods=both)
        routes.add_url_rule("/openapi/board/<way>", "board", self.change_board, methods=["POST"])
        routes.add_url_rule("/openapi/system", "systems", self.systems, methods=both)
        routes.add_url_rule("/openapi/system/page", "systems_page", self.systems_page, methods=both)
        for entry in STATION_VIEWS:
            routes.add_url_rule(
                f"/openapi{entry.path}",
                entry.name,
                self._station_view(entry),
                methods=["GET", "POST"],
            )
        return routes

    def login(self, way: str) -> Response:
        """``password`` or ``key``."""
        ways = {"password": self.auth.by_password, "key": self.auth.by_key}
        if request.method != "POST":
            return _wrong_method()
        if way not in ways:
            raise SigenError(1000)
        body = request.get_json(silent=True)
        self.limits.count_account(self.auth.account_of(body))
        form = self.world.switches.get("sigen.login_form")
        return success(self.world, ways[way](body), form=form)

    def change_board(self, way: str) -> Response:
        """``onboard`` or ``offboard``, for the app key alone."""
        account = self.auth.check(request.headers.get("Authorization"))
        self.limits.count_account(account)
        if account != self.world.credentials.sigen_app_key:
            raise SigenError(1402)
        changed = self.board.change(way, request.get_json(silent=True))
        return success(self.world, changed, form="object")

    def systems(self) -> Response:
        """The list, filtered by grid connection in seconds."""
        return self._enter_list() or success(
            self.world, [catalog.system(self.world, site) for site in self._asked_sites()]
        )

    def systems_page(self) -> Response:
        """The list in pages of at most 100; page 0 is page 1."""
        if refusal := self._enter_list():
            return refusal
        page = max(_whole_number("pageNum", None), 1)
        size = _whole_number("pageSize", _PAGE_MOST)
        if not 1 <= size <= _PAGE_MOST:
            raise SigenError(1000)
        found = [catalog.system(self.world, site) for site in self._asked_sites()]
        records = catalog.as_strings(found[(page - 1) * size : page * size])
        pages = -(-len(found) // size)
        data = {
            "records": records,
            "total": len(found),
            "size": size,
            "current": page,
            "pages": pages,
        }
        return success(self.world, data, form="object")

    def _station_view(self, entry: StationView) -> Callable[..., Response]:
        def view(site_id: str, **words: str) -> Response:
            if refusal := self._enter(entry.name, (site_id, *words.values())):
                return refusal
            site = self.world.site("sigen", site_id)
            if site is None or not self.board.sees(g.sigen_account, site):
                raise SigenError(1111)
            if self.world.switches.get("sigen.not_found", site_id):
                raise SigenError(13001)
            if entry.live and self.world.switches.get("sigen.disconnected", site_id):
                raise SigenError(13008)
            return entry.answer(self.world, site, words)

        return view

    def _enter_list(self) -> Response | None:
        refusal = self._enter("systems", ())
        if refusal is None and self.world.switches.get("sigen.list_restricted"):
            raise SigenError(1201)
        return refusal

    def _enter(self, name: str, scope: tuple[str, ...]) -> Response | None:
        """What every read endpoint checks first.

        Returns:
            None to go on, or HTTP 500 for another method than GET, as the vendor has it.
        """
        if request.method != "GET":
            return _wrong_method()
        account = self.auth.check(request.headers.get("Authorization"))
        g.sigen_account = account
        self.limits.count_account(account)
        self.limits.count_window(name, scope or (account,), request.args.get("level", ""))
        self.limits.fail_by_rate()
        return None

    def _asked_sites(self) -> list[Site]:
        start = _whole_number("startTime", 0)
        end = _whole_number("endTime", int(self.world.clock.now().timestamp()))
        return [
            site
            for site in self.world.sites("sigen")
            if start <= catalog.connected_second(site) <= end
            and self.board.sees(g.sigen_account, site)
        ]

    def _edge(self) -> Response | None:
        """What never reaches the cloud: odd clients, and failures of the wire by rate."""
        agent = request.headers.get("User-Agent", "")
        body_on_get = request.method == "GET" and request.content_length
        switches = self.world.switches
        odd = (not agent or body_on_get) and switches.get("sigen.edge")
        refused = "aiohttp" in agent.lower() and switches.get("sigen.refuse_aiohttp")
        if odd or refused:
            note().outcome = "edge 403"
            return Response(_BLOCKED, status=403, mimetype="text/html")
        if strikes(self.world, "sigen.fail_cut"):
            note().outcome = "fail_cut"
            cut("before")
            return Response(status=200)
        for switch, status, body, mimetype in _WIRE:
            if strikes(self.world, switch):
                note().outcome = switch.partition(".")[2]
                return Response(body, status=status, mimetype=mimetype)
        return None

    def _refuse(self, error: SigenError) -> Response:
        return failure(self.world, error)


def _wrong_method() -> Response:
    return Response("Internal Server Error", status=500, mimetype="text/plain")


def _whole_number(name: str, default: int | None) -> int:
    try:
        return int(request.args.get(name, "" if default is None else default))
    except ValueError:
        raise SigenError(1000) from None
