"""A full sync: the site list, then step by step through the plan, STATE after each.

The SDK syncs stream by stream and keeps no state when one of them fails. Here one answer
fills several streams at once, each finished window is followed by STATE, a failing site
does not stop the others, and a run that has to pause says what is left.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
from typing import TYPE_CHECKING

from solar_tap_kit.asking import Answer, Asking
from solar_tap_kit.clock import utc_text_exact
from solar_tap_kit.errors import (
    DecodeError,
    NotServedError,
    Paused,
    QuotaError,
    RefusedError,
    UnreachableError,
)
from solar_tap_kit.knowledge import Knowledge
from solar_tap_kit.notices import listening
from solar_tap_kit.outcome import Outcome
from solar_tap_kit.patience import Patience, Verdict
from solar_tap_kit.plan import Plan, Step, make_plan
from solar_tap_kit.progress import Progress
from solar_tap_kit.sitelist import read_sites
from solar_tap_kit.suspicion import Suspicion
from solar_tap_kit.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from solar_tap_kit.archive import Archive
    from solar_tap_kit.cloud import Cloud, Rows, SiteList, Source
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.tap import SolarTap
    from solar_tap_kit.windows import Site, Window

SITE_ERRORS = (RefusedError, DecodeError, UnreachableError)
"""Failures that concern one site; the others go on."""

NOT_SERVED_FOR = dt.timedelta(days=7)
"""How long a refused source is left alone before a run asks whether that has changed."""

logger = logging.getLogger("solar_tap_kit.run")


class Run:
    """One full sync of a tap."""

    def __init__(self, tap: SolarTap, cloud: Cloud, archive: Archive | None) -> None:
        self._tap = tap
        self._cloud = cloud
        self._clock = tap.clock
        self._archive = archive
        self._streams: dict[str, SolarStream] = {
            name: stream for name, stream in tap.solar_streams.items() if stream.selected
        }
        self.knowledge = Knowledge(tap, cloud, self._streams, archive)
        self._patience = Patience(
            tap.config["on_quota_exhausted"], tap.config["max_wait_minutes"], tap.clock
        )
        self._suspicion = Suspicion(cloud.ledger, self.knowledge, tap.clock)
        self._progress = Progress(tap.clock, cloud.session, cloud.cost_unit)
        self._outcome = Outcome()
        self._not_served: set[str] = set()
        self._answered: set[tuple[str, str]] = set()

    def execute(self) -> None:
        """Fetch and write everything that the settings and bookmarks ask for.

        Raises:
            SolarError: The run failed, wholly or for some sites. STATE of all that was
                finished has been written.
        """
        for stream in self._streams.values():
            stream.write_schema()
        pause: Paused | None = None
        try:
            self._go(self.plan(self._list_sites()))
        except Paused as error:
            pause = error
        finally:
            self._tap.write_state(force=True)
            self._progress.finish()
        if isinstance(pause, QuotaError) and self._patience.fails:
            raise pause
        if pause is not None or self._outcome.is_unfinished:
            self._outcome.say_paused(pause)
        if self._outcome.has_failures:
            self._outcome.fail()

    def read_sites(self) -> SiteList:
        """Return the sites: from today's list, or a new one.

        Raises:
            SolarError: No list can be had.
        """
        force = self._tap.config["refresh_lists"]
        listed = read_sites(self._cloud, self._archive, self._clock, force=force)
        logger.info("%d site(s) to read", len(listed.sites))
        return listed

    def _list_sites(self) -> Sequence[Site]:
        """Write the list of sites and return them; the rows need not be kept for the run."""
        listed = self.read_sites()
        self._write({self._cloud.site_stream: listed.rows})
        return listed.sites

    def plan(self, sites: Sequence[Site]) -> Plan:
        """Return all steps that are still to be done, in order.

        Raises:
            SettingsError: There is no start date for a site.
        """
        return make_plan(self.sources, sites, self._cloud.lane, self.knowledge)

    @functools.cached_property
    def sources(self) -> list[Source]:
        """What the selected streams need, without what is known not to be served."""
        return [s for s in self.knowledge.sources() if not self._is_known_unserved(s)]

    def _go(self, plan: Plan) -> None:
        turns = Turns(plan)
        self._progress.begin(len(turns))
        with Asking(self._tap.config["max_concurrent_requests"], self._clock) as asking:
            try:
                while turns:
                    self._launch(turns, asking)
                    if asking:
                        self._land(*asking.take(), turns)
                    elif turns:
                        self._rest(turns)
            except BaseException:
                self._bring_in(turns, asking)
                self._outcome.leave(len(turns))
                raise

    def _launch(self, turns: Turns, asking: Asking) -> None:
        while asking.has_room:
            if self._clock.stopping:
                message = "asked to stop"
                raise Paused(message)
            step = turns.take(self._clock.now())
            if step is None:
                return
            if step.source.name in self._not_served:
                turns.done(step)
            elif step.archived and self._replay(step):
                turns.done(step)
                self._tap.write_state()
            elif self._may_go(step, turns):
                probe = self._suspicion.probe_for(step)
                if probe is not None:
                    turns.put_before(probe)
                asking.start(probe or step)

    def _bring_in(self, turns: Turns, asking: Asking) -> None:
        """Keep what the calls still in flight bring: they have been paid for."""
        while asking:
            step, future = asking.take()
            if future.exception() is None:
                self._land(step, future, turns)

    def _may_go(self, step: Step, turns: Turns) -> bool:
        now = self._clock.now()
        source = step.source
        blocked = self._cloud.ledger.ready_at(source.endpoint, step.place, step.cost, now)
        if blocked is None:
            return True
        why = f"the limit {blocked.limit.name} is used up"
        site_only = blocked.limit.scope != "account"
        self._hold(step, turns, QuotaError(why, blocked.at, site_only=site_only))
        return False

    def _hold(self, step: Step, turns: Turns, error: QuotaError) -> None:
        """Let a step wait, leave it for a later run, or end this one, as the settings say."""
        verdict = self._patience.judge(step, error)
        if verdict is Verdict.WAIT and error.resume_at is not None:
            turns.again(step, error.resume_at)
            return
        if verdict is Verdict.END:
            raise error
        if step.reason == "snapshot":
            # Readings of now can't be made up for; history goes on.
            logger.warning("%s: %s; left for the next run", step, error)
            turns.done(step)
            return
        only_history = verdict is Verdict.LEAVE_HISTORY
        dropped = turns.drop(step, lambda other: other.is_history or not only_history)
        self._outcome.leave(dropped, error.resume_at)

    def _land(self, step: Step, future: Future[Answer], turns: Turns) -> None:
        source = step.source
        try:
            answer = future.result()
        except QuotaError as error:
            self._out_of_quota(step, turns, error)
        except NotServedError as error:
            self._leave_unserved(step, turns, error)
        except RefusedError as error:
            self._refused_step(step, turns, error)
        except SITE_ERRORS as error:
            self._failed_step(step, turns, error)
        else:
            self._outcome.answered()
            for window in step.windows:
                try:
                    self._take_in(source, window, answer)
                except DecodeError as error:
                    self._failed_step(step, turns, error, window)
                    return
            if step.reason == "probe":
                suspect = turns.after(step)
                turns.strike(step)
                self._pass_over(suspect, "this date is refused while others are answered")
                turns.done(suspect)
            else:
                turns.done(step)
            self._tap.write_state()

    def _replay(self, step: Step) -> bool:
        """Take in archived answers; return False if they can't be read (any more)."""
        stored = [self.knowledge.from_archive(step.source, window) for window in step.windows]
        for window, found in zip(step.windows, stored, strict=True):
            try:
                if found is None:
                    return False
                answer = Answer(found.bodies, found.fetched_at)
                self._take_in(step.source, window, answer, archived=True)
            except DecodeError as error:
                logger.warning("%s: %s in the archived answer; asking anew", window, error)
                return False
        return True

    def _take_in(
        self, source: Source, window: Window, answer: Answer, *, archived: bool = False
    ) -> None:
        with listening() as notices:
            try:
                harvest = source.decode(window, answer.bodies, answer.fetched_at)
            finally:
                self._tap.drift.tell(str(window), notices)
        if window.reason == "late" and not any(harvest.rows.get(name) for name in source.streams):
            # An empty answer to a day that is stored says nothing about it.
            self._suspicion.cleared(window)
            self._progress.step(str(window), "empty now; what is stored stays", archived=archived)
            return
        self._write(harvest.rows)
        self.knowledge.advance(source, window, harvest)
        if not archived:
            if self._cloud.refuses_dates:
                self._answered.add((source.name, window.site.id))
            self.knowledge.keep(source, window, harvest, answer.bodies, answer.fetched_at)
            self._suspicion.cleared(window)
        self._progress.step(str(window), harvest.note, archived=archived)

    def _refused_step(self, step: Step, turns: Turns, error: RefusedError) -> None:
        """Tell a refused date from a refused site: by another date that is answered, now."""
        answered = all((step.source.name, w.site.id) in self._answered for w in step.windows)
        if error.maybe_date and answered:
            self._pass_over(step, str(error))
            turns.done(step)
        elif error.maybe_date and self._suspicion.doubt(step):
            turns.again(step)
        else:
            self._failed_step(step, turns, error)

    def _pass_over(self, step: Step, why: str) -> None:
        """Write down that a day is refused for good, and go on behind it."""
        for window in step.windows:
            if window.reason == "late":
                logger.warning("%s: %s; what is stored of it stays", window, why)
                self._suspicion.cleared(window)
                continue
            logger.warning("%s: %s; noted as refused", window, why)
            harvest = step.source.refused(window, utc_text_exact(self._clock.now()))
            self._write(harvest.rows)
            self.knowledge.advance(step.source, window, harvest)
            self._suspicion.cleared(window)
            self._progress.step(str(window), "refused", archived=False)

    def _out_of_quota(self, step: Step, turns: Turns, error: QuotaError) -> None:
        if step.reason == "probe":
            # Not the date, then: the quota is used by others, or the account is restricted.
            suspect = turns.after(step)
            turns.strike(step)
            self._suspicion.cleared(suspect.windows[0])
            self._hold(suspect, turns, error)
            return
        if error.site_only:
            self._suspicion.refused(step)
            if self._patience.has_run_out(str(step)):
                message = f"{error}, again and again in spite of waiting; left for this run"
                self._failed_step(step, turns, RefusedError(message))
                return
        self._hold(step, turns, error)

    def _leave_unserved(self, step: Step, turns: Turns, error: NotServedError) -> None:
        logger.warning("%s: %s; left out", step.source.name, error)
        if error.everywhere:
            self._not_served.add(step.source.name)
            note = f"not served {step.source.name}/{step.source.version}"
            self._cloud.ledger.put_note(note, str(error), self._clock.now())
        turns.drop(step, lambda other: other.source is step.source)

    def _is_known_unserved(self, source: Source) -> bool:
        now = self._clock.now()
        why = self._cloud.ledger.note(
            f"not served {source.name}/{source.version}", since=now - NOT_SERVED_FOR, until=now
        )
        if why is not None:
            logger.warning("%s: %s; left out", source.name, why)
        return why is not None

    def _failed_step(
        self, step: Step, turns: Turns, error: Exception, culprit: Window | None = None
    ) -> None:
        """Give up a source of a site for this run: behind a hole nothing can be remembered."""
        turns.drop(step, lambda other: other.source is step.source)
        for window in [culprit] if culprit else step.windows:
            self._outcome.failed(window.site, str(window), error)

    def _rest(self, turns: Turns) -> None:
        until = turns.ready_at()
        if until is None:
            # A lane is ready, resting or gone; rather an end than a run that never ends.
            message = f"{len(turns)} step(s) stand in no lane: a bug, please report it"
            raise RuntimeError(message)
        wait = (until - self._clock.now()).total_seconds()
        if wait > 0:
            logger.info("every site rests; going on in %.0f s", wait)
            self._patience.sleep(wait)

    def _write(self, rows: Rows) -> None:
        for name, records in rows.items():
            if stream := self._streams.get(name):
                self._progress.rows[name] += stream.write_records(records)
