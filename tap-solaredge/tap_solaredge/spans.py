"""How long a period one call may request: documented or configured, shorter once refused."""

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

CLOCKS_DIFFER = dt.timedelta(minutes=10)
"""A period that ends closer to now than this may be refused because it ends in the future."""

logger = logging.getLogger("tap_solaredge")


class Span:
    """The longest period of one kind of call.

    Args:
        name: The kind, for messages and for what is remembered.
        longest: Where to start.
        step: What periods are cut at.
        refusal: What the cloud answers to a period that is too long, among other things.
        halvings: After so many in a row the length is not what is refused.
        ledger: Remembers what the cloud has refused.
        clock: Time source.
        documented: The vendor's limit. A refused period is shortened to it first, then to one
            step less, in case the limit itself is excluded, and only then halved.
    """

    def __init__(  # noqa: PLR0913 - a keyword for what the two APIs do differently
        self,
        name: str,
        longest: dt.timedelta,
        step: dt.timedelta,
        *,
        refusal: type[RefusedError],
        halvings: int,
        ledger: Ledger,
        clock: Clock,
        documented: dt.timedelta | None = None,
    ) -> None:
        self._name = f"span {name} {longest}"
        self._step = step
        self._refusal = refusal
        self._halvings = halvings
        self._ledger = ledger
        self._clock = clock
        self._documented = documented
        known = ledger.note(self._name)
        self.length = dt.timedelta(seconds=float(known)) if known else longest

    def cut(self, begin: dt.datetime, end: dt.datetime) -> Iterator[Period]:
        """Yield the periods that a time is requested in."""
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
        """Request a time, in shorter periods if the cloud refuses it at this length.

        Args:
            begin: First instant.
            end: The instant after the last.
            call: Requests one period.

        Raises:
            SolarError: The cloud refuses for another reason.
        """
        bodies: list[bytes] = []
        length = self.length
        while begin < end:
            wanted = min(begin + length, end)
            body, until = self._ask_one(begin, wanted, call)
            if until < wanted:
                length = until - begin
            bodies.append(body)
            begin = until
        return bodies

    def remember(self, length: dt.timedelta) -> None:
        """Use this length from now on, in later runs too."""
        self.length = length
        self._ledger.put_note(self._name, str(length.total_seconds()), self._clock.now())

    def _ask_one(
        self, begin: dt.datetime, end: dt.datetime, call: Call
    ) -> tuple[bytes, dt.datetime]:
        """Return the answer for the longest period that is not refused, and where it ends."""
        until = end
        for tries in reversed(range(self._halvings + 1)):
            try:
                body = call(begin, until)
            except self._refusal:
                shorter = self._shorter(until - begin)
                if tries == 0 or shorter < self._step:
                    raise
                until = begin + shorter
            else:
                break
        # A shorter period was answered: the length was the reason, and is remembered.
        if until < end and until - begin < self.length and self._is_past(end):
            logger.warning(
                "%s: the cloud refuses %s at once; requesting %s from now on",
                self._name.split(" ")[1],
                end - begin,
                until - begin,
            )
            self.remember(until - begin)
        return body, until

    def _shorter(self, refused: dt.timedelta) -> dt.timedelta:
        """Return what to try instead of a refused length."""
        limit = self._documented
        if limit is not None and refused > limit:
            return limit
        if limit is not None and refused == limit:
            return limit - self._step
        if limit is not None and refused == limit - self._step:
            refused = limit
        return refused / 2 // self._step * self._step

    def _is_past(self, end: dt.datetime) -> bool:
        # v1's periods are wall clocks without an offset; they end at midnight.
        return end.tzinfo is None or end <= self._clock.now() - CLOCKS_DIFFER
