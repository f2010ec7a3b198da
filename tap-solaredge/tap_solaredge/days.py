"""The day ledger, and which days are finished: the same judgement for both APIs.

Devices report late, by minutes or by days, and a row that has not come yet looks like one
that has no value. A sleeping inverter has no value at night either. So a day counts as
finished when something has been reported after it: by the same device where the answer
shows it, else by the site as far as this run has seen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from solar_tap_kit.clock import day_slots, day_start_utc, local_date, parse_utc, utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Site, Window

PATIENCE_DAYS = 14
"""How long a day that lacks its end is asked again: devices have been late by more than a week."""

SERIES_COLUMNS = ("serial_number", "meter_type", "connected_to")
Series = tuple[str | None, str | None, str | None]
"""What tells the series of one answer apart: serial number, meter type, reader of sensors."""

SILENCE = dt.timedelta(minutes=30)
"""A device that reports day and night, every five minutes or so, is never silent for so long."""


@dataclass
class Evidence:
    """Until when each site is known to have reported: grows while a run reads answers."""

    _until: dict[str, dt.datetime] = field(default_factory=dict)
    _silent: dict[tuple[str, str], dt.date] = field(default_factory=dict)
    _series: dict[tuple[object, ...], dt.datetime] = field(default_factory=dict)

    def saw(self, site_id: str, instant: dt.datetime) -> None:
        """Remember that a site has reported something about an instant."""
        known = self._until.get(site_id)
        if known is None or instant > known:
            self._until[site_id] = instant

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

    def until(self, site_id: str) -> dt.datetime | None:
        """Return the latest instant that a site is known to have reported."""
        return self._until.get(site_id)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a stream's days are judged.

    Attributes:
        stream: The stream.
        values: Columns of which one has to hold a value for a row to say something.
        sleeps: Whether there is nothing to report at night.
        alone: Whether each device reports by itself: only its own reports count for it, and
            they say nothing about the rest of the site.
    """

    stream: str
    values: tuple[str, ...]
    sleeps: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely an answer is divided.

    Attributes:
        resolution: As the rows name it.
        step: Length of an interval; None for readings at the devices' own times.
        api_version: Which API answered.
        slack: How long before the end of a day the last row may stand.
    """

    resolution: str
    step: dt.timedelta | None
    api_version: str
    slack: dt.timedelta = SILENCE

    @property
    def tolerance(self) -> dt.timedelta:
        """How long before the end of a day a device that never sleeps may have its last row."""
        return self.step or self.slack


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and when.

    Attributes:
        kind: The stream.
        grain: How the answer is divided.
        window: Whole local days of one site.
        fetched_at: When the answer was fetched.
    """

    kind: Kind
    grain: Grain
    window: Window
    fetched_at: str


@dataclass(frozen=True, slots=True)
class Dated:
    """The rows of a window, the ledger's entries for its days, and what is unfinished.

    Attributes:
        rows: The rows of the window's days.
        entries: One per day.
        final_until: The first day that is not finished, or None.
    """

    rows: list[Record]
    entries: list[Record]
    final_until: dt.date | None

    @property
    def note(self) -> str:
        """A word for the progress line."""
        found = sum(entry["n_points"] for entry in self.entries)
        if len(self.entries) == 1:
            expected = self.entries[0]["expected_points"]
            of = "" if expected is None else f" of {expected}"
            return f"{self.entries[0]['status']}, {found}{of} points"
        states = [entry["status"] for entry in self.entries]
        parts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        return f"{found} points, days {parts}"


def judge(
    question: Question,
    rows: Sequence[Record],
    evidence: Evidence,
    *,
    void: bool = False,
    expected: Sequence[str] = (),
    retired: Collection[str] = (),
) -> Dated:
    """Return the window's rows with the ledger's entries for its days.

    Args:
        question: What was asked.
        rows: All rows of the answer, oldest first within a series; later ones than the
            window's are evidence and nothing else.
        evidence: What the run has seen of each site; what these rows show is added.
        void: The answer says that there is no such device, so nothing will ever come.
        expected: Serial numbers that are to report, whether the answer has them or not.
        retired: Serial numbers that were taken away and will never report again.
    """
    kind, window = question.kind, question.window
    last_report: dict[Series, str] = {(serial, None, None): "" for serial in expected}
    days = _by_day(kind, window, rows, last_report)
    reports: list[dt.datetime | None] = []
    for series, text in last_report.items():
        if series[0] in retired:
            continue
        instant = parse_utc(text) if text else None
        if instant is not None and not kind.alone:
            evidence.saw(window.site.id, instant)
        if kind.alone:
            # Of the others the site's latest report says as much, and takes less to remember.
            instant = evidence.latest(kind.stream, window.site.id, series, instant)
        reports.append(instant)
    heard = [report for report in reports if report is not None]
    reported = min(heard) if heard and len(heard) == len(reports) else None
    entries: list[Record] = []
    final_until: dt.date | None = None
    for local_day in window.days:
        finished = void or _is_finished(question, local_day, reported, evidence)
        if not finished and final_until is None:
            final_until = local_day
        mine = days.get(local_day.isoformat()) or _Day()
        entries.append(_entry(question, local_day, mine, finished=finished))
    kept = [row for day in days.values() for row in day.rows]
    return Dated(kept, entries, final_until)


