"""Failures of the wire that both versions can have, by rate."""

from flask import Response

from solar_simulator.web import cut, note
from solar_simulator.world import World

_PAGE = "<html><head><title>503</title></head><body>Service Temporarily Unavailable</body></html>"
# Switch, HTTP status, body and its type.
_FAILURES = (
    ("solaredge.fail_429", 429, "", "text/plain"),
    ("solaredge.fail_500", 500, "Internal Server Error", "text/plain"),
    ("solaredge.fail_503", 503, _PAGE, "text/html"),
    ("solaredge.fail_empty", 200, "", "application/json"),
    ("solaredge.fail_cut", 200, "", "application/json"),
)


def wire_failure(world: World) -> Response | None:
    """The failure that hits the call in hand, if any."""
    number = len(world.calls) + 1
    for switch, status, body, mimetype in _FAILURES:
        if world.switches.strikes(switch, note().site, world.now_minute(), number):
            note().outcome = switch.partition(".")[2]
            if switch.endswith("cut"):
                cut("before")
            return Response(body, status=status, mimetype=mimetype)
    return None
