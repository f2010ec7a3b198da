"""What a run has come to: sites by state, windows left for later, and the words for it."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, NoReturn

from solar_tap_kit.errors import PartialFailure
from solar_tap_kit.progress import short

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from solar_tap_kit.cloud import SiteList
    from solar_tap_kit.errors import Paused, SiteState, SolarError
    from solar_tap_kit.windows import Site

NAMED_REASONS = 5
NAMED_SITES = 8
"""This many reasons, and sites of each, are named in one line; the log has all of them."""

logger = logging.getLogger("solar_tap_kit.run")


class Outcome:
    """States, failures and what is left, as a run goes on."""

    def __init__(self) -> None:
        self._sites: list[str] = []
        self._states: dict[str, SiteState] = {}
        self._failed: dict[str, str] = {}
        self._failed_sources: dict[str, str] = {}
        self._left = 0
        self._resume_at: dt.datetime | None = None

    @property
    def left(self) -> int:
        """How many windows are left for a later run."""
        return self._left

    @property
    def is_unfinished(self) -> bool:
        """Whether windows are left for a later run."""
        return self._left > 0

    @property
    def has_failures(self) -> bool:
        """Whether a site failed that is not known to be offline or pending."""
        return bool(self._broken or self._failed_sources)

    @property
    def _broken(self) -> dict[str, str]:
        return {site: why for site, why in self._failed.items() if site not in self._states}

    def begin(self, listed: SiteList) -> None:
        """Note the sites of the run, those that are not read, and what the list says of states."""
        self._sites = [*(site.id for site in listed.sites), *listed.left_out, *listed.pending]
        self._states = {**listed.states, **dict.fromkeys(listed.pending, "pending")}
        for site_id, why in listed.left_out.items():
            logger.error("%s; left out", why)
            self._failed[site_id] = why

    def note_state(self, site: str, state: SiteState) -> None:
        """Note that a site is offline or not in service yet, as the vendor says."""
        if site not in self._states:
            logger.info("%s: the vendor says that it is %s", site, state)
        self._states[site] = state

    def failed(self, site: Site, what: str, error: Exception) -> None:
        """Note that something of a site failed; the others go on."""
        known = site.id in self._states or site.id in self._failed
        # One line a site: of a fleet in trouble, each has ten sources.
        logger.log(logging.DEBUG if known else logging.ERROR, "%s: %s", what, error)
        self._failed.setdefault(site.id, str(error))

    def failed_source(self, source: str, what: str, error: Exception) -> None:
        """Note that something failed that concerns no site by itself."""
        logger.error("%s: %s", what, error)
        self._failed_sources.setdefault(source, str(error))

    def leave(self, windows: int, resume_at: dt.datetime | None = None) -> None:
        """Note that windows are left for a later run.

        Args:
            windows: How many.
            resume_at: When the first of them may go, if that is known.
        """
        self._left += windows
        if resume_at is not None and (self._resume_at is None or resume_at < self._resume_at):
            self._resume_at = resume_at

    def say_states(self) -> None:
        """Say in one line how many sites are in which state, and which ones."""
        if not self._sites:
            return
        by_state: defaultdict[str, list[str]] = defaultdict(list)
        for site in self._sites:
            state = self._states.get(site) or ("failed" if site in self._failed else "")
            by_state[state].append(site)
        rest = "complete or left for later" if self.is_unfinished else "complete"
        parts = [f"{len(by_state.pop('', []))} {rest}"]
        parts += [f"{len(found)} {state} ({named(found)})" for state, found in by_state.items()]
        logger.info("sites: %s", ", ".join(parts))

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

    def fail(self, verdict: SolarError | None) -> NoReturn:
        """End a run in which sites failed.

        Args:
            verdict: What all of the failures come to, if nothing was answered.

        Raises:
            SolarError: The verdict.
            PartialFailure: With their number, and the reasons with the sites of each.
        """
        if verdict is not None:
            raise verdict
        broken = self._broken
        if broken:
            # Whoever runs the tap keeps the whole list; the last line names the first few.
            logger.info("failed sites: %s", ", ".join(broken))
        by_reason: defaultdict[str, list[str]] = defaultdict(list)
        for site, why in broken.items():
            by_reason[why].append(site)
        reasons = [f"{source}: {why}" for source, why in self._failed_sources.items()]
        reasons += [f"{named(sites)}: {why}" for why, sites in by_reason.items()]
        more = len(reasons) - NAMED_REASONS
        what = [*([f"{len(broken)} site(s)"] if broken else []), *self._failed_sources]
        message = (
            f"{' and '.join(what)} failed, the others are complete; the next run asks them again. "
            + "; ".join(reasons[:NAMED_REASONS])
            + (f"; {more} more reason(s) in the log" if more > 0 else "")
        )
        raise PartialFailure(message)


def named(sites: Iterable[str]) -> str:
    """Return the first sites by name and the number of the others."""
    names = list(sites)
    more = len(names) - NAMED_SITES
    return ", ".join(names[:NAMED_SITES]) + (f" and {more} more" if more > 0 else "")
