"""What is known of each site: until when it has reported, and its own totals by day.

Part of it outlasts the run, as a note of the account. Without that, a second run of the same
day would know less than the first: the totals that show that yesterday is over are requested
once a day.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import parse_utc, utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solar_tap_kit.fields import Record
    from solar_tap_kit.ledger import Ledger

KEPT_DAYS = 21
"""Of how many days a note keeps the totals: as far back as days are fetched again."""

CHUNK_DAYS = 64
"""Days whose totals lie together: of a fleet with years of history they have to be small."""


@dataclass
class _Site:
    """What outlasts the run.

    Attributes:
        until: Latest instant that the site has reported about.
        spoken: Streams that have had a value.
        given_up: Streams of which a hole has been fetched again for nothing.
        kept: The totals of the latest days, Wh by date, as last noted.
        changed: Whether the note is out of date.
    """

    until: dt.datetime | None = None
    spoken: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    kept: dict[str, float] = field(default_factory=dict)
    changed: bool = False


class Evidence:
    """What answers have shown of each site.

    Args:
        notes: Remembers it for later runs; None keeps it to this one.
    """

    def __init__(self, notes: Ledger | None = None) -> None:
        self._notes = notes
        self._sites: dict[str, _Site] = {}
        self._silent: dict[tuple[str, str], dt.date] = {}
        self._series: dict[tuple[object, ...], dt.datetime] = {}
        self._totals: dict[tuple[str, int], array[float]] = {}

    def saw(self, site_id: str, instant: dt.datetime) -> None:
        """Remember that a site has reported something about an instant."""
        known = self._site(site_id)
        if known.until is None or instant > known.until:
            # Days are what is judged by it: within a day a note need not be written again.
            known.changed |= known.until is None or instant.date() > known.until.date()
            known.until = instant

    def until(self, site_id: str) -> dt.datetime | None:
        """Return the latest instant that a site is known to have reported."""
        return self._site(site_id).until

    def latest(
        self, stream: str, site_id: str, series: tuple[object, ...], instant: dt.datetime | None
    ) -> dt.datetime | None:
        """Return the latest report of one series in this run, the given one counted in.

        History is read newest first: what a device said later tells that it was not silent.
        """
        key = (stream, site_id, *series)
        known = self._series.get(key)
        if instant is None or (known is not None and known >= instant):
            return known
        self._series[key] = instant
        return instant

    def silent(self, source: str, site_id: str, day: dt.date) -> None:
        """Remember that a source had nothing for a day on which more may still come."""
        known = self._silent.get((source, site_id))
        if known is None or day < known:
            self._silent[source, site_id] = day

    def nothing_yet(self, source: str, site_id: str, day: dt.date) -> bool:
        """Return whether an earlier day has had nothing in this run, so that asking is idle.

        Devices report in order: what comes late is the end, not a day in the middle.
        """
        known = self._silent.get((source, site_id))
        return known is not None and day > known

    def add_totals(self, site_id: str, rows: Iterable[Record]) -> None:
        """Remember the vendor's own totals by day, Wh; a null says nothing."""
        known = self._site(site_id)
        for row in rows:
            total = row["energy"]
            if total is None:
                continue
            date = row["local_date"]
            chunk, place = divmod(dt.date.fromisoformat(date).toordinal(), CHUNK_DAYS)
            if (site_id, chunk) not in self._totals:
                self._totals[site_id, chunk] = array("f", [math.nan]) * CHUNK_DAYS
            self._totals[site_id, chunk][place] = total
            if known.kept.get(date) != total and date > _oldest(known.kept):
                known.kept[date] = total
                known.changed = True
        for date in sorted(known.kept)[:-KEPT_DAYS]:
            del known.kept[date]

    def total(self, site_id: str, day: dt.date) -> float | None:
        """Return the vendor's total of a day, Wh, or None where it is not known."""
        chunk, place = divmod(day.toordinal(), CHUNK_DAYS)
        found = self._totals.get((site_id, chunk))
        if found is not None and not math.isnan(found[place]):
            return found[place]
        return self._site(site_id).kept.get(day.isoformat())

    def spoke(self, stream: str, site_id: str) -> None:
        """Remember that a stream of a site has had a value."""
        known = self._site(site_id)
        if stream not in known.spoken:
            known.spoken.add(stream)
            known.changed = True

    def has_spoken(self, stream: str, site_id: str) -> bool:
        """Return whether a stream of a site has ever had a value."""
        return stream in self._site(site_id).spoken

    def give_up(self, stream: str, site_id: str, *, given_up: bool) -> None:
        """Remember whether fetching the latest hole of a stream again was of no use."""
        known = self._site(site_id)
        if (stream in known.given_up) != given_up:
            (known.given_up.add if given_up else known.given_up.discard)(stream)
            known.changed = True

    def has_given_up(self, stream: str, site_id: str) -> bool:
        """Return whether fetching the latest hole of a stream again was of no use."""
        return stream in self._site(site_id).given_up

    def keep(self, site_id: str, now: dt.datetime) -> None:
        """Note what is known of a site for later runs, if it has changed."""
        known = self._site(site_id)
        if self._notes is None or not known.changed:
            return
        known.changed = False
        content = {
            "until": None if known.until is None else utc_text(known.until),
            "spoken": sorted(known.spoken),
            "given_up": sorted(known.given_up),
            "totals": known.kept,
        }
        self._notes.put_note(_name(site_id), json.dumps(content, separators=(",", ":")), now)

    def _site(self, site_id: str) -> _Site:
        known = self._sites.get(site_id)
        if known is None:
            text = None if self._notes is None else self._notes.note(_name(site_id))
            known = self._sites[site_id] = _read(text)
        return known


def _oldest(kept: dict[str, float]) -> str:
    """Return the date before which nothing more is kept."""
    return min(kept) if len(kept) >= KEPT_DAYS else ""


def _name(site_id: str) -> str:
    return f"evidence {site_id}"


def _read(text: str | None) -> _Site:
    if text is None:
        return _Site()
    content: dict[str, Any] = json.loads(text)
    return _Site(
        until=None if content["until"] is None else parse_utc(content["until"]),
        spoken=set(content["spoken"]),
        given_up=set(content["given_up"]),
        kept=content["totals"],
    )
