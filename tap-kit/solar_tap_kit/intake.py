"""What becomes of an answer: rows, bookmarks, the archive, a word of progress."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from solar_tap_kit.asking import Answer
from solar_tap_kit.clock import utc_text_exact
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.notices import listening

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud, Rows, SiteList, Source
    from solar_tap_kit.drift import Drift
    from solar_tap_kit.knowledge import Knowledge
    from solar_tap_kit.outcome import Outcome
    from solar_tap_kit.plan import Step
    from solar_tap_kit.progress import Progress
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.suspicion import Suspicion
    from solar_tap_kit.windows import Site, Window

logger = logging.getLogger("solar_tap_kit.run")


class Intake:
    """Writes what answers hold, and remembers that it was written.

    Args:
        cloud: The vendor's cloud.
        clock: Time source.
        streams: The selected streams by name.
        knowledge: Bookmarks and archive.
        suspicion: Forgets the refusals of what has been answered.
        outcome: Is told the states of sites.
        drift: Is told what decoders could not use.
        progress: Is told each window.
    """

    def __init__(  # noqa: PLR0913 - the parts of a run
        self,
        cloud: Cloud,
        clock: Clock,
        streams: Mapping[str, SolarStream],
        *,
        knowledge: Knowledge,
        suspicion: Suspicion,
        outcome: Outcome,
        drift: Drift,
        progress: Progress,
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._streams = streams
        self._knowledge = knowledge
        self._suspicion = suspicion
        self._outcome = outcome
        self._drift = drift
        self._progress = progress
        self._answered: set[tuple[str, str]] = set()

    def sites(self, listed: SiteList) -> Sequence[Site]:
        """Write the list of sites and return them; the rows need not be kept for the run."""
        self.write({self._cloud.site_stream: listed.rows})
        self._outcome.begin(listed)
        return listed.sites

    def write(self, rows: Rows) -> None:
        """Write the rows of the selected streams."""
        for name, records in rows.items():
            if stream := self._streams.get(name):
                self._progress.rows[name] += stream.write_records(records)

    def replay(self, step: Step) -> bool:
        """Take in archived answers; return False if they can't be read (any more)."""
        stored = [self._knowledge.from_archive(step.source, window) for window in step.windows]
        for window, found in zip(step.windows, stored, strict=True):
            try:
                if found is None:
                    return False
                answer = Answer(found.bodies, found.fetched_at)
                self.take_in(step.source, window, answer, archived=True)
            except DecodeError as error:
                logger.warning("%s: %s in the archived answer; asking anew", window, error)
                return False
        return True

    def take_in(
        self, source: Source, window: Window, answer: Answer, *, archived: bool = False
    ) -> None:
        """Write what an answer says about a window, and remember it.

        Raises:
            DecodeError: The answer has a form that is not known.
        """
        with listening() as notices:
            try:
                harvest = source.decode(window, answer.bodies, answer.fetched_at)
            finally:
                self._drift.tell(str(window), notices)
        if window.reason == "late" and not any(harvest.rows.get(name) for name in source.streams):
            # An empty answer to a day that is stored says nothing about it.
            self._suspicion.cleared(window)
            self._progress.step(str(window), "empty now; what is stored stays", archived=archived)
            return
        self.write(harvest.rows)
        self._knowledge.advance(source, window, harvest)
        if not archived:
            if harvest.state is not None:
                self._outcome.note_state(window.site.id, harvest.state)
            if self._cloud.refuses_dates:
                self._answered.add((source.name, window.site.id))
            self._knowledge.keep(source, window, harvest, answer.bodies, answer.fetched_at)
            self._suspicion.cleared(window)
        self._progress.step(str(window), harvest.note, archived=archived)

    def has_answered(self, step: Step) -> bool:
        """Return whether other days of a step's sites have been answered in this run."""
        return all((step.source.name, window.site.id) in self._answered for window in step.windows)

    def pass_over(self, step: Step, why: str) -> None:
        """Write down that a day is refused for good, and go on behind it."""
        for window in step.windows:
            if window.reason == "late":
                logger.warning("%s: %s; what is stored of it stays", window, why)
                self._suspicion.cleared(window)
                continue
            logger.warning("%s: %s; noted as refused", window, why)
            harvest = step.source.refused(window, utc_text_exact(self._clock.now()))
            self.write(harvest.rows)
            self._knowledge.advance(step.source, window, harvest)
            self._suspicion.cleared(window)
            self._progress.step(str(window), "refused", archived=False)
