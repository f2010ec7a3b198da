"""Who answers: tries and give-ups of each site, and when the cloud itself is in doubt.

A site that fails is tried again later while the others go on. Several sites that fail one
after the other, with no answer between, may be neighbours in trouble or a cloud that is
away: the run finds out before it concludes (`Run._prove`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from solar_tap_kit.errors import PathRefusedError, ThrottledError, UnreachableError

if TYPE_CHECKING:
    from solar_tap_kit.errors import SolarError, TransientError
    from solar_tap_kit.plan import Step
    from solar_tap_kit.session import Answered

DOUBT_FROM = 3
"""This many sites in a row without an answer put the cloud in doubt."""

MOST_DOUBTED = 40
"""Where the quota allows no proof, the doubt ends with this many sites in a row."""

THROTTLED_FROM = 2
"""This many sites in a row that are asked to slow down put the account in doubt."""

MOST_GIVE_UPS = 2
"""A site that is given up this often in a row is left out for the rest of the run."""

LONGEST_PAUSE_S = 30.0
GIVE_UP_AFTER_S = 90.0
"""A step that has waited this long in all is not tried again, whatever the vendor asks for."""

SPACED_TRIES = 2
"""How often a step is tried where the quota spaces the tries further than that."""

NAMED_SITES = 5


@dataclass(slots=True)
class Attempt:
    """What the tries of one step have come to so far.

    Attributes:
        answered: Replies that need not be requested again.
        fetched_at: When the first of them was requested.
        tries: How often it has failed.
        waited_s: How long it has been let rest in all.
        error: How the last of them failed.
    """

    answered: Answered = field(default_factory=dict)
    fetched_at: str = ""
    tries: int = 0
    waited_s: float = 0.0
    error: TransientError | None = None


class Health:
    """What is known of the sites' and the cloud's health in one run.

    Args:
        tries: How often a step may fail before it is given up.
    """

    def __init__(self, tries: int) -> None:
        self._tries = tries
        self._attempts: dict[str, Attempt] = {}
        self._give_ups: Counter[str] = Counter()
        self._silent: dict[str, SolarError] = {}
        self._refused: dict[str, PathRefusedError] = {}
        self._throttled: set[str] = set()
        self._doubt_from = DOUBT_FROM
        self.good: Step | None = None

    def attempt(self, step: Step) -> Attempt:
        """Return what the tries of a lane's step have come to."""
        return self._attempts.setdefault(step.lane, Attempt())

    def finished(self, step: Step) -> None:
        """Forget a step's tries: it is answered, refused or given up."""
        self._attempts.pop(step.lane, None)

    def answered(self, step: Step, *, well: bool) -> None:
        """Note that the cloud has answered for a step.

        Args:
            step: The step.
            well: Whether it brought what was asked for, rather than a refusal.
        """
        self._silent.clear()
        self._refused.clear()
        self._throttled.clear()
        self._doubt_from = DOUBT_FROM
        if step.place is not None:
            self._give_ups.pop(step.place, None)
            if well:
                self.good = step

    def failed(self, step: Step, error: TransientError) -> float | None:
        """Note a failed try; return after how many seconds to try again, or None to give up."""
        attempt = self.attempt(step)
        attempt.tries += 1
        attempt.error = error
        name = step.place or step.source.name
        if isinstance(error, ThrottledError):
            self._throttled.add(name)
        else:
            self._silent[name] = error
        if attempt.tries >= (1 if self._give_ups[name] else self._tries):
            return None
        if attempt.waited_s >= GIVE_UP_AFTER_S:
            return None
        pause = error.retry_after
        if pause is None:
            pause = min(LONGEST_PAUSE_S, 2.0 ** (attempt.tries - 1))
        attempt.waited_s += pause
        return pause

    def not_worth_waiting(self, step: Step, seconds: float) -> TransientError | None:
        """Return the last failure of a step that the quota allows no further try of for long.

        Once, such a wait may bring the rows of a passing fault; again and again, the run would
        go on for the sake of one site.
        """
        attempt = self._attempts.get(step.lane)
        if attempt is None or attempt.tries < SPACED_TRIES or seconds <= GIVE_UP_AFTER_S:
            return None
        return attempt.error

    def give_up(self, step: Step, error: TransientError) -> UnreachableError:
        """Note that a step is given up, and return the failure."""
        tries = self.attempt(step).tries
        self._give_ups[step.place or step.source.name] += 1
        self.finished(step)
        return UnreachableError(f"{step.source.endpoint}: gave up after {tries} tries: {error}")

    def refused(self, step: Step, error: PathRefusedError) -> None:
        """Note a refusal of a path that may be one of all paths."""
        self._refused[f"{step.place}/{step.source.name}"] = error
        self.finished(step)

    def is_left_out(self, site: str | None) -> bool:
        """Return whether a site has been given up for the rest of the run."""
        return site is not None and self._give_ups[site] >= MOST_GIVE_UPS

    @property
    def is_throttled(self) -> bool:
        """Whether the whole account may be asked to slow down."""
        return len(self._throttled) >= THROTTLED_FROM * self._doubt_from // DOUBT_FROM

    @property
    def is_doubtful(self) -> bool:
        """Whether the cloud may be away, or its address wrong."""
        return max(len(self._silent), len(self._refused)) >= self._doubt_from

    def cloud_answers(self) -> None:
        """Note that the cloud is there after all; the next doubt takes twice as many sites."""
        self._silent.clear()
        self._refused.clear()
        self._throttled.clear()
        self._doubt_from *= 2

    @property
    def may_widen(self) -> bool:
        """Whether more sites may be asked before the cloud is taken to be away."""
        return self._doubt_from < MOST_DOUBTED

    @property
    def blame(self) -> SolarError | None:
        """What to end a run with in which no path is served, or None if sites are silent."""
        if len(self._refused) < len(self._silent):
            return None
        return next((error.blame for error in reversed(self._refused.values())), None)

    @property
    def verdict(self) -> SolarError | None:
        """What a run has come to that had no answer at all, or None if nothing was requested."""
        return self.blame or (self.away() if self._silent else None)

    def away(self) -> UnreachableError:
        """Return what to end a run with whose cloud is away."""
        names = list(self._silent)
        more = f" and {len(names) - NAMED_SITES} more" if len(names) > NAMED_SITES else ""
        last = next(reversed(self._silent.values()), None)
        return UnreachableError(
            f"the cloud does not answer any more: no answer for {', '.join(names[:NAMED_SITES])}"
            f"{more}, nor for what was answered before: {last}"
        )
