"""What a run remembers, inside the Singer STATE: one compact map per stream.

`{"bookmarks": {"history_intervals": {"replication_key": "recorded_at",
"sites": {"A": ["2025-10-01T22:00:00Z", "2026-06-30T22:00:00Z", "Europe/Berlin"]}}}}` says
that every interval of site A from the first instant up to, not including, the second is
stored, in days of that zone. The
SDK's own list of partitions is searched for every record and copied with every STATE:
past some hundred sites it costs more than the data (`docs/decisions/0002-own-engine.md`).
"""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import AHEAD, DAY, day_start_utc, local_date, parse_utc, utc_text
from solar_tap_kit.windows import Days

if TYPE_CHECKING:
    import datetime as dt

    from solar_tap_kit.book import ClockAhead
    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.windows import Site

SITES = "sites"
ASKED = "asked_at"
RUN_DAYS = "run_days"
"""The UTC days of the last runs, in the order of the runs: they tell a clock that was ahead."""

MOST_RUN_DAYS = 8

ZONE = 2
"""Place of the zone's name in a span; an earlier release did not note it."""


def covered_days(
    stream: SolarStream, site: Site, key: str, now: dt.datetime, ahead: ClockAhead | None
) -> Days | None:
    """Return the unbroken span of local days that is stored under `key`, or None.

    Days that were cut in another zone are not covered: they are cut again, from the archive where
    it has their answers.

    An end in the future was written by a run whose clock was ahead. Days that had not been then
    were taken for fetched: only those before the last instant that is known to have been right
    are covered.
    """
    if stream.replication_method != "INCREMENTAL":
        return None
    span = stream.stream_state.get(SITES, {}).get(key)
    if not span:
        return None
    since, until = (parse_utc(text) for text in span[:2])
    if len(span) > ZONE and span[ZONE] != str(site.tz):
        return None
    if until > now + AHEAD:
        known = _last_right(stream, now) or (ahead and ahead.known)
        if not known:
            return None
        until = known
    first = local_date(since, site.tz)
    if day_start_utc(first, site.tz) != since:
        first += DAY
    end = local_date(until, site.tz)
    return Days(first, end) if first < end else None


def last_run(stream: SolarStream) -> str | None:
    """Return the latest of the UTC days on which the stream was synced, as text."""
    return max(stream.stream_state.get(RUN_DAYS, []), default=None)


def _last_right(stream: SolarStream, now: dt.datetime) -> dt.datetime | None:
    """Return the begin of the last UTC day with a run before those of a clock that was ahead."""
    days = stream.stream_state.get(RUN_DAYS, [])
    known = list(itertools.takewhile(lambda day: day <= utc_text(now)[:10], days))
    return parse_utc(known[-1]) if known and len(known) < len(days) else None


def remember(stream: SolarStream, site: Site, key: str, covered: Days, now: dt.datetime) -> None:
    """Store a span of days as two UTC instants, and their zone, under `key`."""
    state: dict[str, Any] = stream.stream_state
    today = utc_text(now)[:10]
    days = state.setdefault(RUN_DAYS, [])
    if today not in days:
        state[RUN_DAYS] = [*days, today][-MOST_RUN_DAYS:]
    state["replication_key"] = stream.replication_key
    state.setdefault(SITES, {})[key] = [
        # The same midnights stand at thousands of sites: one text of each will do.
        sys.intern(utc_text(day_start_utc(covered.first, site.tz))),
        sys.intern(utc_text(day_start_utc(covered.end, site.tz))),
        sys.intern(str(site.tz)),
    ]


def zone_of(stream: SolarStream, key: str) -> str | None:
    """Return the name of the zone in which the days under `key` were cut, if it is known."""
    span = stream.stream_state.get(SITES, {}).get(key, ())
    return str(span[ZONE]) if len(span) > ZONE else None


def is_due(stream: SolarStream, site: Site, now: dt.datetime, refresh: dt.timedelta) -> bool:
    """Return whether a snapshot of the site is older than `refresh`, or was never taken."""
    asked = stream.stream_state.get(ASKED, {}).get(site.id)
    return asked is None or not -AHEAD <= now - parse_utc(asked) < refresh


def remember_asked(stream: SolarStream, site: Site, now: dt.datetime) -> None:
    """Store when a snapshot of the site was taken."""
    stream.stream_state.setdefault(ASKED, {})[site.id] = sys.intern(utc_text(now))
