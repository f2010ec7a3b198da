"""What is odd about answers: reported once per run, never fatal."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from solar_tap_kit.notices import listening

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

logger = logging.getLogger("solar_tap_kit.drift")


class Drift:
    """Remembers what has been reported."""

    def __init__(self) -> None:
        self._reported: set[tuple[str, str]] = set()
        self._told: set[str] = set()

    @contextlib.contextmanager
    def listening(self, where: str) -> Iterator[None]:
        """Tell what decoders report inside the block.

        Args:
            where: What is decoded, such as a window.
        """
        with listening() as notices:
            try:
                yield
            finally:
                self.tell(where, notices)

    def tell(self, where: str, notices: Mapping[str, str]) -> None:
        """Warn about what decoders reported, each kind of trouble once.

        Args:
            where: What was decoded, such as a window.
            notices: What was reported, by key.
        """
        for key, text in notices.items():
            if key not in self._told:
                self._told.add(key)
                logger.warning("%s: %s (reported once a run)", where, text)

    def report(self, stream: str, names: Iterable[str]) -> None:
        """Warn about each unknown field of a stream, once."""
        new = sorted(name for name in names if (stream, name) not in self._reported)
        if new:
            self._reported.update((stream, name) for name in new)
            logger.warning(
                "%s: the cloud sends fields that no column takes: %s "
                "(keep_unknown_fields would keep them)",
                stream,
                ", ".join(new),
            )
