"""What both APIs say in the same words: bodies in JSON, problems in RFC 7807."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.http import parse_json

if TYPE_CHECKING:
    from solar_tap_kit.http import Reply

HOST = "https://monitoringapi.solaredge.com"
DETAIL_LENGTH = 160

SHARED = 4
"""An answer for a whole fleet is read once for each of its sites; so many are kept parsed."""


@functools.lru_cache(maxsize=SHARED)
def parse_shared(body: bytes) -> Any:
    """Return a parsed body that is read more than once; not to be changed.

    Raises:
        DecodeError: It is not JSON.
    """
    return parse_json(body)


def detail(reply: Reply) -> str:
    """Return the vendor's own words from a problem document, shortened."""
    try:
        problem = parse_json(reply.body)
    except DecodeError:
        return "no detail"
    if not isinstance(problem, dict):
        return "no detail"
    names = ("detail", "title", "error_description", "message")
    words = next((problem[name] for name in names if problem.get(name)), None)
    return str(words or "no detail")[:DETAIL_LENGTH]
