"""What to do when a call has to wait: the settings' answer, in one place."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

from solar_tap_kit.session import SHORT_WAIT_S

if TYPE_CHECKING:
    from solar_tap_kit.clock import Clock
    from solar_tap_kit.errors import QuotaError
    from solar_tap_kit.plan import Step
    from solar_tap_kit.settings import OnQuotaExhausted

UPKEEP_WAIT = dt.timedelta(hours=1)
"""Under `stop`, keeping up waits this long for a call; a used-up month is not waited for."""


MOST_REFUSALS = 6
"""So often may one run be refused the same step: others use up the quota, or it is no quota."""


class Verdict(Enum):
    """What becomes of a step that can't go now."""

    WAIT = "wait until it may"
    LEAVE_HISTORY = "leave the site's history for a later run"
    LEAVE_SITE = "leave the site for a later run"
    END = "end the run"


class Patience:
    """Judges waits.

    Args:
        policy: The setting `on_quota_exhausted`.
        history_minutes: How long a run may wait for history in all, under `stop`.
        clock: Time source.
    """

    def __init__(self, policy: OnQuotaExhausted, history_minutes: float, clock: Clock) -> None:
        self._policy = policy
        self._left = dt.timedelta(minutes=history_minutes)
        self._clock = clock
        self._refusals: Counter[str] = Counter()

    @property
    def fails(self) -> bool:
        """Whether a used-up quota is a failure."""
        return self._policy == "fail"

    def judge(self, step: Step, error: QuotaError) -> Verdict:
        """Return what to do about a step that the quota holds back."""
        if error.resume_at is None or error.of_run:
            return Verdict.END
        wait = error.resume_at - self._clock.now()
        if wait.total_seconds() <= SHORT_WAIT_S:
            return Verdict.WAIT
        if step.reason == "snapshot" and error.site_only:
            return Verdict.LEAVE_SITE
        if self._policy != "stop":
            return Verdict.WAIT if self._policy == "wait" else Verdict.END
        if not error.site_only and wait > UPKEEP_WAIT:
            return Verdict.END
        if step.is_history and wait > self._left:
            return Verdict.LEAVE_HISTORY
        return Verdict.WAIT if wait <= UPKEEP_WAIT else Verdict.LEAVE_SITE

    def has_run_out(self, step: str) -> bool:
        """Count a refusal of a step; return whether waiting has been tried often enough.

        Where a date may be at fault, that has been put to the proof by then.
        """
        self._refusals[step] += 1
        return self._refusals[step] >= MOST_REFUSALS

    def sleep(self, seconds: float) -> None:
        """Wait, on the account of what a run may wait for history."""
        self._left = max(dt.timedelta(), self._left - dt.timedelta(seconds=seconds))
        self._clock.sleep(seconds)
