"""What a run has come to: sites that failed, windows left for later, and the words for it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn

from solar_tap_kit.errors import PartialFailure, UnreachableError
from solar_tap_kit.progress import short

if TYPE_CHECKING:
    import datetime as dt

    from solar_tap_kit.errors import Paused
    from solar_tap_kit.windows import Site

UNREACHABLE_SITES = 3
"""So many sites in a row without an answer mean that the cloud, not the site, is away."""

NAMED_FAILURES = 3

logger = logging.getLogger("solar_tap_kit.run")


class Outcome:
    """Failures and what is left, as a run goes on."""

    def __init__(self) -> None:
        self._failed: dict[str, str] = {}
        self._left = 0
        self._resume_at: dt.datetime | None = None
        self._unanswered = 0

    @property
    def is_unfinished(self) -> bool:
        """Whether windows are left for a later run."""
        return self._left > 0

    @property
    def has_failures(self) -> bool:
        """Whether a site failed."""
        return bool(self._failed)

    def answered(self) -> None:
        """Note that the cloud is there."""
        self._unanswered = 0

    def failed(self, site: Site, what: str, error: Exception) -> None:
        """Note that something of a site failed; the others go on.

        Raises:
            UnreachableError: One site after the other gets no answer.
        """
        logger.error("%s: %s", what, error)
        self._failed.setdefault(site.id, str(error))
        if isinstance(error, UnreachableError):
            self._unanswered += 1
            if self._unanswered >= UNREACHABLE_SITES:
                raise error

    def leave(self, windows: int, resume_at: dt.datetime | None = None) -> None:
        """Note that windows are left for a later run.

        Args:
            windows: How many.
            resume_at: When the first of them may go, if that is known.
        """
        self._left += windows
        if resume_at is not None and (self._resume_at is None or resume_at < self._resume_at):
            self._resume_at = resume_at

    def say_paused(self, pause: Paused | None) -> None:
        """Say in one line why the run ends here, what is left, and when to come back."""
        when = (pause.resume_at if pause else None) or self._resume_at
        logger.warning(
            "paused: %s; %d window(s) left, all finished ones are kept; run the same command "
            "again%s",
            pause or "the quota",
            self._left,
            f" after {short(when)}" if when else "",
        )

    def fail(self) -> NoReturn:
        """End a run in which sites failed.

        Raises:
            PartialFailure: With their number and the first of them.
        """
        worst = "; ".join(
            f"{site}: {why}" for site, why in list(self._failed.items())[:NAMED_FAILURES]
        )
        message = (
            f"{len(self._failed)} site(s) failed, the others are complete; the next run asks "
            f"them again. {worst}"
        )
        raise PartialFailure(message)
