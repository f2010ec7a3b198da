"""What a person sees of a run: one line a window, a bar on a terminal, the totals at the end."""

from __future__ import annotations

import datetime as dt
import logging
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.session import Session

logger = logging.getLogger("solar_tap_kit.run")

LINES_FROM_SITES = 50
"""From more sites than this a line tells of each hundredth of the windows, not of each window."""

BAR_FROM = 3
"""A shorter plan is over before a bar helps."""


class Progress:
    """Counts what is done and says so.

    Args:
        clock: Time source.
        session: Knows the calls.
        cost_unit: `calls` or `credits`.
    """

    def __init__(self, clock: Clock, session: Session, cost_unit: str) -> None:
        self._clock = clock
        self._session = session
        self._unit = cost_unit
        self._began = clock.now()
        self._total = self._done = 0
        self._is_fleet = False
        self._bar: ProgressBar[int] | None = None
        self.rows: Counter[str] = Counter()

    def begin(self, total: int, sites: int) -> None:
        """Start counting towards `total` steps of a number of sites."""
        self._total = total
        self._is_fleet = sites > LINES_FROM_SITES
        if sys.stderr.isatty() and total >= BAR_FROM:
            self._bar = click.progressbar(length=total, label="windows", file=sys.stderr)
            self._bar.__enter__()

    def step(self, what: str, note: str, *, archived: bool) -> None:
        """Say that a step is done."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(1)
        # On a terminal the bar says it; a file or a collector gets a line a window. A fleet has
        # twenty thousand of them a night, so that the few lines that matter would drown.
        hundredth = self._done * 100 // max(1, self._total)
        is_next = hundredth > (self._done - 1) * 100 // max(1, self._total)
        is_told = self._bar is None and (is_next or not self._is_fleet)
        logger.log(
            logging.INFO if is_told else logging.DEBUG,
            "%d/%d %s: %s%s; %s",
            self._done,
            self._total,
            what,
            note or "done",
            " (archived)" if archived else "",
            self._spent(),
        )

    def finish(self) -> None:
        """Close the bar and say what the run brought and cost."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
        rows = ", ".join(f"{name} {count}" for name, count in sorted(self.rows.items()))
        calls = ", ".join(
            f"{name} {count}" for name, count in sorted(self._session.calls_by_endpoint.items())
        )
        logger.info("rows: %s", rows or "none")
        logger.info("calls: %s%s", calls or "none", self._left())

    def _spent(self) -> str:
        text = f"{self._session.spent} {self._unit} so far"
        elapsed = (self._clock.now() - self._began).total_seconds()
        rest = self._total - self._done
        if rest > 0 and self._done and elapsed >= 1:
            ends = self._clock.now() + dt.timedelta(seconds=elapsed / self._done * rest)
            text += f", done about {short(ends)}"
        return text

    def _left(self) -> str:
        if self._session.ledger is None:
            return ""
        parts = [
            f"{left.left} of {left.limit.usable} left under {left.limit.name}"
            for left in self._session.ledger.left(self._clock.now())
            if left.resets_at is not None
        ]
        return "; " + ", ".join(parts) if parts else ""


def short(instant: dt.datetime) -> str:
    """Return an instant as people read it, to the second."""
    return f"{instant.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
