"""Vendor fields that no column takes: reported once per run, never fatal."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from solar_tap_kit.fields import Projection

logger = logging.getLogger("solar_tap_kit.drift")


class Drift:
    """Remembers what has been reported."""

    def __init__(self) -> None:
        self._reported: set[tuple[str, str]] = set()

    def look(
        self,
        stream: str,
        projection: Projection,
        items: Iterable[Mapping[str, Any]],
        besides: Iterable[str] = (),
    ) -> None:
        """Warn about each unknown field of a stream, once.

        Args:
            stream: Where the fields would belong.
            projection: The columns of that stream.
            items: The vendor's objects; a few are enough.
            besides: Names that are read in another way.
        """
        names = {name for item in items for name in projection.unknown(item)} - set(besides)
        new = sorted(name for name in names if (stream, name) not in self._reported)
        if new:
            self._reported.update((stream, name) for name in new)
            logger.warning(
                "%s: the cloud sends fields that no column takes: %s", stream, ", ".join(new)
            )
