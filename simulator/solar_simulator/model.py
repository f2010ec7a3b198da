"""Any stretch of any site's time, computed when asked for and kept for a while."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from solar_simulator.battery import Clamp, summary
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow, MinuteDay, Wishes, settle, solar_wanted, wishes
from solar_simulator.site import Site
from solar_simulator.units import MINUTES_PER_DAY

STEP_MINUTES = 5
_STEPS = MINUTES_PER_DAY // STEP_MINUTES
_BLOCK_DAYS = 32


@dataclass(frozen=True, slots=True)
class _KeptDay:
    """A day as it is kept: a series without its times, in small integers."""

    flows: NDArray[np.int32]
    inverter_pv: NDArray[np.int32]
    inverter_ac: NDArray[np.int32]
    store: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Series:
    """Sums over consecutive steps of equal length.

    Attributes:
        start_minute: UTC minute in which the first step begins.
        step_minutes: Length of a step.
        flows: Watt-minutes by :class:`Flow` and step.
        inverter_pv: PV in watt-minutes by inverter and step.
        inverter_ac: AC output in watt-minutes by inverter and step.
        store: Energy in the battery at the beginning of each step, and at the end of the
            last: one value more than there are steps.
    """

    start_minute: int
    step_minutes: int
    flows: Ints
    inverter_pv: Ints
    inverter_ac: Ints
    store: Ints


class Model:
    """All sites of a scenario, at any time.

    Days are made on demand and a bounded number of them is kept, so years of thousands
    of sites cost no memory. Safe to share between threads.

    Args:
        seed: Same seed, same numbers.
        sites: The sites by id.
        kept_days: How many five-minute days to keep (about 21 kB each).
    """

    def __init__(self, seed: int, sites: dict[str, Site], *, kept_days: int = 8192) -> None:
        self.seed = seed
        self.sites = sites
        self._wishes: Callable[[str, int], Wishes] = lru_cache(maxsize=16)(self._make_wishes)
        self.minute_day: Callable[[str, int], MinuteDay] = lru_cache(maxsize=32)(self._make_day)
        self._steps: Callable[[str, int], _KeptDay] = lru_cache(maxsize=kept_days)(self._make_steps)
        self._day_sums: Callable[[str, int], Ints] = lru_cache(maxsize=65536)(self._sum_day)
        self._block_sums: Callable[[str, int], Ints] = lru_cache(maxsize=16384)(self._sum_block)
        self._store_clamp: Callable[[str, int], Clamp] = lru_cache(maxsize=65536)(self._clamp_store)
        self._solar_clamp: Callable[[str, int], Clamp] = lru_cache(maxsize=65536)(self._clamp_solar)
        self._start: Callable[[str, int], int] = lru_cache(maxsize=65536)(self._find_start)

    def steps(self, site_id: str, start_minute: int, end_minute: int) -> Series:
        """Five-minute sums of ``[start_minute, end_minute)``.

        Raises:
            ValueError: If an end is not on a full five minutes.
        """
        if start_minute % STEP_MINUTES or end_minute % STEP_MINUTES or end_minute <= start_minute:
            message = f"[{start_minute}, {end_minute}) is not made of full five minutes"
            raise ValueError(message)
        first, last = start_minute // MINUTES_PER_DAY, (end_minute - 1) // MINUTES_PER_DAY
        days = [self._steps(site_id, day) for day in range(first, last + 1)]
        begin = (start_minute - first * MINUTES_PER_DAY) // STEP_MINUTES
        end = begin + (end_minute - start_minute) // STEP_MINUTES
        store = [day.store[:-1] for day in days[:-1]] + [days[-1].store]
        return Series(
            start_minute,
            STEP_MINUTES,
            _joined([day.flows for day in days], begin, end),
            _joined([day.inverter_pv for day in days], begin, end),
            _joined([day.inverter_ac for day in days], begin, end),
            _joined(store, begin, end + 1),
        )

    def warm(self, site_id: str, start_minute: int, end_minute: int) -> None:
        """Work out ``[start_minute, end_minute)`` of a site in advance."""
        for day in range(start_minute // MINUTES_PER_DAY, (end_minute - 1) // MINUTES_PER_DAY + 1):
            self._steps(site_id, day)

    def energy(self, site_id: str, start_minute: int, end_minute: int) -> Ints:
        """Watt-minutes by :class:`Flow` in ``[start_minute, end_minute)``, exact."""
        return self.totals(site_id, start_minute, end_minute)[: len(Flow)]

    def inverter_energy(self, site_id: str, start_minute: int, end_minute: int) -> Ints:
        """AC output in watt-minutes by inverter in ``[start_minute, end_minute)``, exact."""
        return self.totals(site_id, start_minute, end_minute)[len(Flow) :]

    def totals(self, site_id: str, start_minute: int, end_minute: int) -> Ints:
        """Watt-minutes by :class:`Flow`, and after them the AC output of each inverter."""
        start_minute = max(start_minute, self.sites[site_id].installed_minute)
        total = self._nothing(site_id)
        if end_minute <= start_minute:
            return total
        first, into = divmod(start_minute, MINUTES_PER_DAY)
        last, until = divmod(end_minute, MINUTES_PER_DAY)
        if first == last:
            return total + self._sum(site_id, first, into, until)
        if into:
            total += self._sum(site_id, first, into, MINUTES_PER_DAY)
            first += 1
        if until:
            total += self._sum(site_id, last, 0, until)
        while first < last:
            if first % _BLOCK_DAYS == 0 and first + _BLOCK_DAYS <= last:
                total += self._block_sums(site_id, first // _BLOCK_DAYS)
                first += _BLOCK_DAYS
            else:
                total += self._day_sums(site_id, first)
                first += 1
        return total

    def lifetime(self, site_id: str, end_minute: int) -> Ints:
        """Watt-minutes by :class:`Flow` from the installation to ``end_minute``."""
        return self.energy(site_id, self.sites[site_id].installed_minute, end_minute)

    def store(self, site_id: str, minute: int) -> int:
        """Energy in the battery at an instant, in watt-minutes."""
        day, into = divmod(minute, MINUTES_PER_DAY)
        return int(self.minute_day(site_id, day).store[into])

    def _make_wishes(self, site_id: str, utc_day: int) -> Wishes:
        return wishes(self.seed, self.sites[site_id], utc_day)

    def _make_day(self, site_id: str, utc_day: int) -> MinuteDay:
        site = self.sites[site_id]
        store = self._start(site_id, utc_day)
        solar = self._solar_start(site_id, utc_day)
        return settle(site, self._wishes(site_id, utc_day), store, solar)

    def _make_steps(self, site_id: str, utc_day: int) -> _KeptDay:
        day = self.minute_day(site_id, utc_day)
        return _KeptDay(
            _added(day.flows, STEP_MINUTES),
            _added(day.inverter_pv, STEP_MINUTES),
            _added(day.inverter_ac, STEP_MINUTES),
            day.store[::STEP_MINUTES].astype(np.int32),
        )

    def _nothing(self, site_id: str) -> Ints:
        return np.zeros(len(Flow) + len(self.sites[site_id].inverters), dtype=np.int64)

    def _sum(self, site_id: str, utc_day: int, into: int, until: int) -> Ints:
        day = self.minute_day(site_id, utc_day)
        parts = (day.flows[:, into:until], day.inverter_ac[:, into:until])
        return np.concatenate([part.sum(axis=1) for part in parts])

    def _sum_day(self, site_id: str, utc_day: int) -> Ints:
        return self._sum(site_id, utc_day, 0, MINUTES_PER_DAY)

    def _sum_block(self, site_id: str, block: int) -> Ints:
        days = range(block * _BLOCK_DAYS, (block + 1) * _BLOCK_DAYS)
        total = self._nothing(site_id)
        for day in days:
            total += self._day_sums(site_id, day)
        return total

    def _clamp_store(self, site_id: str, utc_day: int) -> Clamp:
        battery = self.sites[site_id].battery
        if battery is None:
            return Clamp(0, 0, 0)
        wanted = self._wishes(site_id, utc_day).wanted
        return summary(wanted, battery.floor_wmin, battery.capacity_wmin)

    def _clamp_solar(self, site_id: str, utc_day: int) -> Clamp:
        battery = self.sites[site_id].battery
        if battery is None:
            return Clamp(0, 0, 0)
        # Which part of the store is solar does not change the flows' sums used here.
        day = settle(
            self.sites[site_id], self._wishes(site_id, utc_day), self._start(site_id, utc_day), 0
        )
        return summary(solar_wanted(day.flows, day.store), 0, battery.capacity_wmin)

    def _find_start(self, site_id: str, utc_day: int) -> int:
        battery = self.sites[site_id].battery
        if battery is None:
            return 0
        return self._look_back(site_id, utc_day, self._store_clamp, battery.floor_wmin)

    def _solar_start(self, site_id: str, utc_day: int) -> int:
        if not self.sites[site_id].grid_charged:
            return 0
        return self._look_back(site_id, utc_day, self._solar_clamp, 0)

    def _look_back(
        self, site_id: str, utc_day: int, clamp_of: Callable[[str, int], Clamp], initial: int
    ) -> int:
        """The state as a day begins, from as few days before it as decide it."""
        first = self.sites[site_id].installed_minute // MINUTES_PER_DAY
        if utc_day <= first:
            return initial
        since = clamp_of(site_id, utc_day - 1)
        for day in range(utc_day - 2, first - 1, -1):
            if since.forgets:
                break
            since = since.after(clamp_of(site_id, day))
        return since(initial)


def _added(values: Ints, steps: int) -> NDArray[np.int32]:
    """Sums of some steps each, in half the room: a day is kept, not computed with."""
    shape = (*values.shape[:-1], values.shape[-1] // steps, steps)
    total: NDArray[np.int32] = values.reshape(shape).sum(axis=-1).astype(np.int32)
    return total


def _joined(days: list[NDArray[np.int32]], begin: int, end: int) -> Ints:
    """Days one after the other, from one step to before another."""
    parts = []
    for day in days:
        count = day.shape[-1]
        if begin < count and end > 0:
            parts.append(day[..., max(begin, 0) : end])
        begin, end = begin - count, end - count
    return np.concatenate(parts, axis=-1, dtype=np.int64)
