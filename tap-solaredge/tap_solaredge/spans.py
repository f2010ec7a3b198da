"""How long a period one call may ask for: what is documented or configured, halved when refused."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.errors import RefusedError
    from solar_tap_kit.ledger import Ledger

    Call = Callable[[dt.datetime, dt.datetime], bytes]

Period = tuple[dt.datetime, dt.datetime]

logger = logging.getLogger("tap_solaredge")


class Span:
    """The longest period of one kind of call.

    Args:
        name: The kind, for messages and for what is remembered.
        longest: Where to start.
        step: What periods are cut at.
        refusal: What the cloud answers to a period that is too long, among other things.
        halvings: After so many in a row it is not the length that is refused.
        ledger: Remembers what the cloud has refused.
        clock: Time source.
    """

    def __init__(
        self,
        name: str,
        longest: dt.timedelta,
        step: dt.timedelta,
        *,
        refusal: type[RefusedError],
        halvings: int,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._name = f"span {name} {longest}"
        self._step = step
        self._refusal = refusal
        self._halvings = halvings
        self._ledger = ledger
        self._clock = clock
        known = ledger.note(self._name)
        self.length = dt.timedelta(seconds=float(known)) if known else longest

    def cut(self, begin: dt.datetime, end: dt.datetime) -> Iterator[Period]:
        """Yield the periods that a time is asked in."""
        while begin < end:
            until = min(begin + self.length, end)
            yield begin, until
            begin = until

    def ask(
        self,
        begin: dt.datetime,
        end: dt.datetime,
        call: Callable[[dt.datetime, dt.datetime], bytes],
    ) -> list[bytes]:
        """Ask for a time, in shorter periods if the cloud refuses it at this length.

        Args:
            begin: First instant.
            end: The instant after the last.
            call: Asks for one period.

        Raises:
            SolarError: The cloud refuses for another reason.
        """
        bodies: list[bytes] = []
        for period in list(self.cut(begin, end)):
            bodies += self._ask_one(*period, call, self._halvings)
        return bodies

    def _ask_one(self, begin: dt.datetime, end: dt.datetime, call: Call, tries: int) -> list[bytes]:
        try:
            return [call(begin, end)]
        except self._refusal:
            half = (end - begin) / 2 // self._step * self._step
            if tries == 0 or half < self._step:
                raise
        bodies = self._ask_one(begin, begin + half, call, tries - 1)
        # That went well: the length was the reason, and is remembered.
        if half < self.length:
            logger.warning(
                "%s: the cloud refuses %s at once; asking for %s from now on",
                self._name.split(" ")[1],
                end - begin,
                half,
            )
            self.length = half
            self._ledger.put_note(self._name, str(half.total_seconds()), self._clock.now())
        return bodies + self.ask(begin + half, end, call)
