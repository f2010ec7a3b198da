"""Carrying out a fault on the call in hand."""

import time

from flask import Response

from solar_simulator.faults import HTML_PAGE, Fault
from solar_simulator.sigen.envelope import SigenError, failure
from solar_simulator.web import cut, note
from solar_simulator.world import World


def struck(world: World) -> Response | None:
    """Count the call with all faults; answer in the endpoint's place if one says so."""
    fault = world.faults.strike(note().endpoint, note().site)
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
