"""Sources that a credential, tier or API version does not serve: left out, and remembered."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Source
    from solar_tap_kit.errors import NotServedError
    from solar_tap_kit.ledger import Ledger

LEFT_ALONE = dt.timedelta(days=7)
"""How long a refused source is left alone before a run asks whether that has changed."""

logger = logging.getLogger("solar_tap_kit.run")


class Unserved:
    """What is not served.

    Args:
        ledger: Remembers it for later runs.
        clock: Time source.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._names: set[str] = set()
        self._served: set[str] = set()

    def __contains__(self, source: Source) -> bool:
        """Return whether this run has found that a source is served to no site."""
        return source.name in self._names or (source.is_optional and source.endpoint in self._names)

    def answered(self, source: Source) -> None:
        """Note for good that an optional endpoint is served."""
        if source.is_optional and source.endpoint not in self._served:
            self._served.add(source.endpoint)
            self._ledger.put_note(_served(source), "", self._clock.now())

    def is_unproven(self, source: Source) -> bool:
        """Return whether a source is optional and its endpoint has never answered."""
        if not source.is_optional or source.endpoint in self._served:
            return False
        return self._ledger.note(_served(source)) is None

    def note(self, source: Source, error: NotServedError) -> None:
        """Note a refusal, for later runs too if it concerns every site."""
        logger.warning("%s: %s; left out", source.name, error)
        if error.everywhere:
            self._names.add(source.endpoint if source.is_optional else source.name)
            self._ledger.put_note(_name(source), str(error), self._clock.now())

    def is_known(self, source: Source) -> bool:
        """Return whether an earlier run has found that a source is served to no site."""
        now = self._clock.now()
        why = self._ledger.note(_name(source), since=now - LEFT_ALONE, until=now)
        if why is not None:
            logger.warning("%s: %s; left out", source.name, why)
        return why is not None


def _name(source: Source) -> str:
    name = source.endpoint if source.is_optional else source.name
    return f"not served {name}/{source.version}"


def _served(source: Source) -> str:
    return f"served {source.endpoint}"
