"""What is seen of a run: lines and a bar for people, METRIC lines for programs."""

from __future__ import annotations

import datetime as dt
import logging
import sys
import threading
from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import click
from singer_sdk import metrics

from solar_tap_kit.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Sized

    from click._termui_impl import ProgressBar

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.outcome import Outcome
    from solar_tap_kit.session import Session

WaitsFor = Literal["quota", "retry", "cloud"]
"""A limit of requests, the next try of a site that failed, or a cloud that gives no answer."""

logger = logging.getLogger("solar_tap_kit.run")

LINES_FROM_SITES = 50
"""From more sites than this a line tells of each hundredth of the windows, not of each window."""

BAR_FROM = 3
"""A shorter plan is over before a bar helps."""

METRIC_EVERY = dt.timedelta(seconds=3)
"""The least time between two METRIC lines, apart from the first, the last and a wait."""


class _Name(Enum):
    """The metrics of ours, in the form in which the SDK keeps its own."""

    PROGRESS = "solar_progress"


class Progress:
    """Counts what is done and reports it.

    Programs read `METRIC` lines in the form of the Singer SDK: a gauge `solar_progress` whose
    value is the number of finished fetch steps, with these tags: `total`, `rows`, `spent`,
    `unit` (calls or credits), `done_at` (the expected end), and during a wait `waits_until`
    and `waits_for` (quota, retry, cloud). Instants are UTC; what is unknown is null.

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
        self._turns: Sized = ()
        self._outcome: Outcome | None = None
        self._reported_at: dt.datetime | None = None
        self._wait: tuple[dt.datetime, WaitsFor] | None = None
        self._quota_ends: set[dt.datetime] = set()
        self._lock = threading.Lock()
        self.rows: Counter[str] = Counter()

    def begin(self, turns: Sized, sites: int, outcome: Outcome) -> None:
        """Start counting.

        Args:
            turns: The steps that are still to be done; shrinks as the run goes on.
            sites: How many sites they are of.
            outcome: Knows how many steps are left for a later run.
        """
        self._turns, self._outcome = turns, outcome
        self._total = len(turns)
        self._is_fleet = sites > LINES_FROM_SITES
        self._session.on_wait = self.wait
        if sys.stderr.isatty() and self._total >= BAR_FROM:
            self._bar = click.progressbar(length=self._total, label="windows", file=sys.stderr)
            self._bar.__enter__()
        self._report(always=True)

    def held(self, until: dt.datetime) -> None:
        """Note that steps of a site rest until their quota allows them."""
        self._quota_ends.add(until)

    def rest(self, until: dt.datetime) -> None:
        """Report that every site rests."""
        self.wait(until, "quota" if until in self._quota_ends else "retry")
        self._quota_ends = {end for end in self._quota_ends if end > until}

    def wait(self, until: dt.datetime, why: WaitsFor = "quota") -> None:
        """Report that the run, or one of its workers, waits; may be called from any thread."""
        is_new = self._wait is None or self._wait[0] <= self._clock.now()
        self._wait = (until, why)
        self._report(always=is_new)

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
        self._report()

    def finish(self) -> None:
        """Close the bar and say what the run brought and cost."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
        # A run that ends early has counted the steps that remain as left for a later one.
        self._turns, self._wait = (), None
        self._report(always=True)
        rows = ", ".join(f"{name} {count}" for name, count in sorted(self.rows.items()))
        calls = ", ".join(
            f"{name} {count}" for name, count in sorted(self._session.calls_by_endpoint.items())
        )
        logger.info("rows: %s", rows or "none")
        logger.info("calls: %s%s", calls or "none", self._left())

    def _spent(self) -> str:
        text = f"{self._session.spent} {self._unit} so far"
        ends = self._ends(self._done, self._total - self._done)
        return text if ends is None else f"{text}, done about {short(ends)}"

    def _ends(self, done: int, rest: int) -> dt.datetime | None:
        """Return when the rest is done at the pace so far, or None if there is none yet."""
        now = self._clock.now()
        elapsed = (now - self._began).total_seconds()
        if rest <= 0 or done <= 0 or elapsed < 1:
            return None
        return now + dt.timedelta(seconds=elapsed / done * rest)

    def _report(self, *, always: bool = False) -> None:
        """Log where the run is as a METRIC line, unless one has just been logged."""
        now = self._clock.now()
        with self._lock:
            is_due = self._reported_at is None or now - self._reported_at >= METRIC_EVERY
            # A line would tear the bar.
            if self._bar is not None or not (always or is_due):
                return
            self._reported_at = now
        left_out = self._outcome.left if self._outcome is not None else 0
        rest = len(self._turns)
        # Probes and halves of bulk steps come on top of what was planned.
        total = max(self._total, rest + left_out)
        done = total - rest - left_out
        ends = self._ends(done, rest)
        until, why = self._wait if self._wait and self._wait[0] > now else (None, None)
        tags: dict[str, Any] = {
            "total": total,
            "rows": sum(list(self.rows.values())),
            "spent": self._session.spent,
            "unit": self._unit,
            "done_at": utc_text(ends) if ends else None,
            "waits_until": utc_text(until) if until else None,
            "waits_for": why,
        }
        # Of the name, the SDK only reads the value.
        point: metrics.Point[int] = metrics.Point("gauge", _Name.PROGRESS, done, tags)  # type: ignore[arg-type]
        metrics.log(logger, point)

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
