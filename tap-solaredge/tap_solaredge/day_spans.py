"""How many local days one call may request: a month at most, fewer once that was refused."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from solar_tap_kit.clock import DAY, day_start_utc
from solar_tap_kit.windows import Days
from tap_solaredge.errors import BadRequestError
from tap_solaredge.v1.reach import MONTH

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.ledger import Ledger
    from solar_tap_kit.windows import Window

    Call = Callable[[dt.datetime, dt.datetime], bytes]

HALVINGS = 3
"""After so many in a row the length is not what is refused."""

logger = logging.getLogger("tap_solaredge")


class DaySpan:
    """The longest period of calls by day.

    Periods begin and end at local midnights, whatever the clock does in between: of a local
    day that is cut the cloud might answer a part as if it were the whole. No period ends
    after now, because a cloud may refuse that.

    Args:
        name: The kind of call, for messages and for what is remembered.
        ledger: Remembers what the cloud has refused.
        clock: Time source.
    """

    def __init__(self, name: str, ledger: Ledger, clock: Clock) -> None:
        self._name = name
        self._ledger = ledger
        self._clock = clock
        known = ledger.note(self._note)
        self.most = int(known) if known else None

    @property
    def _note(self) -> str:
        return f"days a call of {self._name}"

    def cut(self, days: Days) -> Iterator[Days]:
        """Yield the periods that days are requested in."""
        first = days.first
        while first < days.end:
            end = min(self._reaches(first), days.end)
            yield Days(first, end)
            first = end

    def ask(self, window: Window, call: Call, *, until: dt.date | None = None) -> list[bytes]:
        """Request a window's days, in shorter periods if the cloud refuses them at this length.

        Args:
            window: The days.
            call: Requests one period.
            until: Request further days before this one too, as far as the last call reaches.

        Raises:
            SolarError: The cloud refuses for another reason.
        """
        pieces = list(self.cut(window.days))
        last = pieces[-1]
        end = max(last.end, min(until or last.end, self._reaches(last.first)))
        bodies: list[bytes] = []
        for piece in pieces[:-1]:
            bodies += self._ask_one(window, piece, call, HALVINGS)
        if end == last.end:
            return bodies + self._ask_one(window, last, call, HALVINGS)
        try:
            return [*bodies, self._call(window, Days(last.first, end), call)]
        except BadRequestError:
            # The days that are not over may be the reason; they can be left out.
            return bodies + self._ask_one(window, last, call, HALVINGS)

    def _ask_one(self, window: Window, days: Days, call: Call, tries: int) -> list[bytes]:
        try:
            return [self._call(window, days, call)]
        except BadRequestError:
            if tries == 0 or len(days) == 1:
                raise
        # One day less first: a month may be counted without the hour of a clock change.
        less, half = len(days) - 1, len(days) // 2 + 1
        shorter = less if tries == HALVINGS else min(less, half)
        head = Days(days.first, days.first + shorter * DAY)
        bodies = self._ask_one(window, head, call, tries - 1)
        if tries < HALVINGS and self._is_over(window, days):
            self._learn(len(days), shorter)
        for rest in self.cut(Days(head.end, days.end)):
            bodies += self._ask_one(window, rest, call, HALVINGS)
        return bodies

    def _call(self, window: Window, days: Days, call: Call) -> bytes:
        tz, now = window.site.tz, self._clock.now().replace(microsecond=0)
        return call(day_start_utc(days.first, tz), min(day_start_utc(days.end, tz), now))

    def _is_over(self, window: Window, days: Days) -> bool:
        return day_start_utc(days.end, window.site.tz) <= self._clock.now()

    def _learn(self, refused: int, answered: int) -> None:
        if self.most is not None and self.most <= answered:
            return
        logger.warning(
            "%s: the cloud refuses %d days at once; requesting %d from now on",
            self._name,
            refused,
            answered,
        )
        self.most = answered
        self._ledger.put_note(self._note, str(answered), self._clock.now())

    def _reaches(self, first: dt.date) -> dt.date:
        month = MONTH.reaches(first)
        return month if self.most is None else min(month, first + self.most * DAY)
