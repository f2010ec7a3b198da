"""What is there, what is missing and why: the coverage model, summed up."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_ops.exporting.kinds import literal, need_relation
from solar_ops.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solar_ops.exporting import Selection
    from solar_ops.settings import Settings
    from solar_ops.warehouse import Warehouse

COVERAGE = "fct_day_coverage"
DAY = dt.timedelta(days=1)

STREAMS_SQL = """
select
    coverage.system_key,
    coverage.stream,
    max(case when coverage.n_points > 0 then coverage.local_date end) as last_day,
    max(case when coverage.status in ('complete', 'partial', 'empty')
        then coverage.local_date end) as settled_until,
    sum(case when coverage.is_hole and coverage.status not in ('before_start', 'pending')
        then 1 else 0 end) as hole_days,
    sum(case when coverage.status = 'set_aside' then 1 else 0 end) as set_aside_days,
    sum(case when coverage.status = 'before_start'{requested} then 1 else 0 end) as days_to_come,
    max(case when coverage.is_hole and coverage.status in ('missing', 'refused')
        then coverage.local_date end) as last_failed_day,
    max(case when coverage.status = 'empty' then coverage.local_date end) as last_empty_day,
    max(case when coverage.status not in ('missing', 'refused', 'before_start')
        then coverage.local_date end) as last_answered_day,
    max(coverage.source_fetched_at_utc) as fetched_at_utc,
    max(systems.system_name) as system_name
from {schema}.fct_day_coverage as coverage
left join {schema}.dim_systems as systems on coverage.system_key = systems.system_key
group by coverage.system_key, coverage.stream
order by coverage.system_key, coverage.stream
"""

HOLES_SQL = """
select vendor, system_id, system_key, stream, local_date, status, reason,
    missing_points, expected_points
from {schema}.fct_day_coverage as coverage
where is_hole and status <> 'pending'{where}
order by vendor, system_id, stream, local_date
"""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream of one system.

    Attributes:
        system_key: The system.
        system_name: What its owner calls it.
        stream: The stream.
        last_day: Newest local day with data.
        settled_until: Newest day whose answer is final.
        hole_days: Days that lack data, not counting those before the first fetch.
        set_aside_days: Days of those whose data is there and contradicts itself.
        days_to_come: Days since the installation, or the tap's `start_date`, not fetched yet.
        fetched_at_utc: When the stream was last fetched.
        is_failing: Whether the vendor gave no answer for the newest days that are due.
        is_silent: Whether the vendor answers for the newest days, without data.
    """

    system_key: str
    system_name: str
    stream: str
    last_day: dt.date | None
    settled_until: dt.date | None
    hole_days: int
    set_aside_days: int
    days_to_come: int
    fetched_at_utc: dt.datetime | None
    is_failing: bool = False
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Neighbouring days that one stream of one system lacks, for the same reason.

    Attributes:
        vendor: sigen or solaredge.
        system_id: The vendor's id.
        stream: The stream.
        first: First local day.
        last: Last local day.
        status: missing, partial, empty, refused, set_aside or before_start.
        reason: Why, in words.
        missing_points: Intervals that are missing; 0 where the ledger cannot tell.
    """

    vendor: str
    system_id: str
    stream: str
    first: dt.date
    last: dt.date
    status: str
    reason: str
    missing_points: int

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.last - self.first).days + 1


def start_dates(settings: Settings) -> dict[str, dt.date]:
    """Return the day before which a vendor's tap requests nothing, where `start_date` is set."""
    found = {}
    for source in SOURCES:
        with contextlib.suppress(ValueError):
            text = settings.get(source.variable("start_date"))[:10]
            found[source.name] = dt.date.fromisoformat(text)
    return found


def _requested(starts: dict[str, dt.date]) -> str:
    """Return the condition that leaves out days before the start dates."""
    return "".join(
        f" and not (coverage.vendor = '{vendor}' and coverage.local_date < date '{first}')"
        for vendor, first in starts.items()
    )


def stream_statuses(warehouse: Warehouse, starts: dict[str, dt.date]) -> list[StreamStatus]:
    """Return every stream of every system.

    Args:
        warehouse: Where the models are.
        starts: See `start_dates`.

    Raises:
        OpsError: The models are not built yet.
    """
    need_relation(warehouse, COVERAGE)
    rows = warehouse.query(
        STREAMS_SQL.format(schema=warehouse.analytics, requested=_requested(starts))
    )
    return [
        StreamStatus(
            system_key=row["system_key"],
            system_name=row["system_name"] or row["system_key"],
            stream=row["stream"],
            last_day=row["last_day"],
            settled_until=row["settled_until"],
            hole_days=int(row["hole_days"]),
            set_aside_days=int(row["set_aside_days"]),
            days_to_come=int(row["days_to_come"]),
            fetched_at_utc=row["fetched_at_utc"],
            is_failing=_is_newer(row["last_failed_day"], row["last_answered_day"]),
            is_silent=_is_newer(row["last_empty_day"], row["last_day"]),
        )
        for row in rows.records()
    ]


def _is_newer(day: dt.date | None, other: dt.date | None) -> bool:
    return day is not None and (other is None or day > other)


def find_gaps(
    warehouse: Warehouse,
    selection: Selection,
    starts: dict[str, dt.date],
    *,
    to_come: bool = False,
) -> list[Gap]:
    """Return what is missing, neighbouring days together.

    Args:
        warehouse: Where the models are.
        selection: Which systems and days to look at.
        starts: See `start_dates`.
        to_come: Whether days before the first fetch count, as far as they will be requested.

    Raises:
        OpsError: The models are not built yet.
    """
    need_relation(warehouse, COVERAGE)
    where = " and status <> 'before_start'"
    if to_come:
        where = f" and (status <> 'before_start' or local_date is not null{_requested(starts)})"
    if selection.sites:
        wanted = ", ".join(literal(site) for site in selection.sites)
        where += f" and (system_id in ({wanted}) or system_key in ({wanted}))"
    if selection.start:
        where += f" and local_date >= date '{selection.start}'"
    if selection.end:
        where += f" and local_date <= date '{selection.end}'"
    rows = warehouse.query(HOLES_SQL.format(schema=warehouse.analytics, where=where))
    return list(
        _joined(
            Gap(
                vendor=row["vendor"],
                system_id=row["system_id"],
                stream=row["stream"],
                first=row["local_date"],
                last=row["local_date"],
                status=row["status"],
                reason=row["reason"],
                missing_points=int(row["missing_points"] or 0),
            )
            for row in rows.records()
        )
    )


def _joined(days: Iterable[Gap]) -> Iterable[Gap]:
    current: Gap | None = None
    for day in days:
        if current is not None and _continues(current, day):
            current = Gap(
                current.vendor, current.system_id, current.stream, current.first, day.last,
                current.status, current.reason, current.missing_points + day.missing_points,
            )  # fmt: skip
            continue
        if current is not None:
            yield current
        current = day
    if current is not None:
        yield current


def _continues(gap: Gap, day: Gap) -> bool:
    return (
        (gap.vendor, gap.system_id, gap.stream, gap.status)
        == (day.vendor, day.system_id, day.stream, day.status)
        and day.first == gap.last + DAY
    )  # fmt: skip
