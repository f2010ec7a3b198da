"""Carrying out a fault on the call in hand."""

import time

from flask import Response

from solar_simulator.faults import HTML_PAGE, Fault
from solar_simulator.sigen.envelope import SigenError, failure
from solar_simulator.web import cut, note
from solar_simulator.world import World

SLOW_SECONDS = 0.25
TROUBLES = {
    "refused": Fault(status=403, body='{"status": 403, "title": "Forbidden"}'),
    "not_found": Fault(status=404, body='{"status": 404, "title": "Not Found"}'),
    "moved": Fault(status=302, headers={"Location": "https://portal.invalid/login"}),
    "unavailable": Fault(status=503),
    "slow": Fault(delay_seconds=SLOW_SECONDS),
}
SIGEN_TROUBLES = {
    **TROUBLES,
    "refused": Fault(code=1111),
    "offline": Fault(code=1104),
    "pending": Fault(code=1102),
}
"""SolarEdge answers for sites that are offline or pending: without values."""


def struck(world: World) -> Response | None:
    """Count the call with all faults; answer in the endpoint's place if one says so."""
    fault = world.faults.strike(note().endpoint, note().site)
    if fault is None:
        fault = _trouble(world)
    if fault is None:
        return None
    note().outcome = fault.name
    if fault.delay_seconds:
        # Real time on purpose: what is tested is the patience of a real client.
        time.sleep(fault.delay_seconds)
    if fault.cut:
        cut(fault.cut)
    if fault.cut == "before":
        return Response(status=200)
    return _answer(world, fault) if fault.answers else None


def _trouble(world: World) -> Fault | None:
    """What a site's switch makes of all of its calls."""
    site = note().site
    word = world.switches.get("trouble", site) if site else "none"
    is_sigen = note().endpoint.startswith("sigen.")
    return (SIGEN_TROUBLES if is_sigen else TROUBLES).get(word)


def _answer(world: World, fault: Fault) -> Response:
    if fault.code is not None:
        response = failure(world, SigenError(fault.code, fault.status or 200))
        note().outcome = fault.name
    elif fault.body == "html":
        response = Response(HTML_PAGE, status=fault.status or 200, mimetype="text/html")
    else:
        body = fault.body or ""
        response = Response(body, status=fault.status or 200, content_type=fault.content_type)
    response.headers.update(fault.headers)
    return response
