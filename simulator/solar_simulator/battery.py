"""The battery's store as a walk between two walls.

Every minute wants to move the store by some ``x``; what it gets is
``s -> min(max(s + x, low), high)``. Such clamps compose to another clamp
``s -> min(max(s + X, L), H)``, which has two uses: a whole day is summed up by three
integers, and a day that fills or empties the battery forgets how it began, so that the
store on any date is known exactly after looking back a few days.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from solar_simulator.noise import Ints

PERMILLE = 1000


@dataclass(frozen=True, slots=True)
class Clamp:
    """``s -> min(max(s + shift, low), high)``, for s between the walls."""

    shift: int
    low: int
    high: int

    def __call__(self, store: int) -> int:
        """The store afterwards."""
        return min(max(store + self.shift, self.low), self.high)

    def after(self, first: Self) -> Self:
        """One clamp for ``first`` and then this one."""
        return type(self)(first.shift + self.shift, self(first.low), self(first.high))

    @property
    def forgets(self) -> bool:
        """Whether the outcome is the same for every store before."""
        return self.low == self.high


def walk(start: int, wanted: Ints, low: int, high: int) -> Ints:
    """The store after each minute.

    Alternates between walks that respect one wall only, each a running extreme of the
    cumulative sum, from the minute the other wall is met: a handful of array operations
    a day instead of one step a minute.

    Args:
        start: Store before the first minute, between the walls.
        wanted: Change wanted in each minute.
        low: The lower wall.
        high: The upper wall.
    """
    store = np.empty_like(wanted)
    begun, at, above = 0, start, False
    while begun < len(wanted):
        sums = np.cumsum(wanted[begun:])
        if above:
            stretch = sums + np.minimum(np.minimum.accumulate(high - sums), at)
            crossed = stretch < low
        else:
            stretch = sums + np.maximum(np.maximum.accumulate(low - sums), at)
            crossed = stretch > high
        first = int(crossed.argmax())
        if not crossed[first]:
            store[begun:] = stretch
            break
        store[begun : begun + first] = stretch[:first]
        at = low if above else high
        store[begun + first] = at
        begun += first + 1
        above = not above
    return store


def summary(wanted: Ints, low: int, high: int) -> Clamp:
    """The one clamp that equals all minutes of ``wanted`` in turn."""
    if not wanted.any():
        return Clamp(0, low, high)
    return Clamp(
        shift=int(wanted.sum()),
        low=int(walk(low, wanted, low, high)[-1]),
        high=int(walk(high, wanted, low, high)[-1]),
    )


def stored_from(charge: Ints, efficiency_permille: int) -> Ints:
    """What charging stores: the losses stay in the battery."""
    return charge * efficiency_permille // PERMILLE


def drawn_for(discharge: Ints, efficiency_permille: int) -> Ints:
    """What a discharge takes out of the store."""
    return -(-discharge * PERMILLE // efficiency_permille)


def charge_for(stored: Ints, efficiency_permille: int) -> Ints:
    """The least charge that stores this much."""
    return -(-stored * PERMILLE // efficiency_permille)


def discharge_from(drawn: Ints, efficiency_permille: int) -> Ints:
    """The most that a draw from the store gives."""
    return drawn * efficiency_permille // PERMILLE
