"""``from``, ``to``, ``resolution`` and ``unit`` of a v2 call (docs/vendors/solaredge.md, v2)."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from solar_simulator.site import Site
from solar_simulator.solaredge.buckets import Buckets, cut
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.world import World
from solar_simulator.zones import YEARS, day_start, from_minute, local_date, local_time, to_minute

RESOLUTIONS = ("QUARTER_HOUR", "HOUR", "DAY", "WEEK", "MONTH", "YEAR", "TOTAL")
ENERGY_UNITS = {"WH": 1, "KWH": 1_000, "MWH": 1_000_000, "GWH": 1_000_000_000}
POWER_UNITS = {"W": 1, "KW": 1_000, "MW": 1_000_000}

_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_SPANS = {
    "documented": {"QUARTER_HOUR": timedelta(hours=12), "HOUR": timedelta(hours=24)},
    "excluded": {"QUARTER_HOUR": timedelta(hours=11.75), "HOUR": timedelta(hours=23)},
    "whole_day": {"QUARTER_HOUR": timedelta(hours=25), "HOUR": timedelta(hours=25)},
}
_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Window:
    """What a call asks for.

    Attributes:
        begin: Inclusive, on the site's clock.
        end: Exclusive, on the site's clock; the running instant where none was given.
        resolution: Bucket size.
        buckets: The buckets that touch it and have begun by now.
        now_minute: The running minute, which ends all data.
        open_end: Whether the end is just "now".
    """

    begin: datetime
    end: datetime
    resolution: str
    buckets: Buckets
    now_minute: int
    open_end: bool

    def period(self) -> dict[str, str]:
        """The answer's ``period``; an open end has nanoseconds, as recorded."""
        end = self.end.isoformat()
        if self.open_end:
            nanoseconds = f"{self.end.microsecond:06d}916"
            end = f"{self.end:%Y-%m-%dT%H:%M:%S}.{nanoseconds}{end[-6:]}"
        return {"from": self.begin.isoformat(timespec="seconds"), "to": end}


def read_window(world: World, site: Site, query: Mapping[str, str]) -> Window:
    """Read a window from a query.

    Defaults: from local midnight to now, by quarter-hours.

    Raises:
        ProblemError: 400 for what cannot be read, for a reversed window and for a span longer
            than the resolution allows.
    """
    resolution = query.get("resolution", "QUARTER_HOUR")
    if resolution not in RESOLUTIONS:
        raise ProblemError(400, f"Unknown resolution '{resolution}'")
    now = world.clock.now().astimezone(ZoneInfo(site.zone))
    now_minute = to_minute(now)
    open_end = "to" not in query
    end = now if open_end else _instant(site, query["to"], "to")
    today = day_start(site.zone, local_date(site.zone, min(to_minute(end), now_minute)))
    begin = _instant(site, query["from"], "from") if "from" in query else _wall(site, today)
    if end <= begin:
        raise ProblemError(400, "'from' must be before 'to'")
    if "from" in query or "to" in query:
        _check_span(world, site, resolution, begin, end)
    if end > now and world.switches.get("solaredge.refuse_future_to", site.site_id):
        raise ProblemError(400, "'to' must not be in the future")
    first, last = to_minute(begin), -(-int(end.timestamp()) // 60)
    if not open_end and world.switches.get("solaredge.to_inclusive", site.site_id):
        last += 1
    buckets = cut(site.zone, resolution, first, max(last, first + 1))
    if world.switches.get("solaredge.future_rows", site.site_id) == "absent":
        buckets = buckets.until(now_minute + 1)
    return Window(begin, end, resolution, buckets, now_minute, open_end)


def read_unit(query: Mapping[str, str], units: Mapping[str, int]) -> tuple[str, int]:
    """The unit's name, and how many of the base unit it holds.

    Raises:
        ProblemError: 400 for an unknown unit.
    """
    unit = query.get("unit", next(iter(units)))
    if unit not in units:
        raise ProblemError(400, f"Unknown unit '{unit}'")
    return unit, units[unit]


def stamp(site: Site, minute: int) -> str:
    """An instant with the site's offset, to the second."""
    return local_time(site.zone, minute).isoformat()


@lru_cache(maxsize=512)
def stamps(zone: str, minutes: tuple[int, ...]) -> tuple[str, ...]:
    """Instants with a zone's offset, to the second."""
    return tuple(local_time(zone, minute).isoformat() for minute in minutes)


def _instant(site: Site, text: str, name: str) -> datetime:
    zone = ZoneInfo(site.zone)
    # A plus sign that nobody encoded arrives as a blank.
    shortened = _LONG_FRACTION.sub(r"\1", text.replace(" ", "+") if "T" in text else text)
    try:
        at = datetime.fromisoformat(shortened)
    except ValueError:
        at = None
    if at is None or at.year not in YEARS:
        raise ProblemError(400, f"'{name}' is not an ISO 8601 date-time: '{text}'")
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


def _wall(site: Site, minute: int) -> datetime:
    return from_minute(minute).astimezone(ZoneInfo(site.zone))


def _check_span(world: World, site: Site, resolution: str, begin: datetime, end: datetime) -> None:
    limits = world.switches.get("solaredge.span_limits", site.site_id)
    if limits == "none":
        return
    # Subtracting two instants of one zone would compare their walls.
    length = timedelta(seconds=end.timestamp() - begin.timestamp())
    longest = _SPANS[limits].get(resolution)
    too_long = longest is not None and length > longest
    if resolution == "DAY":
        month = world.switches.get("solaredge.month", site.site_id)
        days = timedelta(days=25) if month == "25_days" else _MONTH
        too_long = length > days + timedelta(hours=1)
        if month == "calendar":
            too_long = end > _month_later(begin)
    if too_long:
        raise ProblemError(400, f"Date range exceeds the maximum for resolution {resolution}")


def _month_later(begin: datetime) -> datetime:
    """The same day and wall clock of the next month, or that month's last day."""
    year, month = begin.year + begin.month // 12, begin.month % 12 + 1
    day = min(begin.day, calendar.monthrange(year, month)[1])
    return begin.replace(year=year, month=month, day=day)
