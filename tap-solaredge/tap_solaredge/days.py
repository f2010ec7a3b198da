"""The day ledger, and which days are finished: the same judgement for both APIs.

Devices report late, by minutes or by days, and a row that has not come yet looks like one
that has no value. A sleeping inverter has no value at night either. So a day counts as
finished when something has been reported after it: by the same device where the answer
shows it, else by the site as far as anybody has seen (`evidence.py`). A finished day that lacks
values has a hole (`holes.py`): it is partial, and is fetched again for some days.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from solar_tap_kit.clock import DAY, day_slots, day_start_utc, local_date, parse_utc, utc_text
from tap_solaredge.holes import ENERGIES, HOLE_PATIENCE_DAYS, SUM_WH, TOTALS, DayRows, lacking

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Site, Window
    from tap_solaredge.evidence import Evidence

PATIENCE_DAYS = 14
"""How long a day that lacks its end is asked again: devices have been late by more than a week."""

SERIES_COLUMNS = ("serial_number", "meter_type", "connected_to")
Series = tuple[str | None, str | None, str | None]
"""What tells the series of one answer apart: serial number, meter type, reader of sensors."""

SILENCE = dt.timedelta(minutes=30)
"""A device that reports day and night, every five minutes or so, is never silent for so long."""


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

    @property
    def divides(self) -> bool:
        """Whether a day has several intervals, of which some may be missing."""
        return self.step is not None and self.step < DAY


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
    days = _by_day(question, rows, last_report)
    reported = _reported(question, last_report, evidence, retired)
    if kind.stream == TOTALS:
        evidence.add_totals(window.site.id, rows)
    entries: list[Record] = []
    final_until: dt.date | None = None
    for local_day in window.days:
        finished = void or _is_finished(question, local_day, reported, evidence)
        mine = days.get(local_day.isoformat()) or DayRows()
        if mine.is_filled:
            evidence.spoke(kind.stream, window.site.id)
        entry, lacks = _entry(question, local_day, mine, evidence, finished=finished)
        entries.append(entry)
        is_open = not finished or _waits_for_a_hole(question, local_day, evidence, lacks=lacks)
        if is_open and final_until is None:
            final_until = local_day
    evidence.keep(window.site.id, parse_utc(question.fetched_at))
    kept = [row for day in days.values() for row in day.rows]
    return Dated(kept, entries, final_until)


def _reported(
    question: Question,
    last_report: dict[Series, str],
    evidence: Evidence,
    retired: Collection[str],
) -> dt.datetime | None:
    """Return until when every series has reported, or None if one has not."""
    kind, site_id = question.kind, question.window.site.id
    reports: list[dt.datetime | None] = []
    for series, text in last_report.items():
        if series[0] in retired:
            continue
        instant = parse_utc(text) if text else None
        if instant is not None and not kind.alone:
            evidence.saw(site_id, instant)
        if kind.alone:
            # Of the others the site's latest report says as much, and takes less to remember.
            instant = evidence.latest(kind.stream, site_id, series, instant)
        reports.append(instant)
    heard = [report for report in reports if report is not None]
    return min(heard) if heard and len(heard) == len(reports) else None


def _by_day(
    question: Question, rows: Sequence[Record], last_report: dict[Series, str]
) -> dict[str, DayRows]:
    """Sort the window's rows into days, and note of all rows the last report of each series."""
    kind, window = question.kind, question.window
    first, end = window.days.first.isoformat(), window.days.end.isoformat()
    first_day = window.site.first_day
    installed = "" if first_day is None else first_day.isoformat()
    sleeps = kind.sleeps if question.grain.divides else None
    days: dict[str, DayRows] = defaultdict(DayRows)
    says = _speaks(kind.values)
    for mine in _by_series(rows):
        serial, role, reader = map(mine[0].get, SERIES_COLUMNS)
        series = (serial, role, reader)
        last = next((row["recorded_at"] for row in reversed(mine) if says(row)), "")
        last_report[series] = max(last, last_report.get(series, ""))
        for date, of_day in groupby(mine, itemgetter("local_date")):
            if first <= date < end:
                began = date > installed
                days[date].add(list(of_day), says, kind.values, sleeps=sleeps, began=began)
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
    kind, window = question.kind, question.window
    site = window.site
    if window.is_settled(day):
        # It was finished when it was stored: fetched again, it does not become young.
        return True
    if _age(question, day) > PATIENCE_DAYS:
        return True
    end = day_start_utc(day + DAY, site.tz)
    if not kind.alone:
        known = evidence.until(site.id)
        if known is not None and known >= end:
            return True
    if reported is None:
        return False
    return reported >= end - (dt.timedelta() if kind.sleeps else question.grain.tolerance)


def _age(question: Question, day: dt.date) -> int:
    """Return for how many days a day has been over, and one more."""
    return (local_date(parse_utc(question.fetched_at), question.window.site.tz) - day).days


def _waits_for_a_hole(question: Question, day: dt.date, evidence: Evidence, *, lacks: bool) -> bool:
    """Return whether a finished day has a hole for which it is to be fetched again.

    Only where the day is new: behind an unfinished day nothing older can be remembered. Where a
    hole has stayed one, the next is not waited for, until there is a whole day again: a meter
    that is never quite there would cost every day four times.
    """
    stream, window = question.kind.stream, question.window
    if stream not in ENERGIES or window.reason != "upkeep" or window.is_settled(day):
        return False
    if lacks and evidence.has_given_up(stream, window.site.id):
        return False
    waits = lacks and _age(question, day) <= HOLE_PATIENCE_DAYS
    if not waits:
        evidence.give_up(stream, window.site.id, given_up=lacks)
    return waits


def _entry(
    question: Question, day: dt.date, found: DayRows, evidence: Evidence, *, finished: bool
) -> tuple[Record, bool]:
    """Return a day's entry in the ledger, and whether it lacks values that others have."""
    kind, grain, site = question.kind, question.grain, question.window.site
    expected, n_points, lacks, is_zero = None, len(found.rows), 0, False
    if grain.step is not None:
        slots = max(1, day_slots(day, site.tz, grain.step))
        total = evidence.total(site.id, day) if grain.divides else None
        if kind.sleeps or not grain.divides:
            lacks = lacking(found, kind.stream, site, day, total)
            expected, n_points = found.n_series * slots, len(found.rows) - lacks
            is_zero = total is not None and total <= SUM_WH
        else:
            lacks = found.n_lacking
            if not found.is_filled and evidence.has_spoken(kind.stream, site.id):
                lacks = len(found.rows)
            expected = (found.n_spoken or found.n_series) * slots
            n_points = found.n_expected - found.n_lacking
    if not finished:
        status = "pending"
    elif not found.is_filled and not lacks and not is_zero:
        status = "empty"
    else:
        status = "partial" if expected is not None and n_points < expected else "complete"
    return {
        **ledger_columns(kind.stream, site, day),
        "n_points": n_points,
        "n_rows": len(found.rows),
        "expected_points": expected,
        "status": status,
        "payload_sha256": rows_hash(found.rows, question.fetched_at),
        "resolution": grain.resolution,
        "api_version": grain.api_version,
        "fetched_at": question.fetched_at,
    }, lacks > 0


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
