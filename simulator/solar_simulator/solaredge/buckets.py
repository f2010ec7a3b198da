"""Buckets on the site's clock, and sums over them."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Self

import numpy as np

from solar_simulator.model import STEP_MINUTES, Series
from solar_simulator.noise import Ints
from solar_simulator.site import Site
from solar_simulator.world import World
from solar_simulator.zones import day_start, local_date, local_time

QUARTER_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Buckets:
    """Consecutive buckets.

    Attributes:
        edges: UTC minutes: each bucket's start, and the end of the last.
        fine: Whether a bucket is shorter than a local day.
    """

    edges: tuple[int, ...]
    fine: bool

    def __len__(self) -> int:
        """How many there are."""
        return max(len(self.edges) - 1, 0)

    @property
    def starts(self) -> tuple[int, ...]:
        """Each bucket's first minute."""
        return self.edges[:-1]

    @property
    def ends(self) -> tuple[int, ...]:
        """The minute after each bucket's last."""
        return self.edges[1:]

    def until(self, minute: int) -> Self:
        """Only the buckets that have begun before a minute."""
        if not self.edges or self.edges[-1] <= minute:
            return self
        count = sum(start < minute for start in self.starts)
        return type(self)(self.edges[: count + 1], self.fine)


@lru_cache(maxsize=512)
def cut(zone: str, resolution: str, start: int, end: int) -> Buckets:
    """The buckets that touch ``[start, end)``, aligned on the local clock.

    Args:
        zone: The site's.
        resolution: ``QUARTER_HOUR``, ``HOUR``, ``DAY``, ``WEEK`` (from Monday), ``MONTH``,
            ``YEAR`` or ``TOTAL`` (one bucket, the window itself).
        start: First UTC minute.
        end: Exclusive end.
    """
    if resolution == "TOTAL":
        return Buckets((start, end), fine=False)
    if resolution in {"QUARTER_HOUR", "HOUR"}:
        return _fine(zone, resolution, start, end)
    day = _floor_day(resolution, local_date(zone, start))
    edges = [day_start(zone, day)]
    while edges[-1] < end:
        day = _next_day(resolution, day)
        edges.append(day_start(zone, day))
    return Buckets(tuple(edges), fine=False)


def _fine(zone: str, resolution: str, start: int, end: int) -> Buckets:
    first = start // QUARTER_MINUTES * QUARTER_MINUTES
    quarters = range(first, end + QUARTER_MINUTES, QUARTER_MINUTES)
    if resolution == "QUARTER_HOUR":
        edges = [quarter for quarter in quarters if quarter < end + QUARTER_MINUTES]
        while len(edges) > 1 and edges[-2] >= end:
            edges.pop()
        return Buckets(tuple(edges), fine=True)
    # An hour begins where the wall's hour or the offset changes, so that a clock change
    # of half an hour makes short hours, not shifted ones.
    while _hour(zone, first) == _hour(zone, first - QUARTER_MINUTES):
        first -= QUARTER_MINUTES
    edges = [first]
    minute = first
    while edges[-1] < end:
        minute += QUARTER_MINUTES
        if _hour(zone, minute) != _hour(zone, minute - QUARTER_MINUTES):
            edges.append(minute)
    return Buckets(tuple(edges), fine=True)


def _hour(zone: str, minute: int) -> tuple[int, int, timedelta | None]:
    wall = local_time(zone, minute)
    return wall.toordinal(), wall.hour, wall.utcoffset()


def _floor_day(resolution: str, day: date) -> date:
    if resolution == "WEEK":
        return day - timedelta(days=day.weekday())
    if resolution == "MONTH":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if resolution == "YEAR" else day


def _next_day(resolution: str, day: date) -> date:
    if resolution == "MONTH":
        return date(day.year + day.month // 12, day.month % 12 + 1, 1)
    if resolution == "YEAR":
        return date(day.year + 1, 1, 1)
    return day + timedelta(days=7 if resolution == "WEEK" else 1)


def bucket_series(world: World, site: Site, buckets: Buckets) -> Series:
    """Five-minute steps from the local midnight before the first bucket to the last."""
    midnight = day_start(site.zone, local_date(site.zone, buckets.edges[0]))
    return world.steps(site.site_id, midnight, buckets.edges[-1])


def sums(series: Series, values: Ints, buckets: Buckets) -> Ints:
    """Sums of a column of five-minute steps over each bucket."""
    return np.diff(_running(values)[_positions(series, buckets)])


def rounded_wh(
    series: Series, values: Ints, zone: str, buckets: Buckets, *, per_wh: int = 1
) -> list[float]:
    """Watt-hours of each fine bucket, rounded so that nothing adds up over a day.

    What is rounded is the energy since local midnight, and a bucket is the difference of
    two such readings: the sum of a day is off by less than one last digit.

    Args:
        series: Steps from a local midnight on.
        values: Watt-minutes by step.
        zone: The site's.
        buckets: Fine buckets within the series.
        per_wh: Steps of rounding in a watt-hour: 1, 10, 100.
    """
    running = _running(values)
    at = _positions(series, buckets)
    base = running[(_midnights(zone, buckets) - series.start_minute) // STEP_MINUTES]
    begin, end = (_ticks(running[edge] - base, per_wh) for edge in (at[:-1], at[1:]))
    wh: list[float] = ((end - begin) / per_wh).tolist()
    return wh


@lru_cache(maxsize=512)
def _midnights(zone: str, buckets: Buckets) -> Ints:
    """The local midnight before each bucket."""
    return np.array([day_start(zone, local_date(zone, start)) for start in buckets.starts])


def _ticks(energy_wmin: Ints, per_wh: int) -> Ints:
    return (energy_wmin * per_wh + 30) // 60


def _running(values: Ints) -> Ints:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(values)))


def _positions(series: Series, buckets: Buckets) -> Ints:
    return (np.array(buckets.edges) - series.start_minute) // STEP_MINUTES
