"""Sigen's envelope: HTTP 200, and the truth in ``code`` (docs/vendors/sigen.md, envelope)."""

from flask import Response

from solar_simulator.web import compact, json_response, note
from solar_simulator.world import World

CODES: dict[int, str] = {
    0: "success",
    1: "failed",
    401: "unauthorized",
    424: "Failed Dependency",
    429: "Too Many Requests",
    1000: "param illegal",
    1101: "Wrong serial number",
    1102: "Registration incomplete",
    1103: "In other VPP",
    1104: "Device offline",
    1106: "Station was not found",
    1108: "Station info not found",
    1109: "RPC fail",
    1110: "Interface is current-limited",
    1111: "Station not permitted",
    1201: "Access restriction",
    1302: "Station status anomaly",
    1304: "Firmware version mismatch",
    1401: "No permission to operate this station",
    1402: "No permission",
    1501: "Failed to execute command",
    1502: "Sigenergy internal error",
    1601: "Account system error",
    1603: "Account unreviewed",
    1604: "Developer not approved",
    11000: "User info empty",
    11002: "account locked",
    11003: "authentication failed",
    13001: "station info not found",
    13008: "station disconnect",
}


_TOO_MANY = 429
_RETRY_SECONDS = "60"


class SigenError(Exception):
    """A business error.

    Args:
        code: Vendor code, also the outcome in the call log.
        status: HTTP status; 200 but for trouble with the token.
    """

    def __init__(self, code: int, status: int = 200) -> None:
        super().__init__(f"{code} {CODES.get(code, '')}".strip())
        self.code = code
        self.status = status


def success(world: World, data: object, *, form: str | None = None) -> Response:
    """An answer with data.

    Args:
        world: Decides the form and the time stamp.
        data: Objects and lists, or text in its final form.
        form: ``string`` or ``object``, where the endpoint does not follow the switch.
    """
    form = form or world.switches.get("sigen.data_form")
    body = {"code": 0, "msg": "success", **_timestamp(world)}
    body["data"] = compact(data) if form == "string" else data
    if world.switches.get("sigen.no_code", note().site):
        del body["code"]
    if strikes(world, "sigen.null_data"):
        body["data"] = None
    if strikes(world, "sigen.missing_data"):
        del body["data"]
    in_array = world.switches.get("sigen.array_envelope", note().site)
    return json_response([body] if in_array else body)


def failure(world: World, error: SigenError) -> Response:
    """An answer without data."""
    note().outcome = str(error.code)
    message = CODES.get(error.code, "error")
    body = {"code": error.code, "msg": message, **_timestamp(world), "data": None}
    response = json_response(body, error.status)
    if error.status == _TOO_MANY:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def strikes(world: World, switch: str) -> bool:
    """Whether a rate by call hits the call in hand."""
    number = len(world.calls) + 1
    return world.switches.strikes(switch, note().site, world.now_minute(), number)


def _timestamp(world: World) -> dict[str, object]:
    if not world.switches.get("sigen.timestamp"):
        return {}
    return {"timestamp": int(world.clock.now().timestamp())}
