"""The simulator's own paths, below ``/_sim``: health, clock, truth, calls, switches."""

import time
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, abort, request

from solar_simulator.status import status_page
from solar_simulator.web import json_response, spare_the_collector
from solar_simulator.world import World
from solar_simulator.zones import YEARS, day_bounds


class BadRequestError(ValueError):
    """An admin call that cannot be read; the text says why."""


def blueprint(world: World) -> Blueprint:
    """The admin paths of a world."""
    routes = Blueprint("admin", __name__)

    @routes.errorhandler(ValueError)
    def unreadable(error: Exception) -> Response:
        return json_response({"error": str(error)}, 400)

    @routes.get("/")
    def status() -> str:
        return status_page(world)

    @routes.get("/health")
    def health() -> Response:
        return json_response(
            {
                "status": "ok",
                "scenario": world.scenario.name,
                **_clock(world),
                "cpu_seconds": time.process_time(),
            }
        )

    @routes.get("/clock")
    def clock() -> Response:
        return json_response(_clock(world))

    @routes.post("/clock")
    def set_clock() -> Response:
        _move_clock(world, _body())
        return json_response(_clock(world))

    @routes.get("/calls")
    def calls() -> Response:
        wanted = {key: request.args.get(key) for key in ("endpoint", "site", "outcome")}
        found = world.calls.matching(**wanted)
        most = _number("limit", 1000)
        return json_response(
            {
                "total": len(world.calls),
                "counts": world.calls.counts(),
                "calls": [call.as_dict() for call in found[-most:]],
            }
        )

    @routes.get("/quotas")
    def quotas() -> Response:
        return json_response([allowance.as_dict() for allowance in world.quotas()])

    @routes.post("/warm")
    def warm() -> Response:
        sites = _warm(world, _body())
        spare_the_collector()
        return json_response({"sites": sites})

    @routes.post("/reset")
    def reset() -> Response:
        world.reset()
        return json_response(_clock(world))

    _add_switches(routes, world)
    _add_faults(routes, world)
    _add_truth(routes, world)
    return routes


def _add_faults(routes: Blueprint, world: World) -> None:
    @routes.get("/faults")
    def faults() -> Response:
        return json_response(world.faults.as_list())

    @routes.post("/faults")
    def add_fault() -> Response:
        world.faults.add(**_body())
        return json_response(world.faults.as_list(), 201)

    @routes.delete("/faults")
    def clear_faults() -> Response:
        world.faults.clear()
        return json_response([])


def _add_switches(routes: Blueprint, world: World) -> None:
    @routes.get("/switches")
    def switches() -> Response:
        return json_response(world.switches.as_dict())

    @routes.post("/switches/<name>")
    def set_switch(name: str) -> Response:
        body = _body()
        unknown = set(body) - {"value", "site", "start", "end"}
        if "value" not in body or unknown:
            message = 'give {"value": ...} and, if wanted, site, start, end'
            raise BadRequestError(message)
        world.switches.set(
            name,
            body["value"],
            site=None if body.get("site") is None else str(body["site"]),
            start=_instant(body.get("start")),
            end=_instant(body.get("end")),
        )
        return json_response(world.switches.as_dict()[name])

    @routes.delete("/switches/<name>")
    def clear_switch(name: str) -> Response:
        world.switches.clear(name)
        return json_response(world.switches.as_dict()[name])


def _add_truth(routes: Blueprint, world: World) -> None:
    truth = world.truth

    @routes.get("/truth")
    def sites() -> Response:
        return json_response(
            [
                {"site": site.site_id, "vendor": site.vendor, "name": site.name, "zone": site.zone}
                for site in world.scenario.sites.values()
            ]
        )

    @routes.get("/truth/<site>/energy")
    def energy(site: str) -> Response:
        start, end = _range(world, site)
        return json_response(truth.energy(site, start, end).as_dict())

    @routes.get("/truth/<site>/hours")
    def hours(site: str) -> Response:
        return json_response([row.as_dict() for row in truth.hours(site, *_range(world, site))])

    @routes.get("/truth/<site>/half-hours")
    def half_hours(site: str) -> Response:
        rows = truth.half_hours(site, *_days(world, site))
        return json_response([row.as_dict() for row in rows])

    @routes.get("/truth/<site>/days")
    def days(site: str) -> Response:
        return json_response([row.as_dict() for row in truth.days(site, *_days(world, site))])

    @routes.get("/truth/<site>/state")
    def state(site: str) -> Response:
        _known(world, site)
        at = _instant(request.args.get("at")) or world.clock.now().replace(second=0, microsecond=0)
        return json_response(
            {
                "at_utc": at.isoformat(),
                "soc_pct": truth.soc_pct(site, at),
                "since_installation": truth.counters(site, at).as_dict(),
            }
        )


def _warm(world: World, body: dict[str, object]) -> int:
    """Work out local days ``first`` to ``last`` of the sites of a ``vendor``, or of all."""
    try:
        first = date.fromisoformat(str(body.get("first")))
        last = date.fromisoformat(str(body.get("last", first)))
    except ValueError:
        message = "give first and last as local dates, YYYY-MM-DD, and a vendor if wanted"
        raise BadRequestError(message) from None
    chosen = [
        site for site in world.scenario.sites.values() if body.get("vendor") in {None, site.vendor}
    ]
    for site in chosen:
        begin, end = day_bounds(site.zone, first)[0], day_bounds(site.zone, last)[1]
        world.model.warm(site.site_id, begin, end)
    return len(chosen)


def _move_clock(world: World, body: dict[str, object]) -> None:
    """Any of ``now``, ``advance_seconds``, ``speed`` and ``follow_machine``, in this order."""
    unknown = set(body) - {"now", "advance_seconds", "speed", "follow_machine"}
    if unknown or not body:
        message = "give now, advance_seconds, speed or follow_machine (an offset in seconds)"
        raise BadRequestError(message)
    if now := _instant(body.get("now")):
        world.clock.set(now)
    if "advance_seconds" in body:
        world.clock.advance(_float(body["advance_seconds"]))
    if "speed" in body:
        world.clock.run(_float(body["speed"]))
    if "follow_machine" in body:
        world.clock.follow_machine(timedelta(seconds=_float(body["follow_machine"])))


def _clock(world: World) -> dict[str, object]:
    return {"now_utc": world.clock.now().isoformat(), "speed": world.clock.speed}


def _body() -> dict[str, object]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        message = "the body must be a JSON object"
        raise BadRequestError(message)
    return body


def _known(world: World, site: str) -> None:
    if site not in world.scenario.sites:
        abort(404)


def _range(world: World, site: str) -> tuple[datetime, datetime]:
    _known(world, site)
    start, end = _instant(request.args.get("start")), _instant(request.args.get("end"))
    if start is None or end is None:
        message = "give start and end, with offset"
        raise BadRequestError(message)
    return start, end


def _days(world: World, site: str) -> tuple[date, date]:
    _known(world, site)
    try:
        first = date.fromisoformat(request.args.get("first", ""))
        last = date.fromisoformat(request.args.get("last", first.isoformat()))
    except ValueError:
        first = last = date.min
    if first.year not in YEARS or last.year not in YEARS:
        message = "give first and last as local dates, YYYY-MM-DD"
        raise BadRequestError(message)
    return first, last


def _instant(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(str(text).replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.year not in YEARS:
        message = f"{text!r} is not a date-time with offset"
        raise BadRequestError(message)
    return at


def _number(name: str, default: int) -> int:
    return int(_float(request.args.get(name, default)))


def _float(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        message = f"{value!r} is not a number"
        raise BadRequestError(message) from None
