"""The labels of a day's rows held against the day that was requested.

A label is a wall clock of the system; an explicit zone (`Z`, `+01:00`) is honoured. A row counts
once, on the day that its label names, and not before the instant that it tells of.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import (
    DAY,
    UTC,
    day_start_utc,
    local_text,
    parse_utc,
    plain_instants,
    resolve,
    utc_text,
)
from tap_sigen.passes import tell_passes

if TYPE_CHECKING:
    import zoneinfo
    from collections.abc import Callable, Collection, Iterable, Sequence

    from solar_tap_kit.fields import Record
    from tap_sigen.passes import Counters

_ZERO = dt.time()
STEP = dt.timedelta(minutes=5)
AHEAD = dt.timedelta(minutes=15)
"""How far the cloud's clock may be ahead of this machine's."""

REASONS = {
    "rows_of_another_day": "the answer holds rows of another day; they are left out",
    "rows_ahead": "the answer holds rows later than itself; they do not count",
    "rows_contradict": "rows of one time hold different values; none of them counts",
    "rows_repeated": "rows came several times; each counts once",
    "labels_unreadable": "rows have no readable time; they do not count",
    "pass_unknown": "the hour that comes twice is there once, and the counters do not tell which "
    "of the two it is; its rows do not count",
    "pass_missing": "the hour that comes twice is there once",
    "offset_contradicts_zone": "labels carry an offset that the system's zone does not have; "
    "time_zones can name the zone",
    "rows_without_values": "rows hold no value at all; they do not count",
}
"""Why a day is not complete, or what was odd about its rows; the gravest first."""


@dataclass(frozen=True, slots=True)
class IntervalClock:
    """The raw contract's columns of a day's rows, in order of appearance.

    Attributes:
        same: Columns that have one value for all rows.
        cells: Columns with a value for each row that is kept.
        kept: Positions in the answer of the rows that are kept, or None for all.
        points: How many five-minute points of the day have a row that counts.
        last: The latest instant that counts, or None.
        strays: How many rows belong to another day.
        reasons: What is odd, as keys of `REASONS` in their order.
    """

    same: Record
    cells: dict[str, Sequence[Any]]
    kept: Sequence[int] | None
    points: int
    last: str | None
    strays: int = 0
    reasons: tuple[str, ...] = ()

    def joined(self, records: Iterable[Record], more: Record) -> list[Record]:
        """Return the records that are kept with these columns, and with `more` for all of them."""
        fixed = {**more, **self.same}
        rows = zip(records, zip(*self.cells.values(), strict=True), strict=True)
        return [{**row, **fixed, **dict(zip(self.cells, own, strict=True))} for row, own in rows]


@dataclass(frozen=True, slots=True)
class Question:
    """What was requested, and when.

    Attributes:
        day: The local day.
        tz: The system's zone.
        fetched_at: When the answer was fetched; one value for all of its rows.
    """

    day: dt.date
    tz: zoneinfo.ZoneInfo
    fetched_at: str


@dataclass(slots=True)
class _Row:
    """A row's place in the answer and in time.

    Attributes:
        seq: Its position in the answer.
        utc: The instant of its label.
        local: The wall clock at the site, or None without a readable label.
        offset_minutes: Local minus UTC.
        counts: Whether models may use it.
    """

    seq: int
    utc: dt.datetime
    local: dt.datetime | None
    offset_minutes: int | None
    counts: bool


def interval_clock(
    labels: Sequence[object],
    question: Question,
    values: Callable[[int], Any],
    blank: Collection[int] = (),
    counters: Counters | None = None,
) -> IntervalClock:
    """Return the time columns of a day's rows.

    Args:
        labels: What each row carries as `dataTime`.
        question: What was requested.
        values: Returns what a row holds beside its label, to compare rows of one time.
        blank: Positions of rows without any value.
        counters: The rows' counters; without them an hour that comes once is the first pass.
    """
    if not blank and (common := _common(labels, question)) is not None:
        return common
    return _Checked(labels, question, values, blank, counters).clock()


def parse_label(text: object) -> dt.datetime | None:
    """Return a row's label; Sigen writes `20251031 13:05` and `2025-10-31 13:05[:00]`.

    One with an explicit zone is aware.
    """
    if not isinstance(text, str):
        return None
    try:
        label = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    # At the ends of the calendar a zone's offset leads out of it.
    return label if dt.MINYEAR < label.year < dt.MAXYEAR else None


def local_day(text: object, tz: dt.tzinfo) -> dt.date | None:
    """Return the local day that a row's label names."""
    label = parse_label(text)
    if label is None:
        return None
    return (label if label.tzinfo is None else label.astimezone(tz)).date()


def offset_minutes(instant: dt.datetime, tz: zoneinfo.ZoneInfo) -> int:
    """Return local minus UTC at an instant, minutes."""
    offset = instant.astimezone(tz).utcoffset() or dt.timedelta()
    return round(offset.total_seconds() / 60)


def _same(question: Question) -> Record:
    return {"local_date": question.day.isoformat(), "fetched_at": question.fetched_at}


