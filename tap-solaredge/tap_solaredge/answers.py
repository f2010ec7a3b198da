"""What both APIs say in the same words: bodies in JSON, problems in RFC 7807."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from solar_tap_kit.errors import DecodeError

if TYPE_CHECKING:
    from solar_tap_kit.http import Reply

HOST = "https://monitoringapi.solaredge.com"
DETAIL_LENGTH = 160

SHARED = 4
"""An answer for a whole fleet is read once for each of its sites; so many are kept parsed."""


def parse(body: bytes) -> Any:
    """Return a parsed body.

    Raises:
        DecodeError: It is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"the answer is not JSON: {error}"
    raise DecodeError(message)


@functools.lru_cache(maxsize=SHARED)
def parse_shared(body: bytes) -> Any:
    """Return a parsed body that is read more than once; not to be changed.

    Raises:
        DecodeError: It is not JSON.
    """
    return parse(body)


def detail(reply: Reply) -> str:
    """Return the vendor's own words from a problem document, shortened."""
    try:
        problem = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return "no detail"
    if not isinstance(problem, dict):
        return "no detail"
    words = problem.get("detail") or problem.get("title") or problem.get("error_description")
    return str(words or "no detail")[:DETAIL_LENGTH]
