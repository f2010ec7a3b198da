"""Whether a whole day of quarter-hours may be one call: `--check` tries that once an account.

Twelve hours are documented, but some clients get a day. Two calls a day and series would then
be one, which is half of all credits. The trial takes the place of the call that `--check`
makes for the first series anyway: a period that is refused tells as much about access.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from solar_tap_kit.http import parse_json
from tap_solaredge.errors import BadRequestError
from tap_solaredge.v2.points import parse_timestamp

if TYPE_CHECKING:
    from solar_tap_kit.clock import Clock
    from solar_tap_kit.ledger import Ledger
    from solar_tap_kit.windows import Window
    from tap_solaredge.spans import Call, Span

WHOLE_DAY = dt.timedelta(hours=24)
LAST_SECOND = dt.timedelta(seconds=2)
"""A period may be said to end with its last second."""

TRIED = "a day a call was tried"
"""Note in the ledger: the trial is never made again; `span_hours` overrides what it found."""

REFUSED = "access is right; a day in one call is refused"


class DayTrial:
    """The trial of one account.

    Args:
        span: The span that grows if the day is answered.
        ledger: Remembers that it was tried.
        clock: Time source.
        enabled: Whether the settings leave room for it.
    """

    def __init__(self, span: Span, ledger: Ledger, clock: Clock, *, enabled: bool) -> None:
        self._span = span
        self._ledger = ledger
        self._clock = clock
        self._enabled = enabled
        self.finding: str | None = None

    @property
    def is_due(self) -> bool:
        """Whether a day should be tried."""
        return self._enabled and self._span.length < WHOLE_DAY and self._ledger.note(TRIED) is None

    def run(self, window: Window, call: Call) -> list[bytes]:
        """Request a whole local day in one call.

        Args:
            window: One local day that is over.
            call: Requests one period.

        Returns:
            The answer, or nothing if the day was refused.

        Raises:
            SolarError: The series itself is refused.
        """
        begin = max(window.start_utc, window.end_utc - WHOLE_DAY)
        try:
            body = call(begin, window.end_utc)
        except BadRequestError as error:
            self._note("refused", f"a day takes two calls of 12 hours each: {error}")
            return []
        if _covers(parse_json(body), window.end_utc - begin):
            self._span.remember(WHOLE_DAY)
            self._note("answered", "a day of a series is one call from now on, half the credits")
        else:
            self._note("cut short", "a day takes two calls of 12 hours each: more is cut off")
        return [body]

    def _note(self, value: str, finding: str) -> None:
        self.finding = finding
        self._ledger.put_note(TRIED, value, self._clock.now())


def _covers(answer: Any, length: dt.timedelta) -> bool:
    """Return whether an answer says that it is for all of the period."""
    period = answer.get("period") if isinstance(answer, dict) else None
    if not isinstance(period, dict):
        return False
    first, end = (parse_timestamp(str(period.get(name))) for name in ("from", "to"))
    return end - first > length - LAST_SECOND
