"""Noise that is a pure function of a key and a position.

Nothing is drawn in sequence: any minute of any year can be asked for alone, in any
order and in any process, and comes out the same.
"""

import functools
import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 1.0 / (1 << 53)


_WORD = (1 << 64) - 1
"""Python's integers don't end at 64 bits, as numpy's do."""


@functools.lru_cache(maxsize=1 << 14, typed=True)
def key_of(*parts: object) -> int:
    """A stable 64-bit key for a tuple of names and numbers."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def uniform(key: int, index: Ints) -> Floats:
    """Independent numbers in [0, 1), one for each index (the splitmix64 finalizer)."""
    word = index.astype(np.uint64) * _GOLDEN + np.uint64(key)
    word = (word ^ (word >> np.uint64(30))) * _MIX_1
    word = (word ^ (word >> np.uint64(27))) * _MIX_2
    word ^= word >> np.uint64(31)
    return (word >> np.uint64(11)).astype(np.float64) * _TO_UNIT


def uniform_at(key: int, index: int) -> float:
    """One number in [0, 1) for one index: what `uniform` gives, without numpy's start-up."""
    word = (index * int(_GOLDEN) + key) & _WORD
    word = ((word ^ (word >> 30)) * int(_MIX_1)) & _WORD
    word = ((word ^ (word >> 27)) * int(_MIX_2)) & _WORD
    return ((word ^ (word >> 31)) >> 11) * _TO_UNIT


def drift(key: int, start_minute: int, n_minutes: int, period_minutes: float) -> Floats:
    """A curve in [0, 1) through random knots, one every ``period_minutes``.

    Returns one value for each of ``n_minutes`` minutes from ``start_minute`` on. Knots
    stand on an absolute grid, so that neighbouring days join without a step.
    """
    positions = (start_minute + np.arange(n_minutes, dtype=np.float64)) / period_minutes
    first = int(np.floor(positions[0]))
    knots = np.arange(first, int(np.floor(positions[-1])) + 2, dtype=np.int64)
    return np.interp(positions, knots.astype(np.float64), uniform(key, knots))
