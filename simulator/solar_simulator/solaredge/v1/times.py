"""Times of v1: the site's wall clock without offset (docs/vendors/solaredge.md, v1 time)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from solar_simulator.site import Site
from solar_simulator.solaredge.buckets import QUARTER_MINUTES, Buckets, cut
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.world import World
from solar_simulator.zones import YEARS, from_minute, local_minutes, local_time, to_minute

# v1 word: v2 word, which the buckets go by.
TIME_UNITS = {
    "QUARTER_OF_AN_HOUR": "QUARTER_HOUR",
    "HOUR": "HOUR",
    "DAY": "DAY",
    "WEEK": "WEEK",
    "MONTH": "MONTH",
    "YEAR": "YEAR",
}
_STAMP = "%Y-%m-%d %H:%M:%S"
_FINE = ("QUARTER_OF_AN_HOUR", "HOUR")

Value = float | None
Merge = Callable[[list[float]], float]


class MissingParameterError(Exception):
    """A mandatory parameter is missing or cannot be read: a Tomcat page.

    Args:
        name: The parameter.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"Required parameter '{name}' is not present")


@dataclass(frozen=True, slots=True)
class Span:
    """A window on the site's wall clock.

    Attributes:
        begin: First instant, wall clock.
        end: Last instant, wall clock, included.
    """

    begin: datetime
    end: datetime

    def minutes(self, site: Site) -> tuple[int, int]:
        """First UTC minute, and exclusive end."""
        zone = ZoneInfo(site.zone)
        # The end belongs to the second pass of an hour that comes twice.
        end = self.end.replace(tzinfo=zone, fold=1)
        return to_minute(self.begin.replace(tzinfo=zone)), to_minute(end) + 1


def read_times(query: Mapping[str, str]) -> Span:
    """``startTime`` and ``endTime``.

    Raises:
        MissingParameterError: If one is missing or no time.
        ProblemError: 400 if they are reversed.
    """
    return _ordered(Span(_time(query, "startTime"), _time(query, "endTime")))


def read_dates(query: Mapping[str, str]) -> Span:
    """``startDate`` and ``endDate``, both included; a time of day is ignored.

    Raises:
        MissingParameterError: If one is missing or no date.
        ProblemError: 400 if they are reversed.
    """
    first, last = (_time(query, name).date() for name in ("startDate", "endDate"))
    return _ordered(Span(datetime.combine(first, time()), datetime.combine(last, time(23, 59, 59))))


def read_sensor_times(query: Mapping[str, str]) -> Span:
    """``startDate`` and ``endDate``, which may carry a time; without one, whole days.

    Raises:
        MissingParameterError: If one is missing or no date.
        ProblemError: 400 if they are reversed.
    """
    begin, end = _time(query, "startDate"), _time(query, "endDate")
    if len(query["endDate"]) == len("2026-01-01"):
        end = datetime.combine(end.date(), time(23, 59, 59))
    return _ordered(Span(begin, end))


def read_unit(query: Mapping[str, str]) -> str:
    """``timeUnit``, in upper case only; a day by default.

    Raises:
        MissingParameterError: For any other word.
    """
    unit = query.get("timeUnit", "DAY")
    if unit not in TIME_UNITS:
        name = "timeUnit"
        raise MissingParameterError(name)
    return unit


def check_span(world: World, site: Site, span: Span, unit: str) -> None:
    """A month of quarter-hours or hours, a year of days.

    Raises:
        ProblemError: 403, or 400 by the switch, for a longer window.
    """
    if unit in _FINE:
        limit_month(world, site, span)
    elif unit == "DAY":
        limit_year(world, site, span)


def limit_month(world: World, site: Site, span: Span) -> None:
    """Refuse more than a calendar month, or than the days that the switch allows.

    Raises:
        ProblemError: 403, or 400 by the switch.
    """
    days = float(world.switches.get("solaredge.v1_month_days", site.site_id))
    month = _months_later(span.begin, 1) + timedelta(days=1)
    _limit(world, site, span, span.begin + timedelta(days=days) if days else month)


