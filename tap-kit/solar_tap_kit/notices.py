"""What a decoder could not use of an answer: decoders report it, a run logs each kind once.

Decoders are pure functions of an answer, and most of them know neither the run nor the site.
So they report to whoever listens, as `warnings` does; without a listener the log is told.
"""

from __future__ import annotations

import contextlib
import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Notices = dict[str, str]
"""Text by key: what has the same key is the same trouble and is told once."""

_heard: ContextVar[Notices | None] = ContextVar("notices", default=None)

logger = logging.getLogger("solar_tap_kit.notices")


def notice(key: str, text: str) -> None:
    """Report a part of an answer that could not be used; the rest of the answer is.

    Args:
        key: What makes it the same trouble when it comes again, such as stream and field.
        text: What was found and what became of it, in one line.
    """
    heard = _heard.get()
    if heard is None:
        logger.warning("%s", text)
    else:
        heard.setdefault(key, text)


@contextlib.contextmanager
def listening() -> Iterator[Notices]:
    """Collect what is reported inside the block, instead of logging it."""
    found: Notices = {}
    token = _heard.set(found)
    try:
        yield found
    finally:
        _heard.reset(token)
