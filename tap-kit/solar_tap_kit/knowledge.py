"""What a run knows: what is wanted, what is stored, what the archive holds."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import zlib
import zoneinfo
from typing import TYPE_CHECKING

from solar_tap_kit import bookmarks
from solar_tap_kit.archive import Stored
from solar_tap_kit.clock import (
    AHEAD,
    DAY,
    local_date,
    parse_utc,
    same_days,
    utc_text,
    utc_text_exact,
)
from solar_tap_kit.errors import SettingsError
from solar_tap_kit.requested import RequestedDays
from solar_tap_kit.windows import Days, extend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solar_tap_kit.archive import Archive
    from solar_tap_kit.cloud import Cloud, Harvest, Source
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.tap import SolarTap
    from solar_tap_kit.windows import Site, Window


MOST_MICROSECONDS = 999
A_YEAR = 366 * DAY
CLOCK_AHEAD = "clock ahead"
"""Name of the note on a clock that was ahead, so that it is told once."""

logger = logging.getLogger("solar_tap_kit.run")


class Knowledge:
    """The present of one run.

    Args:
        tap: The tap, with its settings and state.
        cloud: The vendor's cloud.
        streams: The selected streams by name.
        archive: Where settled answers lie, or None.
    """

    def __init__(
        self,
        tap: SolarTap,
        cloud: Cloud,
        streams: Mapping[str, SolarStream],
        archive: Archive | None,
    ) -> None:
        self.now = tap.clock.now()
        self.lookback_days: int = tap.config["lookback_days"]
        self._tap = tap
        self._cloud = cloud
        self._streams = streams
        self._archive = archive
        self._rezoned: set[str] = set()
        self._ahead = cloud.ledger.clock_ahead(self.now)
        self._tell_of_clock()
        path = tap.config.get("days_file")
        self._requested = RequestedDays(path) if path else None
        # Whether answers in the archive are to be used; new ones are kept in any case.
        self._may_replay = (
            archive is not None and not tap.config["ask_again"] and not archive.is_empty
        )

    def _tell_of_clock(self) -> None:
        """Tell once that an earlier run's clock was ahead."""
        known = [text for stream in self._streams.values() if (text := bookmarks.last_run(stream))]
        if self._ahead is not None:
            known.append(utc_text(self._ahead.furthest)[:10])
        furthest, ledger = max(known, default=""), self._cloud.ledger
        is_new = furthest > utc_text(self.now + AHEAD)[:10] and furthest != ledger.note(CLOCK_AHEAD)
        if is_new:
            ledger.put_note(CLOCK_AHEAD, furthest, self.now)
            logger.warning(
                "the machine's clock was ahead in an earlier run, at %s: what that run noted about "
                "days to come does not count, and those days are fetched again",
                furthest,
            )

    def in_known_zone(self, site: Site) -> Site:
        """Return a site in the zone in which its days are stored, if that is the same by name.

        Where the zone has really changed, that is told, and the site keeps the new one: its days
        are cut again, because none of them counts as covered.
        """
        known = {
            name
            for stream in self._streams.values()
            if (name := bookmarks.zone_of(stream, site.id)) is not None
        }
        for name in sorted(known - {str(site.tz)}):
            old = _zone(name)
            if old and same_days(old, site.tz, local_date(self.now, site.tz) + A_YEAR):
                return dataclasses.replace(site, tz=old)
            self._rezoned.add(site.id)
            logger.warning(
                "%s: its zone is now %s, its stored days are of %s; they are cut again, from the "
                "archive where it has them",
                site.id,
                site.tz,
                name,
            )
        return site

    def sources(self) -> list[Source]:
        """Return the sources that a selected stream needs.

        A lone day ledger needs those that write it.
        """
        needed = [s for s in self._cloud.sources if self._streams.keys() & set(s.streams)]
        if not needed and self._cloud.ledger_stream in self._streams:
            return [s for s in self._cloud.sources if s.keeps_ledger]
        return needed

    def wanted(self, source: Source, site: Site) -> Sequence[Days]:
        """Return the days that the settings ask for, yesterday the last unless told otherwise.

        Raises:
            SettingsError: There is no start date for a site.
        """
        if self._requested is not None:
            return self._requested.spans(site.id, source.streams)
        start, end = self._tap.start_day, self._tap.end_day
        today = local_date(self.now, site.tz)
        first = start or site.first_day
        if first is None:
            message = f"start_date: missing, and the cloud does not say when {site.id} began"
            raise SettingsError(message)
        # An end beyond today asks for the running day too; it is never taken as complete.
        last = min(end, today + DAY) if end else today
        return [Days(first, max(first, last))]

    def covered(self, source: Source, site: Site) -> Days | None:
        """Return the days that every stream of the source has; what one lacks is asked again."""
        spans = [
            bookmarks.covered_days(stream, site, key, self.now, self._ahead)
            for stream, key in self._keepers(source, site)
        ]
        known = [span for span in spans if span is not None]
        if not known or len(known) < len(spans):
            return None
        first, end = max(span.first for span in known), min(span.end for span in known)
        return Days(first, end) if first < end else None

    def is_due(self, source: Source, site: Site) -> bool:
        """Return whether a snapshot is to be taken again."""
        if source.refresh is None:
            return False
        return any(
            bookmarks.is_due(self._streams[name], site, self.now, source.refresh)
            for name in source.streams
            if name in self._streams
        )

    def advance(self, source: Source, window: Window, harvest: Harvest) -> None:
        """Remember that a window has been written, as far as its days are finished."""
        site, now = window.site, self._tap.clock.now()
        if source.refresh is not None:
            for name in source.streams:
                if name in self._streams:
                    bookmarks.remember_asked(self._streams[name], site, now)
            return
        today = local_date(now, site.tz)
        end = min(window.days.end, today)
        unfinished = harvest.final_until
        if unfinished is not None and (today - unfinished).days <= self._cloud.patience_days:
            end = min(end, unfinished)
        fetched = Days(window.days.first, max(window.days.first, end))
        grown = extend(self.covered(source, site), fetched)
        if grown is not None:
            for stream, key in self._keepers(source, site):
                bookmarks.remember(stream, site, key, grown, now)

    def is_archived(self, source: Source, window: Window) -> bool:
        """Return whether the archive has the answer, so that no call is needed."""
        if self._archive is None or not self._may_replay:
            return False
        if window.reason in ("late", "snapshot", "probe"):
            return False
        if self._requested and self._requested.is_refetch(
            window.site.id, source.streams, window.days
        ):
            return False
        return self._archive.has(
            source.name, source.version, window.site.id, window.days, latest=self._latest
        )

    def from_archive(self, source: Source, window: Window) -> Stored | None:
        """Return an archived answer, or None if it can't be read any more, or has other days."""
        stored = self._get(source, window.site, window.days)
        if stored is not None and window.site.id in self._rezoned:
            stored = Stored(stored.bodies, _cut_again(stored.fetched_at, window.site))
        if stored is None or source.fits(window, stored.bodies):
            return stored
        # It was asked when the site had another zone: the neighbours hold the rest of the day.
        first, end = window.days.first, window.days.end
        others = [
            self._get(source, window.site, days)
            for days in (Days(first - DAY, first), Days(end, end + DAY))
        ]
        joined = [body for part in (stored, *others) if part for body in part.bodies]
        return Stored(joined, stored.fetched_at) if source.fits(window, joined) else None

    def _get(self, source: Source, site: Site, days: Days) -> Stored | None:
        if self._archive is None:
            return None
        return self._archive.get(source.name, source.version, site.id, days, latest=self._latest)

    @property
    def _latest(self) -> str:
        """The latest fetch time that an archived answer can have."""
        return utc_text_exact(self._tap.clock.now() + AHEAD)

    def keep(
        self,
        source: Source,
        window: Window,
        harvest: Harvest,
        bodies: Sequence[bytes],
        fetched_at: str,
    ) -> None:
        """Archive an answer if nothing can change it any more."""
        if self._archive is None or source.refresh is not None or window.reason == "probe":
            return
        settled_at = window.end_utc + self.lookback_days * DAY
        if harvest.final_until is None and parse_utc(fetched_at) >= settled_at:
            known = self._get(source, window.site, window.days)
            # The days beside it need what was asked when the site had another zone.
            older = known.bodies if known and not source.fits(window, known.bodies) else ()
            stored = Stored([*older, *bodies], fetched_at)
            self._archive.put(source.name, source.version, window.site.id, window.days, stored)

    def yesterday(self, site: Site) -> Days:
        """Return the last whole day of a site."""
        today = local_date(self._tap.clock.now(), site.tz)
        return Days(today - dt.timedelta(days=1), today)

    def _keepers(self, source: Source, site: Site) -> list[tuple[SolarStream, str]]:
        """Return the streams, and the keys in them, that remember a source's coverage."""
        own = [self._streams[name] for name in source.streams if name in self._streams]
        if own:
            return [(stream, site.id) for stream in own]
        return [(self._streams[self._cloud.ledger_stream], f"{source.name}:{site.id}")]


def _cut_again(fetched_at: str, site: Site) -> str:
    """Return a fetch time that tells days cut in a new zone from those cut in the old one.

    Models build a day again when its fetch time has changed: some microseconds will do.
    """
    shift = dt.timedelta(microseconds=1 + zlib.crc32(str(site.tz).encode()) % MOST_MICROSECONDS)
    return utc_text_exact(parse_utc(fetched_at) + shift)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """Return a zone that an earlier run used, if this machine has it."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