@dataclass(slots=True)
class _Day:
    """What an answer holds of one local day.

    Attributes:
        rows: Its rows.
        series: The series that they belong to.
        filled: Whether one of them says something.
    """

    rows: list[Record] = field(default_factory=list)
    series: set[Series] = field(default_factory=set)
    filled: bool = False


def _by_day(
    kind: Kind, window: Window, rows: Sequence[Record], last_report: dict[Series, str]
) -> dict[str, _Day]:
    """Sort the window's rows into days, and note of all rows the last report of each series."""
    first, end = window.days.first.isoformat(), window.days.end.isoformat()
    days: dict[str, _Day] = defaultdict(_Day)
    says = _speaks(kind.values)
    for mine in _by_series(rows):
        serial, role, reader = map(mine[0].get, SERIES_COLUMNS)
        series = (serial, role, reader)
        last = next((row["recorded_at"] for row in reversed(mine) if says(row)), "")
        last_report[series] = max(last, last_report.get(series, ""))
        for date, of_day in groupby(mine, itemgetter("local_date")):
            if first <= date < end:
                day = days[date]
                found = list(of_day)
                day.rows += found
                day.series.add(series)
                day.filled = day.filled or any(map(says, found))
    return days


def _by_series(rows: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield the rows of each series, which stand together."""
    told = [name for name in SERIES_COLUMNS if rows and name in rows[0]]
    if not told:
        yield from [list(rows)] if rows else []
        return
    for _, mine in groupby(rows, itemgetter(*told)):
        yield list(mine)


def _speaks(values: Sequence[str]) -> Callable[[Record], bool]:
    """Return the test whether a row says something."""
    if len(values) == 1:
        (only,) = values
        return lambda row: row[only] is not None
    return lambda row: any(row[name] is not None for name in values)


def _is_finished(
    question: Question, day: dt.date, reported: dt.datetime | None, evidence: Evidence
) -> bool:
    kind, site = question.kind, question.window.site
    if (local_date(parse_utc(question.fetched_at), site.tz) - day).days > PATIENCE_DAYS:
        return True
    end = day_start_utc(day + dt.timedelta(days=1), site.tz)
    if not kind.alone:
        known = evidence.until(site.id)
        if known is not None and known >= end:
            return True
    if reported is None:
        return False
    return reported >= end - (dt.timedelta() if kind.sleeps else question.grain.tolerance)


def _entry(question: Question, day: dt.date, found: _Day, *, finished: bool) -> Record:
    kind, grain, site = question.kind, question.grain, question.window.site
    expected = None
    if grain.step is not None:
        expected = len(found.series) * max(1, day_slots(day, site.tz, grain.step))
    if not finished:
        status = "pending"
    elif not found.filled:
        status = "empty"
    else:
        status = "partial" if expected is not None and len(found.rows) < expected else "complete"
    return {
        **ledger_columns(kind.stream, site, day),
        "n_points": len(found.rows),
        "expected_points": expected,
        "status": status,
        "payload_sha256": rows_hash(found.rows, question.fetched_at),
        "resolution": grain.resolution,
        "api_version": grain.api_version,
        "fetched_at": question.fetched_at,
    }


def ledger_columns(stream: str, site: Site, day: dt.date) -> Record:
    """Return what names a day in the ledger, whatever became of it."""
    start = day_start_utc(day, site.tz)
    offset = start.astimezone(site.tz).utcoffset() or dt.timedelta()
    return {
        "site_id": site.id,
        "stream": stream,
        "recorded_at": utc_text(start),
        "local_time": f"{day} 00:00:00",
        "utc_offset_minutes": round(offset.total_seconds() / 60),
        "local_date": day.isoformat(),
        "timezone": str(site.tz),
        "reason": None,
    }


def rows_hash(rows: Sequence[Record], fetched_at: str) -> str:
    """Return a hash of what was said, the fetch time left out."""
    said = _ENCODER.encode(rows).replace(_ENCODER.encode(fetched_at), b"")
    return hashlib.sha256(said).hexdigest()


_ENCODER = msgspec.json.Encoder()
