"""Errors as ``application/problem+json`` (docs/vendors/solaredge.md, status codes)."""

from flask import Response

from solar_simulator.noise import key_of
from solar_simulator.web import json_response, note
from solar_simulator.world import World

_TYPE = "https://se-api.stoplight.io/docs/monitoring"
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized - Authentication Failed",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


class ProblemError(Exception):
    """A refusal.

    Args:
        status: HTTP status.
        detail: One sentence of the vendor's.
        outcome: Word for the call log; the status where empty.
        headers: Further headers, such as ``retry-after``.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        outcome: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.detail = detail
        self.outcome = outcome or str(status)
        self.headers = headers or {}


def problem_response(world: World, problem: ProblemError) -> Response:
    """The answer for a refusal. 401 and 404 as recorded, the others in their likeness."""
    note().outcome = problem.outcome
    if problem.status == 429 and world.switches.get("solaredge.message_429"):  # noqa: PLR2004
        short = json_response({"message": problem.detail}, problem.status)
        short.headers.update(problem.headers)
        return short
    trace = f"{key_of(world.scenario.seed, 'trace', len(world.calls)):016x}" * 2
    body: dict[str, object] = {
        "type": _TYPE,
        "title": _TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.status == 404:  # noqa: PLR2004 - the one recorded without the inner object
        body["traceId"] = trace
    else:
        body |= {"instance": None, "properties": {"traceId": trace}}
    response = json_response(body, problem.status, "application/problem+json")
    response.headers.update(problem.headers)
    return response
