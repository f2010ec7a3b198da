"""Which stretch of time a level and a date mean, and how far it is published."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from solar_simulator.model import STEP_MINUTES
from solar_simulator.sigen.envelope import SigenError
from solar_simulator.site import Site
from solar_simulator.world import World
from solar_simulator.zones import (
    YEARS,
    day_start,
    from_minute,
    local_date,
    local_minutes,
    local_time,
    to_minute,
)

LEVELS = ("day", "week", "month", "year", "lifetime")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FORMS = {
    "compact": "%Y%m%d %H:%M",
    "iso": "%Y-%m-%d %H:%M",
    "iso_seconds": "%Y-%m-%d %H:%M:%S",
    "utc": "%Y-%m-%dT%H:%M:%SZ",
    "offset": "%Y-%m-%dT%H:%M:%S",
}
# Days, months and years are named, not timed.
_COARSE_FORMS = {**_FORMS, "utc": _FORMS["iso"], "offset": _FORMS["iso"]}
# What a row of a level stands for is a day, a month or a year.
_SHORT_FORMS = {"week": "%Y%m%d", "month": "%Y%m%d", "year": "%Y%m", "lifetime": "%Y"}


@dataclass(frozen=True, slots=True)
class Period:
    """A period of whole local days.

    Attributes:
        first: First local date.
        after: The local date after the last.
    """

    first: date
    after: date

    def bounds(self, site: Site) -> tuple[int, int]:
        """First UTC minute, and exclusive end."""
        return day_start(site.zone, self.first), day_start(site.zone, self.after)


def day_before(site: Site, start: int) -> int:
    """First UTC minute of the local day before the one that begins at a minute."""
    return day_start(site.zone, local_date(site.zone, start) - timedelta(days=1))


def read_level(text: str | None) -> str:
    """A level in any case.

    Raises:
        SigenError: 1000 for any other word.
    """
    level = (text or "").lower()
    if level not in LEVELS:
        raise SigenError(1000)
    return level


def read_date(text: str | None) -> date:
    """A date as ``yyyy-MM-dd`` and nothing else.

    Raises:
        SigenError: 1000 for any other form.
    """
    if text is None or not _DATE.fullmatch(text):
        raise SigenError(1000)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise SigenError(1000) from None
    if day.year not in YEARS:
        raise SigenError(1000)
    return day


def period(level: str, day: date) -> Period:
    """The day, the week (from Monday), the month or the year that holds a date."""
    if level == "day":
        return Period(day, day + timedelta(days=1))
    if level == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=7))
    if level == "month":
        return Period(day.replace(day=1), _next_month(day))
    return Period(date(day.year, 1, 1), date(day.year + 1, 1, 1))


def lifetime(site: Site, today: date) -> Period:
    """From the year of the installation to the present one."""
    return Period(
        date(local_date(site.zone, site.installed_minute).year, 1, 1), date(today.year + 1, 1, 1)
    )


def parts(level: str, whole: Period) -> list[Period]:
    """What the rows of a level stand for: days, months or years."""
    found = []
    first = whole.first
    while first < whole.after:
        if level in {"week", "month"}:
            after = first + timedelta(days=1)
        elif level == "year":
            after = _next_month(first)
        else:
            after = date(first.year + 1, 1, 1)
        found.append(Period(first, after))
        first = after
    return found


def published_minute(world: World, site: Site) -> int:
    """The newest five-minute stamp that history shows by now."""
    lag = timedelta(seconds=world.switches.get("sigen.row_lag_seconds", site.site_id))
    return full_steps(to_minute(world.clock.now() - lag))


def full_steps(minute: int) -> int:
    """The last full five minutes."""
    return minute // STEP_MINUTES * STEP_MINUTES


@lru_cache(maxsize=2048)
def day_labels(zone: str, start: int, end: int, form: str) -> tuple[str, ...]:
    """The wall-clock labels of each five minutes from ``start`` to before ``end``."""
    return tuple(_label(zone, minute, form) for minute in range(start, end, STEP_MINUTES))


def _label(zone: str, minute: int, form: str) -> str:
    if form == "offset":
        return local_time(zone, minute).isoformat()
    at = from_minute(minute) if form == "utc" else local_time(zone, minute)
    return f"{at:{_FORMS[form]}}"


def coarse_label(level: str, first: date, form: str, *, short: bool) -> str:
    """The label of a row of days, months or years: its first instant, or just its name."""
    return f"{first:{_SHORT_FORMS[level] if short else _COARSE_FORMS[form]}}"


def skipped_labels(zone: str, start: int, end: int, form: str) -> tuple[int, tuple[str, ...]]:
    """The labels that a day's clock change skips, and the row they would stand before.

    Returns:
        A row number and labels; no labels on every other day.
    """
    walls = local_minutes(zone, start, end - start)[::STEP_MINUTES].tolist()
    for row, (wall, following) in enumerate(pairwise(walls), start=1):
        if following > wall + STEP_MINUTES:
            gap = range(wall + STEP_MINUTES, following, STEP_MINUTES)
            return row, tuple(f"{from_minute(minute):{_FORMS[form]}}" for minute in gap)
    return 0, ()


@lru_cache(maxsize=2048)
def repeated(zone: str, start: int, end: int) -> tuple[int, ...]:
    """For each five minutes: 0, or 1 in the first and 2 in the second pass of an hour."""
    walls = local_minutes(zone, start, end - start)[::STEP_MINUTES].tolist()
    often = Counter(walls)
    seen: set[int] = set()
    passes = []
    for wall in walls:
        passes.append(0 if often[wall] == 1 else 2 if wall in seen else 1)
        seen.add(wall)
    return tuple(passes)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