def _common(labels: Sequence[object], question: Question) -> IntervalClock | None:
    """Return the columns of the common form on a common day; any other goes label by label."""
    local_day = question.day.isoformat()
    prefix = f"{question.day:%Y%m%d} "
    if not (
        set(map(type, labels)) <= {str} and all(map(str.startswith, labels, repeat(prefix)))  # type: ignore[arg-type]
    ):
        return None
    times = [label[len(prefix) :] for label in labels]  # type: ignore[index]
    plain = plain_instants(times, question.day, question.tz)
    if plain is None or _points(tuple(times)) < len(times):
        return None
    offset, instants = plain
    if instants and instants[-1] > utc_text(parse_utc(question.fetched_at) + AHEAD):
        return None
    return IntervalClock(
        {**_same(question), "utc_offset_minutes": offset, "is_valid_local_time": True},
        {
            "seq": range(len(labels)),
            "recorded_at": instants,
            "local_time": [f"{local_day} {time}:00" for time in times],
        },
        kept=None,
        points=len(labels),
        last=instants[-1] if instants else None,
    )


@lru_cache(maxsize=64)
def _points(times: tuple[str, ...]) -> int:
    """Return how many five-minute points labels `HH:MM` of one day fall on."""
    return len({(time[:2], int(time[3:]) // 5) for time in times})


class _Checked:
    """A day's rows, label by label."""

    def __init__(
        self,
        labels: Sequence[object],
        question: Question,
        values: Callable[[int], Any],
        blank: Collection[int],
        counters: Counters | None,
    ) -> None:
        self._question = question
        self._values = values
        self._counters = counters
        self._blank = frozenset(blank)
        self._found: set[str] = {"rows_without_values"} if blank else set()
        self._start = day_start_utc(question.day, question.tz)
        self._strays: list[dt.datetime] = []
        self._rows = self._in_time([parse_label(label) for label in labels])

    def clock(self) -> IntervalClock:
        """Return the columns of the rows that are kept."""
        rows = self._rows
        self._leave_out_future(rows)
        self._leave_out_repeated(rows)
        # The day's last instant may be labelled as the first of the next one.
        if self._strays and self._strays != [dt.datetime.combine(self._question.day + DAY, _ZERO)]:
            self._found.add("rows_of_another_day")
        speaking = [row.utc for row in rows if row.counts and row.seq not in self._blank]
        seq = [row.seq for row in rows]
        columns: dict[str, Sequence[Any]] = {
            "recorded_at": [utc_text(row.utc) for row in rows],
            "local_time": [None if row.local is None else local_text(row.local) for row in rows],
            "utc_offset_minutes": [row.offset_minutes for row in rows],
            "is_valid_local_time": [row.counts for row in rows],
        }
        return IntervalClock(
            _same(self._question),
            {"seq": seq, **columns},
            kept=seq,
            points=len({(utc - self._start) // STEP for utc in speaking}),
            last=utc_text(max(speaking)) if speaking else None,
            strays=len(self._strays),
            reasons=tuple(reason for reason in REASONS if reason in self._found),
        )

    def _in_time(self, labels: Sequence[dt.datetime | None]) -> list[_Row]:
        """Return the rows of the day; those of another day are noted in `_strays`."""
        day, tz = self._question.day, self._question.tz
        echoes = self._echoes(labels)
        naive = {
            seq: label
            for seq, label in enumerate(labels)
            if label and not label.tzinfo and label.date() == day and seq not in echoes
        }
        passes = tell_passes(naive, self._question, self._counters)
        if passes.reason:
            self._found.add(passes.reason)
        resolved = resolve(naive.values(), tz, second_from=passes.second_from)
        rows: list[_Row] = []
        for seq, label in enumerate(labels):
            if label is None:
                # Kept, because no row may be lost; its instant is there to sort by.
                self._found.add("labels_unreadable")
                rows.append(_Row(seq, self._start, None, None, counts=False))
                continue
            local = (label.astimezone(tz) if label.tzinfo else label).replace(tzinfo=None, fold=0)
            if local.date() != day:
                self._strays.append(local)
            elif label.tzinfo:
                self._compare_offset(label)
                offset = offset_minutes(label, tz)
                rows.append(_Row(seq, label.astimezone(UTC), local, offset, counts=True))
            elif seq in echoes:
                rows.append(dataclasses.replace(rows[-1], seq=seq))
            else:
                when = next(resolved)
                counts = when.exists and seq not in passes.unknown
                rows.append(_Row(seq, when.utc, local, when.offset_minutes, counts))
        return rows

    def _echoes(self, labels: Sequence[dt.datetime | None]) -> set[int]:
        """Return the rows that say again what the row before them says.

        In the hour that comes twice such a row is not the second pass.
        """
        return {
            seq
            for seq, (before, label) in enumerate(pairwise(labels), start=1)
            if label is not None and label == before and self._values(seq) == self._values(seq - 1)
        }

    def _compare_offset(self, label: dt.datetime) -> None:
        said = label.utcoffset()
        if said and said != label.astimezone(self._question.tz).utcoffset():
            self._found.add("offset_contradicts_zone")

    def _leave_out_future(self, rows: Sequence[_Row]) -> None:
        latest = parse_utc(self._question.fetched_at) + AHEAD
        for row in rows:
            if row.counts and row.utc > latest:
                row.counts = False
                self._found.add("rows_ahead")

    def _leave_out_repeated(self, rows: Sequence[_Row]) -> None:
        """Let the first of equal rows count, and none of rows that contradict each other."""
        first: dict[dt.datetime, _Row] = {}
        contradicted: set[dt.datetime] = set()
        for row in rows:
            if not row.counts:
                continue
            known = first.setdefault(row.utc, row)
            if known is row:
                continue
            row.counts = False
            if self._values(known.seq) == self._values(row.seq):
                self._found.add("rows_repeated")
            else:
                self._found.add("rows_contradict")
                contradicted.add(row.utc)
        for instant in contradicted:
            first[instant].counts = False