def limit_year(world: World, site: Site, span: Span) -> None:
    """Refuse more than a calendar year.

    Raises:
        ProblemError: 403, or 400 by the switch.
    """
    _limit(world, site, span, _months_later(span.begin, 12) + timedelta(days=1))


def limit_week(world: World, site: Site, span: Span) -> None:
    """Refuse more than seven days.

    Raises:
        ProblemError: 403, or 400 by the switch.
    """
    _limit(world, site, span, span.begin + timedelta(days=7, seconds=1))


def buckets_of(world: World, site: Site, span: Span, unit: str) -> Buckets:
    """The buckets that touch a span and, but for the switch, have begun by now."""
    start, end = span.minutes(site)
    first = start // QUARTER_MINUTES * QUARTER_MINUTES if unit in _FINE else start
    every = cut(site.zone, TIME_UNITS[unit], first, end)
    if world.switches.get("solaredge.future_rows", site.site_id) == "null":
        return every
    return every.until(world.now_minute() + 1)


def rows(
    world: World,
    site: Site,
    minutes: Sequence[int],
    values: Sequence[Value],
    merge: Merge,
) -> list[tuple[str, Value]]:
    """Labels on the wall clock with their values, clock changes as the switches say.

    Args:
        world: Switches.
        site: Whose wall.
        minutes: UTC minute of each bucket.
        values: One for each.
        merge: Makes one value of the two passes of an hour: a sum, or a mean.
    """
    found = [(label(site, minute), value) for minute, value in zip(minutes, values, strict=True)]
    if world.switches.get("solaredge.v1_autumn", site.site_id) == "collapse":
        found = _collapsed(found, merge)
    if world.switches.get("solaredge.v1_spring", site.site_id) == "null" and len(minutes) > 1:
        found = _with_gap(site, minutes, found)
    return found


def label(site: Site, minute: int, second: int = 0) -> str:
    """An instant on the site's wall clock."""
    wall = local_time(site.zone, minute) + timedelta(seconds=second)
    return wall.replace(tzinfo=None).isoformat(" ")


def _collapsed(found: list[tuple[str, Value]], merge: Merge) -> list[tuple[str, Value]]:
    by_label: dict[str, list[Value]] = {}
    for text, value in found:
        by_label.setdefault(text, []).append(value)
    return [(text, _merged(values, merge)) for text, values in sorted(by_label.items())]


def _merged(values: list[Value], merge: Merge) -> Value:
    present = [value for value in values if value is not None]
    if not present:
        return None
    return present[0] if len(present) == 1 else merge(present)


def _with_gap(
    site: Site, minutes: Sequence[int], found: list[tuple[str, Value]]
) -> list[tuple[str, Value]]:
    step = minutes[1] - minutes[0]
    walls = local_minutes(site.zone, minutes[0], minutes[-1] - minutes[0] + 1)
    whole: list[tuple[str, Value]] = []
    before = int(walls[0])
    for minute, row in zip(minutes, found, strict=False):
        wall = int(walls[minute - minutes[0]])
        # Only what a clock change leaves out: an ordinary step is never longer.
        if step < 1440:  # noqa: PLR2004 - a day
            gap = range(before + step, wall, step)
            whole += [(f"{from_minute(skipped):{_STAMP}}", None) for skipped in gap]
        whole.append(row)
        before = wall
    return whole


def _limit(world: World, site: Site, span: Span, longest_end: datetime) -> None:
    if span.end >= longest_end:
        status = int(world.switches.get("solaredge.v1_span_status", site.site_id))
        raise ProblemError(status, "Date range exceeds the allowed period")


def _months_later(at: datetime, months: int) -> datetime:
    month = at.month - 1 + months
    year, month = at.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return at.replace(year=year, month=month, day=min(at.day, last))


def _time(query: Mapping[str, str], name: str) -> datetime:
    try:
        at = datetime.fromisoformat(query.get(name, ""))
    except ValueError:
        raise MissingParameterError(name) from None
    if at.tzinfo is not None or at.year not in YEARS:
        raise MissingParameterError(name)
    return at


def _ordered(span: Span) -> Span:
    if span.end < span.begin:
        raise ProblemError(400, "The end is before the start")
    return span
