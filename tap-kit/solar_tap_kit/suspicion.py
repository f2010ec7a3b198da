"""Is it the quota or the date? A vendor may refuse both with the same code.

"No data" must never be concluded from a refusal alone. A window that is refused again and
again although its calls kept their distance is put to the proof: a day that is known to
work is asked in its place. If that is answered, it is the date; if not, the quota.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from solar_tap_kit.plan import Step
from solar_tap_kit.windows import Window

if TYPE_CHECKING:
    from solar_tap_kit.clock import Clock
    from solar_tap_kit.knowledge import Knowledge
    from solar_tap_kit.ledger import Ledger

SPACED_S = 300.0
"""Calls this far apart can't have met a limit of five minutes."""

SUSPICIOUS = 3
"""So many refusals in spite of the distance, and it may be the date that is refused."""


class Suspicion:
    """Counts the refusals of windows, over all runs.

    Args:
        ledger: Remembers them, and how well the calls were spaced.
        knowledge: Knows which day has to work.
        clock: Time source.
    """

    def __init__(self, ledger: Ledger, knowledge: Knowledge, clock: Clock) -> None:
        self._ledger = ledger
        self._knowledge = knowledge
        self._clock = clock
        self._doubted: set[str] = set()

    def doubt(self, step: Step) -> bool:
        """Put a step to the proof at its next turn; return False if there is no proof for it."""
        self._doubted.add(str(step.windows[0]))
        return self.probe_for(step) is not None

    def refused(self, step: Step) -> None:
        """Count a refusal, if the call had kept its distance from the one before."""
        now = self._clock.now()
        gap = self._ledger.since_last(step.source.endpoint, step.place, now)
        if step.reason != "snapshot" and (gap is None or gap >= SPACED_S):
            self._ledger.count_refusal(str(step.windows[0]), now)

    def cleared(self, window: Window) -> None:
        """Forget a window's refusals: it has been answered, or given up for good."""
        self._doubted.discard(str(window))
        if window.reason != "snapshot":
            self._ledger.forget_refusals(str(window), self._clock.now())

    def probe_for(self, step: Step) -> Step | None:
        """Return the step to ask in place of a suspicious one, or None if it is not."""
        if step.reason in ("snapshot", "probe") or step.source.is_totals:
            return None
        window = step.windows[0]
        good = self._knowledge.yesterday(window.site)
        times = self._ledger.refusals(str(window))
        if (times < SUSPICIOUS and str(window) not in self._doubted) or good == window.days:
            return None
        probe = Window(window.source, window.site, good, "probe")
        return Step(step.source, (probe,), step.key, step.lane)
