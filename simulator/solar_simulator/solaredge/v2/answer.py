"""One window of one site, from which every v2 series is taken."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from solar_simulator.model import Series
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.solaredge.buckets import Buckets, bucket_series, rounded_wh, sums
from solar_simulator.solaredge.v2.windows import Window, read_window, stamps
from solar_simulator.tenure import Tenure, tenures
from solar_simulator.units import WMIN_PER_WH
from solar_simulator.world import World

Value = float | None
Points = list[dict[str, object]]

_FINE = ("QUARTER_HOUR", "HOUR")


def inverter_row(index: int) -> int:
    """The row of an inverter's AC output, which stand after the flows."""
    return len(Flow) + index


class Answer:
    """One window of one site.

    Rows are those of :class:`Flow`, then the AC output of each inverter.

    Args:
        world: Physics, clock, switches.
        site: The site.
        window: What was asked.
        tenure: The time of one device, which leaves other buckets null and cuts the one in
            which it came or went; None for values that are no device's own.
    """

    def __init__(
        self, world: World, site: Site, window: Window, tenure: Tenure | None = None
    ) -> None:
        self.world = world
        self.site = site
        self.window = window
        self.buckets = window.buckets if tenure is None else _cut_to(window.buckets, tenure)
        ends = np.array(window.buckets.ends)
        delay = float(world.switches.get("solaredge.data_delay_minutes", site.site_id))
        self.known = window.now_minute - round(delay)
        # The running quarter-hour or hour is null, as recorded; the running day counts.
        self._settled = ends <= self.known if self.buckets.fine else ends > 0
        self._alive = ends > site.installed_minute
        if tenure is not None:
            self._alive &= np.diff(np.array(self.buckets.edges)) > 0

    @classmethod
    def read(cls, world: World, site: Site, query: Mapping[str, str]) -> Self:
        """Read a query and open its window.

        Raises:
            ProblemError: 400 as of the window.
        """
        return cls(world, site, read_window(world, site, query))

    def by_tenure(self, place: str) -> list[tuple[str, Self]]:
        """This answer for each device that stood in a place in the window, by serial."""
        served = tenures(self.site, place)
        if len(served) == 1:
            return [(place, self)]
        start, end = self.window.buckets.edges[0], self.window.buckets.edges[-1]
        return [
            (tenure.serial, type(self)(self.world, self.site, self.window, tenure))
            for tenure in served
            if tenure.overlaps(start, end) and tenure.begin <= self.window.now_minute
        ]

    @property
    def fine(self) -> bool:
        """Whether powers, voltages and states are given at this resolution."""
        return self.window.resolution in _FINE

    def totals(self, row: int) -> Ints:
        """Exact watt-minutes by bucket; nothing after now."""
        if not len(self.buckets):
            return np.zeros(0, dtype=np.int64)
        return self._coarse[row] if not self.buckets.fine else self._fine_sums(row)

    def wh(self, row: int, shown: int | None, *, per_wh: int) -> list[Value]:
        """Watt-hours by bucket.

        Args:
            row: What to add up.
            shown: Row that must have a minute in the bucket, or the value is null; None for
                values that are always there.
            per_wh: Steps of rounding in a watt-hour: 1 or 10.
        """
        if self.buckets.fine and len(self.buckets):
            found = rounded_wh(
                self._series, self._steps[row], self.site.zone, self.buckets, per_wh=per_wh
            )
        else:
            found = np.round(self.totals(row) / WMIN_PER_WH, len(str(per_wh)) - 1).tolist()
        return self._nulled(found, shown)

    def watts(self, row: int, shown: int | None) -> list[Value]:
        """Mean power by bucket, W; null as for energies."""
        mean = self.totals(row) / np.maximum(np.diff(np.array(self.buckets.edges)), 1)
        return self._nulled(np.round(mean, 4).tolist(), shown)

    def store_at_starts(self) -> tuple[Ints, NDArray[np.bool_]]:
        """Energy in the battery as each bucket begins, watt-minutes; fine windows only.

        Returns:
            The energies, and which of them are known.
        """
        starts = np.array(self.window.buckets.starts)
        store = np.zeros(0, dtype=np.int64)
        if len(starts):
            store = self._series.store[(starts - self._series.start_minute) // 5]
        ours = starts == np.array(self.buckets.starts)
        known = (starts <= self.window.now_minute) & (starts >= self.site.installed_minute)
        return store, known & ours & self._alive

    def points(self, values: Sequence[Value], *, at_end: bool = False) -> Points:
        """Values with their stamps: the bucket's start, or its end."""
        stamps = self._stamps[1:] if at_end else self._stamps[:-1]
        return [
            {"timestamp": text, "value": value} for text, value in zip(stamps, values, strict=True)
        ]

    def head(self) -> dict[str, object]:
        """``period`` and ``resolution``."""
        return {"period": self.window.period(), "resolution": self.window.resolution}

    @cached_property
    def _series(self) -> Series:
        return bucket_series(self.world, self.site, self.window.buckets)

    @cached_property
    def _steps(self) -> Ints:
        """All rows by five minutes, nothing after what is known."""
        rows = np.concatenate((self._series.flows, self._series.inverter_ac))
        known = max(self.known - self._series.start_minute, 0) // 5
        if known < rows.shape[1]:
            rows[:, known:] = 0
        return rows

    @cached_property
    def _coarse(self) -> Ints:
        """All rows by bucket, for buckets of days and more."""
        edges = zip(self.buckets.starts, self.buckets.ends, strict=True)
        return np.stack(
            [
                self.world.totals(self.site.site_id, start, min(end, self.known))
                for start, end in edges
            ],
            axis=1,
        )

    @cached_property
    def _stamps(self) -> tuple[str, ...]:
        return stamps(self.site.zone, self.window.buckets.edges)

    def _fine_sums(self, row: int) -> Ints:
        return sums(self._series, self._steps[row], self.buckets)

    def _nulled(self, values: list[float], shown: int | None) -> list[Value]:
        there = self._settled & self._alive
        if shown is not None:
            there = there & (self.totals(shown) > 0)
        return [value if some else None for value, some in zip(values, there.tolist(), strict=True)]


def _cut_to(buckets: Buckets, tenure: Tenure) -> Buckets:
    """The buckets as far as they lie in a tenure, on full five minutes; empty elsewhere."""
    first, last = (
        min(max(edge, buckets.edges[0]), buckets.edges[-1]) // 5 * 5
        for edge in (tenure.begin, tenure.end)
    )
    return Buckets(tuple(min(max(edge, first), last) for edge in buckets.edges), buckets.fine)
