"""A full sync: the site list, the snapshots, then window by window through all streams.

The SDK syncs stream by stream and keeps no state when one of them fails. Here one answer
fills several streams at once, each finished window is followed by STATE, a failing site
does not stop the others, and a run that has to pause says what is left.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

from solar_tap_kit import bookmarks
from solar_tap_kit.clock import local_date, utc_text_exact
from solar_tap_kit.errors import (
    DecodeError,
    PartialFailure,
    Paused,
    QuotaError,
    RefusedError,
    SettingsError,
    UnreachableError,
)
from solar_tap_kit.turns import Turns
from solar_tap_kit.windows import Days, extend, interleave, site_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.cloud import Cloud, Rows, Source
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.tap import SolarTap
    from solar_tap_kit.windows import Site, Window

SITE_ERRORS = (RefusedError, DecodeError, UnreachableError)
"""Failures that concern one site; the others go on."""

UNREACHABLE_SITES = 3
"""So many sites in a row without an answer mean that the cloud, not the site, is away."""

QUOTA_TRIES = 3
"""How often one window may meet the quota before it counts as refused."""

STATE_SHARE = 10
"""STATE is written when at least this many times its size in records has gone out."""

logger = logging.getLogger("solar_tap_kit.run")


class Run:
    """One full sync of a tap."""

    def __init__(self, tap: SolarTap, cloud: Cloud) -> None:
        self._tap = tap
        self._cloud = cloud
        self._clock = tap.clock
        self._policy = tap.config["on_quota_exhausted"]
        self._streams: dict[str, SolarStream] = {
            name: stream for name, stream in tap.solar_streams.items() if stream.selected
        }
        self._written: Counter[str] = Counter()
        self._failed: dict[str, str] = {}
        self._quota_hits: Counter[Window] = Counter()
        self._unanswered = 0
        self._left = 0
        self._resume_at: dt.datetime | None = None
        self._done = 0

    def execute(self) -> None:
        """Fetch and write everything that the settings and bookmarks ask for.

        Raises:
            SolarError: The run failed, wholly or for some sites. STATE of all that was
                finished has been written.
        """
        for stream in self._streams.values():
            stream.write_schema()
        try:
            sites = self._sites()
            self._snapshots(sites)
            self._windows(self.plan(sites))
        except Paused as pause:
            if self._policy == "fail" and isinstance(pause, QuotaError):
                raise
            self._paused(str(pause), pause.resume_at)
        finally:
            self._tap.write_state(force=True)
            self._log_totals()
        if self._failed:
            self._fail()

    def _sites(self) -> Sequence[Site]:
        listed = self._cloud.list_sites(utc_text_exact(self._clock.now()))
        self._write({self._cloud.site_stream: listed.rows})
        logger.info("%d site(s) to read", len(listed.sites))
        return listed.sites

    def _snapshots(self, sites: Sequence[Site]) -> None:
        for snapshot in self._cloud.snapshots:
            stream = self._streams.get(snapshot.stream)
            if stream is None:
                continue
            for site in sites:
                now = self._clock.now()
                if not bookmarks.is_due(stream, site, now, snapshot.refresh):
                    continue
                try:
                    rows = snapshot.fetch(site, utc_text_exact(now))
                except SITE_ERRORS as error:
                    self._site_failed(site, snapshot.stream, error)
                    continue
                except QuotaError as error:
                    if not error.site_only:
                        raise
                    # History has a quota of its own; a snapshot can wait for the next run.
                    logger.warning(
                        "%s of %s: %s; left for the next run", snapshot.stream, site.id, error
                    )
                    continue
                self._write({snapshot.stream: rows})
                bookmarks.remember_asked(stream, site, now)
                self._tap.write_state()

    def plan(self, sites: Sequence[Site]) -> list[Window]:
        """Return all windows that are still to fetch, in order.

        Raises:
            SettingsError: There is no start date for a site.
        """
        return interleave(
            {
                f"{site.id}/{source.name}": site_windows(
                    source.name,
                    site,
                    self._wanted(site),
                    self._covered(source, site),
                    lookback_days=self._tap.config["lookback_days"],
                    days_per_window=source.days_per_window,
                )
                for site in sites
                for source in self._sources()
            }
        )

    def _sources(self) -> list[Source]:
        """Return the sources that a selected stream needs; all of them for a lone ledger."""
        needed = [s for s in self._cloud.sources if self._streams.keys() & set(s.streams)]
        if not needed and self._cloud.ledger_stream in self._streams:
            return list(self._cloud.sources)
        return needed

    def _wanted(self, site: Site) -> Days:
        start, end = self._tap.start_day, self._tap.end_day
        today = local_date(self._clock.now(), site.tz)
        first = start or site.first_day
        if first is None:
            message = f"start_date: missing, and the cloud does not say when {site.id} began"
            raise SettingsError(message)
        return Days(first, max(first, min(end or today, today)))

    def _covered(self, source: Source, site: Site) -> Days | None:
        """Return the days that every stream of the source has; what one lacks is asked again."""
        spans = [
            bookmarks.covered_days(stream, site, key) for stream, key in self._keepers(source, site)
        ]
        known = [span for span in spans if span is not None]
        if not known or len(known) < len(spans):
            return None
        first, end = max(span.first for span in known), min(span.end for span in known)
        return Days(first, end) if first < end else None

    def _keepers(self, source: Source, site: Site) -> list[tuple[SolarStream, str]]:
        """Return the streams, and the keys in them, that remember a source's coverage."""
        own = [self._streams[name] for name in source.streams if name in self._streams]
        if own:
            return [(stream, site.id) for stream in own]
        return [(self._streams[self._cloud.ledger_stream], f"{source.name}:{site.id}")]

    def _windows(self, plan: Sequence[Window]) -> None:
        sources = {source.name: source for source in self._cloud.sources}
        covered = {
            (window.source, window.site.id): self._covered(sources[window.source], window.site)
            for window in plan
        }
        turns = Turns(plan)
        while turns:
            if self._clock.stopping:
                self._left += len(turns)
                message = "asked to stop"
                raise Paused(message)
            window = turns.take(self._clock.now())
            if window is None:
                self._rest(turns)
                continue
            source = sources[window.source]
            try:
                harvest = source.fetch(window, utc_text_exact(self._clock.now()))
            except QuotaError as error:
                self._out_of_quota(window, turns, error)
                continue
            except SITE_ERRORS as error:
                self._left += turns.drop(window, source_only=True) - 1
                self._site_failed(window.site, str(window), error)
                continue
            except Paused:
                self._left += len(turns)
                raise
            self._write(harvest.rows)
            key = (window.source, window.site.id)
            covered[key] = self._advance(source, window, covered[key])
            self._done += 1
            self._unanswered = 0
            self._tap.write_state()
            logger.info(
                "%d/%d %s: %s; %d calls so far",
                self._done,
                len(plan),
                window,
                harvest.note,
                self._cloud.session.calls,
            )
            turns.done(window, self._clock.now() + self._cloud.pace(window.site))
            self._leave_history_that_waits(turns, window)

    def _advance(self, source: Source, window: Window, covered: Days | None) -> Days | None:
        grown = extend(covered, window.days)
        if grown is not None:
            for stream, key in self._keepers(source, window.site):
                bookmarks.remember(stream, window.site, key, grown)
        return grown

    def _rest(self, turns: Turns) -> None:
        until = turns.ready_at()
        if until is None:  # pragma: no cover - a site is either ready, resting or gone
            return
        wait = (until - self._clock.now()).total_seconds()
        logger.info("every site rests; going on in %.0f s", wait)
        self._clock.sleep(wait)

    def _leave_history_that_waits(self, turns: Turns, window: Window) -> None:
        """Under `stop`, wait between calls that keep up, not between calls that go back."""
        following = turns.peek(window.site)
        if (
            self._policy == "stop"
            and following is not None
            and following.reason == "backfill"
            and self._cloud.pace(window.site)
        ):
            self._resume_at = self._clock.now() + self._cloud.pace(window.site)
            self._left += turns.drop(following, source_only=False)

    def _out_of_quota(self, window: Window, turns: Turns, error: QuotaError) -> None:
        self._quota_hits[window] += 1
        if self._policy == "fail" or (not error.site_only and self._policy == "stop"):
            self._left += len(turns)
            raise error
        if error.resume_at is None:
            self._left += len(turns)
            raise error
        if self._quota_hits[window] >= QUOTA_TRIES:
            self._left += turns.drop(window, source_only=True) - 1
            refused = RefusedError(
                f"{error}, {QUOTA_TRIES} times in spite of waiting; if the site is younger "
                "than this day, set start_date"
            )
            self._site_failed(window.site, str(window), refused)
        elif self._policy == "stop" and window.reason == "backfill":
            self._resume_at = error.resume_at
            self._left += turns.drop(window, source_only=False)
        elif error.site_only:
            logger.info("%s: %s; asking again at %s", window, error, _short(error.resume_at))
            turns.postpone(window, error.resume_at)
        else:
            logger.info("%s; going on at %s", error, _short(error.resume_at))
            self._clock.sleep((error.resume_at - self._clock.now()).total_seconds())
            turns.postpone(window, self._clock.now())

    def _site_failed(self, site: Site, what: str, error: Exception) -> None:
        logger.error("%s: %s", what, error)
        self._failed.setdefault(site.id, str(error))
        if isinstance(error, UnreachableError):
            self._unanswered += 1
            if self._unanswered >= UNREACHABLE_SITES:
                raise error

    def _write(self, rows: Rows) -> None:
        for name, records in rows.items():
            if stream := self._streams.get(name):
                self._written[name] += stream.write_records(records)

    def _paused(self, why: str, resume_at: dt.datetime | None) -> None:
        when = resume_at or self._resume_at
        logger.warning(
            "paused: %s; %d window(s) left, all finished ones are kept; run the same command "
            "again%s",
            why,
            self._left,
            f" after {_short(when)}" if when else "",
        )
        self._left = 0

    def _log_totals(self) -> None:
        if self._left:
            self._paused("the quota", None)
        rows = ", ".join(f"{name} {count}" for name, count in sorted(self._written.items()))
        calls = ", ".join(
            f"{name} {count}"
            for name, count in sorted(self._cloud.session.calls_by_endpoint.items())
        )
        logger.info("rows: %s", rows or "none")
        logger.info("calls: %s", calls or "none")

    def _fail(self) -> NoReturn:
        worst = "; ".join(f"{site}: {why}" for site, why in list(self._failed.items())[:3])
        message = (
            f"{len(self._failed)} site(s) failed, the others are complete; the next run asks "
            f"them again. {worst}"
        )
        raise PartialFailure(message)


def _short(instant: dt.datetime) -> str:
    return f"{instant.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
