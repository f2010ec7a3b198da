"""What a run remembers, inside the Singer STATE: one compact map per stream.

`{"bookmarks": {"history_intervals": {"replication_key": "recorded_at",
"sites": {"A": ["2025-10-01T22:00:00Z", "2026-06-30T22:00:00Z"]}}}}` says that every
interval of site A from the first instant up to, not including, the second is stored. The
SDK's own list of partitions is searched for every record and copied with every STATE:
past some hundred sites it costs more than the data (`docs/decisions/0002-own-engine.md`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, day_start_utc, local_date, parse_utc, utc_text
from solar_tap_kit.windows import Days

if TYPE_CHECKING:
    import datetime as dt

    from solar_tap_kit.stream import SolarStream
    from solar_tap_kit.windows import Site

SITES = "sites"
ASKED = "asked_at"


def covered_days(stream: SolarStream, site: Site, key: str) -> Days | None:
    """Return the unbroken span of local days that is stored under `key`, or None.

    A zone that has changed since then may leave an end inside a day: that day counts as
    not covered.
    """
    if stream.replication_method != "INCREMENTAL":
        return None
    span = stream.stream_state.get(SITES, {}).get(key)
    if not span:
        return None
    since, until = (parse_utc(text) for text in span)
    first = local_date(since, site.tz)
    if day_start_utc(first, site.tz) != since:
        first += DAY
    end = local_date(until, site.tz)
    return Days(first, end) if first < end else None


def remember(stream: SolarStream, site: Site, key: str, covered: Days) -> None:
    """Store a span of days as two UTC instants under `key`."""
    state: dict[str, Any] = stream.stream_state
    state["replication_key"] = stream.replication_key
    state.setdefault(SITES, {})[key] = [
        # The same midnights stand at thousands of sites: one text of each will do.
        sys.intern(utc_text(day_start_utc(covered.first, site.tz))),
        sys.intern(utc_text(day_start_utc(covered.end, site.tz))),
    ]


def is_due(stream: SolarStream, site: Site, now: dt.datetime, refresh: dt.timedelta) -> bool:
    """Return whether a snapshot of the site is older than `refresh`, or was never taken."""
    asked = stream.stream_state.get(ASKED, {}).get(site.id)
    return asked is None or now - parse_utc(asked) >= refresh


def remember_asked(stream: SolarStream, site: Site, now: dt.datetime) -> None:
    """Store when a snapshot of the site was taken."""
    stream.stream_state.setdefault(ASKED, {})[site.id] = sys.intern(utc_text(now))
