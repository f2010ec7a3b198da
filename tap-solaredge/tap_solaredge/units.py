"""Units of SolarEdge answers: always converted by what the answer says, never assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solar_tap_kit.fields import NOT_AVAILABLE, number, shorten
from solar_tap_kit.notices import notice

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = float | int | None

FACTORS: dict[str, float] = {
    "W": 1, "KW": 1e3, "MW": 1e6, "GW": 1e9,
    "WH": 1, "KWH": 1e3, "MWH": 1e6, "GWH": 1e9,
    "VOLT": 1, "V": 1,
    "AMPERE": 1, "A": 1,
    "HERTZ": 1, "HZ": 1,
    "PERCENTAGE": 1, "PERCENTAGE_100": 1,
}  # fmt: skip
"""To W, Wh, V, A, Hz and percent of 0 to 100."""


def factor(unit: object, field: str) -> float | None:
    """Return what to multiply a value by; a missing unit is the base unit.

    None for a unit that is not known: guessing would change the number's meaning.

    Args:
        unit: As the answer says it.
        field: What has the unit, to report one that is not known.
    """
    if unit is None:
        return 1
    known = FACTORS.get(str(unit).strip().upper())
    if known is None:
        notice(f"unit of {field}", f"unit {shorten(unit)} of {field} is not known; stored as null")
    return known


def in_base_units(raw: Sequence[object], unit: object, field: str) -> Sequence[Value]:
    """Return a series' numbers in base units; what is unreadable or "not available" is None.

    Args:
        raw: The values as they came.
        unit: Their unit.
        field: What they are, to report what can't be read.
    """
    scale = factor(unit, field)
    if scale is None:
        return [None] * len(raw)
    # Nearly always true, and a look at all at once costs a tenth of one at each.
    is_plain = set(map(type, raw)) <= _PLAIN and NOT_AVAILABLE.isdisjoint(raw)  # type: ignore[arg-type]
    values: Sequence[Value] = raw if is_plain else [number(value, field) for value in raw]  # type: ignore[assignment]
    if scale == 1:
        return values
    return [None if value is None else value * scale for value in values]


_PLAIN = {float, int, type(None)}
