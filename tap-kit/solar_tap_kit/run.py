"""A full sync: the site list, then step by step through the plan, STATE after each.

The SDK syncs stream by stream and keeps no state when one of them fails. Here one answer
fills several streams at once, each finished window is followed by STATE, a failing site
rests and is tried again while the others go on, and a run that has to pause says what is left.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
from typing import TYPE_CHECKING

from solar_tap_kit.asking import Answer, Asking
from solar_tap_kit.errors import (
    DecodeError,
    LongWaitError,
    NotServedError,
    PathRefusedError,
    Paused,
    QuotaError,
    RefusedError,
    SiteStateError,
    SolarError,
    TransientError,
)
from solar_tap_kit.health import Health
from solar_tap_kit.intake import Intake
from solar_tap_kit.knowledge import Knowledge
from solar_tap_kit.outcome import Outcome
from solar_tap_kit.patience import Patience, Verdict
from solar_tap_kit.plan import Plan, Step, make_plan
from solar_tap_kit.progress import Progress
from solar_tap_kit.proof import is_answered, prove
from solar_tap_kit.rotation import Rotation
from solar_tap_kit.session import TELL_FROM_S
from solar_tap_kit.sitelist import read_sites, startable
from solar_tap_kit.suspicion import Suspicion
from solar_tap_kit.turns import Turns
from solar_tap_kit.unserved import Unserved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from solar_tap_kit.archive import Archive
    from solar_tap_kit.cloud import Cloud, SiteList, Source
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.tap import SolarTap
    from solar_tap_kit.windows import Site

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
        self._health = Health(cloud.session.options.tries)
        self._intake = Intake(
            cloud,
            tap.clock,
            self._streams,
            knowledge=self.knowledge,
            suspicion=self._suspicion,
            outcome=self._outcome,
            drift=tap.drift,
            progress=self._progress,
        )
        self._unserved = Unserved(cloud.ledger, tap.clock)
        self._rest_until = tap.clock.now()

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
            self._go(self._intake.sites(self.read_sites()))
        except Paused as error:
            pause = error
        finally:
            self._tap.write_state(force=True)
            self._progress.finish()
            self._outcome.say_states()
        if isinstance(pause, QuotaError) and self._patience.fails:
            raise pause
        if pause is not None or self._outcome.is_unfinished:
            self._outcome.say_paused(pause)
        if self._outcome.has_failures:
            self._outcome.fail(None if self._cloud.session.answers else self._health.verdict)

    def read_sites(self) -> SiteList:
        """Return the sites: from today's list, or a new one.

        Raises:
            SolarError: No list can be had.
        """
        force = self._tap.config["refresh_lists"]
        with self._tap.drift.listening("site list"):
            listed = read_sites(self._cloud, self._archive, self._clock, force=force)
        listed = startable(listed, self._tap.start_day)
        logger.info("%d site(s) to read", len(listed.sites))
        return listed

    def plan(self, sites: Sequence[Site]) -> Plan:
        """Return all steps that are still to be done, in order.

        Raises:
            SettingsError: There is no start date for a site.
        """
        known = [self.knowledge.in_known_zone(site) for site in sites]
        return make_plan(self.sources, known, self._cloud.lane, self.knowledge)

    @functools.cached_property
    def sources(self) -> list[Source]:
        """What the selected streams need, without what is known not to be served."""
        return [s for s in self.knowledge.sources() if not self._unserved.is_known(s)]

    def _go(self, sites: Sequence[Site]) -> None:
        plan = self.plan(sites)
        budget = self._tap.config.get("max_requests_per_run")
        rotation = Rotation(plan, sites, budget, self._cloud.ledger)
        workers = self._tap.config["max_concurrent_requests"]
        turns = Turns(plan, at_once=-(-workers // max(1, len(sites))), order=rotation.rank)
        self._progress.begin(turns, len(sites), self._outcome)
        with Asking(workers, self._clock, self._cloud.session) as asking:
            try:
                while turns:
                    if not self._health.is_doubtful:
                        self._launch(turns, asking, rotation)
                    if asking:
                        self._land(*asking.take(), turns)
                    elif self._health.is_doubtful:
                        prove(self._cloud, self._health, self._clock, self._progress)
                    elif turns:
                        self._rest(turns)
            except BaseException:
                self._bring_in(turns, asking)
                self._outcome.leave(len(turns))
                raise

    def _launch(self, turns: Turns, asking: Asking, rotation: Rotation) -> None:
        while asking.has_room and self._clock.now() >= self._rest_until:
            if self._clock.stopping:
                message = "asked to stop"
                raise Paused(message)
            step = turns.take(self._clock.now())
            if step is None:
                return
            if step.source in self._unserved or self._health.is_left_out(step.place):
                turns.done(step)
            elif step.archived and self._intake.replay(step):
                turns.done(step)
                self._tap.write_state()
            elif rotation.leaves(step):
                turns.done(step)
                self._outcome.leave(1)
            elif self._may_go(step, turns):
                probe = self._suspicion.probe_for(step)
                if probe is not None:
                    turns.put_before(probe)
                rotation.started(step)
                asking.start(probe or step, self._health.attempt(step))

    def _bring_in(self, turns: Turns, asking: Asking) -> None:
        """Keep what the calls still in flight bring: they have been paid for."""
        while asking:
            step, future = asking.take()
            if future.exception() is None:
                self._land(step, future, turns)

    def _may_go(self, step: Step, turns: Turns) -> bool:
        endpoint, now = step.source.endpoint, self._clock.now()
        blocked = self._cloud.ledger.ready_at(endpoint, step.place, step.cost, now)
        if blocked is None:
            return True
        wait = (blocked.at - now).total_seconds()
        if error := self._health.not_worth_waiting(step, wait):
            self._give_up(step, turns, error)
            return False
        why = f"the limit {blocked.limit.name} is used up"
        own = blocked.limit.scope != "account"
        self._hold(step, turns, QuotaError(why, blocked.at, site_only=own))
        return False

    def _hold(self, step: Step, turns: Turns, error: QuotaError) -> None:
        """Let a step wait, leave it for a later run, or end this one, as the settings say."""
        verdict = self._patience.judge(step, error)
        if verdict is Verdict.WAIT and error.resume_at is not None:
            self._progress.held(error.resume_at)
            turns.again(step, error.resume_at)
            return
        if verdict is Verdict.END:
            raise error
        if step.reason == "snapshot":
            logger.warning("%s: %s; left for the next run, history goes on", step, error)
            turns.done(step)
            return
        only_history = verdict is Verdict.LEAVE_HISTORY
        dropped = turns.drop(step, lambda other: other.is_history or not only_history)
        self._outcome.leave(dropped, error.resume_at)

    def _land(self, step: Step, future: Future[Answer], turns: Turns) -> None:
        try:
            answer = future.result()
        except TransientError as error:
            self._failed_try(step, turns, error)
        except PathRefusedError as error:
            self._health.refused(step, error)
            self._failed_step(step, turns, error)
        except DecodeError as error:
            self._health.finished(step)
            self._failed_step(step, turns, error)
        except QuotaError as error:
            self._health.finished(step)
            self._out_of_quota(step, turns, error)
        except (NotServedError, RefusedError) as error:
            self._health.finished(step)
            self._health.answered(step, well=False)
            self._refused(step, turns, error)
        else:
            self._health.finished(step)
            self._health.answered(step, well=True)
            self._take_in(step, answer, turns)

    def _take_in(self, step: Step, answer: Answer, turns: Turns) -> None:
        for window in step.windows:
            try:
                self._intake.take_in(step.source, window, answer)
            except DecodeError as error:
                if step.place is not None:
                    self._failed_step(step, turns, error)
                    return
                self._outcome.failed(window.site, str(window), error)
        if step.reason == "probe":
            suspect = turns.after(step)
            turns.strike(step)
            self._intake.pass_over(suspect, "this date is refused while others are answered")
            turns.done(suspect)
        else:
            turns.done(step)
        # Some servers answer every path, with nothing.
        if any(self._progress.rows[name] for name in step.source.streams):
            self._unserved.answered(step.source)
        self._tap.write_state()

    def _failed_try(self, step: Step, turns: Turns, error: TransientError) -> None:
        """Let a site rest before the next try, while the others go on; or give the step up."""
        pause = self._health.failed(step, error)
        site = step.place
        if pause is None:
            self._give_up(step, turns, error)
            return
        until = self._clock.now() + dt.timedelta(seconds=pause)
        logger.log(
            logging.WARNING if self._health.attempt(step).tries == 1 else logging.DEBUG,
            "%s: %s; trying again in %.0f s", step, error, pause,
        )  # fmt: skip
        if self._health.is_throttled:
            if is_answered(self._cloud.ping, self._cloud.session):
                self._health.cloud_answers()
            else:
                self._rest_until = max(self._rest_until, until)
        if site is not None:
            turns.hold(site, until)
        turns.again(step, until)

    def _give_up(self, step: Step, turns: Turns, error: TransientError) -> None:
        if self._unserved.is_unproven(step.source):
            # The site answers everything else, so it must not be taken for silent.
            self._health.finished(step)
            self._health.answered(step, well=False)
            self._failed_step(step, turns, error)
            return
        if step.place is not None:
            turns.put_last(step.place)
        self._failed_step(step, turns, self._health.give_up(step, error))

    def _refused(self, step: Step, turns: Turns, error: SolarError) -> None:
        if isinstance(error, NotServedError):
            self._unserved.note(step.source, error)
            turns.drop(step, lambda other: other.source is step.source)
        elif isinstance(error, SiteStateError) and step.place is not None:
            self._outcome.note_state(step.place, error.state)
            self._leave(step, turns)
        elif isinstance(error, RefusedError):
            self._refused_step(step, turns, error)

    def _refused_step(self, step: Step, turns: Turns, error: RefusedError) -> None:
        """Tell a refused date from a refused site: by another date that is answered, now."""
        if error.maybe_date and self._intake.has_answered(step):
            self._intake.pass_over(step, str(error))
            turns.done(step)
        elif error.maybe_date and self._suspicion.doubt(step):
            turns.again(step)
        else:
            self._failed_step(step, turns, error)

    def _out_of_quota(self, step: Step, turns: Turns, error: QuotaError) -> None:
        if step.reason == "probe":
            # Not the date, then: the quota is used by others, or the account is restricted.
            suspect = turns.after(step)
            turns.strike(step)
            self._suspicion.cleared(suspect.windows[0])
            self._hold(suspect, turns, error)
            return
        if error.site_only:
            if not isinstance(error, LongWaitError):
                self._suspicion.refused(step)
            if self._patience.has_run_out(str(step)):
                message = f"{error}, again and again in spite of waiting; left for this run"
                self._failed_step(step, turns, RefusedError(message))
                return
        self._hold(step, turns, error)

    def _failed_step(self, step: Step, turns: Turns, error: Exception) -> None:
        """Give up a source of a site for this run: behind a hole nothing can be remembered.

        Of a bulk step, one site may be what spoils it for the others: it is halved.
        """
        if self._unserved.is_unproven(step.source):
            self._refused(step, turns, NotServedError(str(error), everywhere=True))
        elif step.place is not None:
            self._leave(step, turns)
            self._outcome.failed(step.windows[0].site, str(step), error)
        elif step.source.refresh is None:
            turns.split(step)
        else:
            turns.done(step)
            self._outcome.failed_source(step.source.name, str(step), error)

    def _leave(self, step: Step, turns: Turns) -> None:
        """Strike a source's steps of a site off its lane."""
        turns.drop(step, lambda other: (other.place, other.source) == (step.place, step.source))

    def _rest(self, turns: Turns) -> None:
        now = self._clock.now()
        until = self._rest_until if self._rest_until > now else turns.rest_until()
        wait = (until - now).total_seconds()
        if wait > 0:
            logger.info("every site rests; going on in %.0f s", wait)
            if wait >= TELL_FROM_S:
                if self._rest_until > now:
                    self._progress.wait(until, "cloud")
                else:
                    self._progress.rest(until)
            self._patience.sleep(wait)
