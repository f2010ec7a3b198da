"""Units of SolarEdge answers: always converted by what the answer says, never assumed."""

from __future__ import annotations

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import shorten

FACTORS: dict[str, float] = {
    "W": 1, "KW": 1e3, "MW": 1e6, "GW": 1e9,
    "WH": 1, "KWH": 1e3, "MWH": 1e6, "GWH": 1e9,
    "VOLT": 1, "V": 1,
    "AMPERE": 1, "A": 1,
    "HERTZ": 1, "HZ": 1,
    "PERCENTAGE": 1, "PERCENTAGE_100": 1,
}  # fmt: skip
"""To W, Wh, V, A, Hz and percent of 0 to 100."""


def factor(unit: object) -> float:
    """Return what to multiply a value by; a missing unit is the base unit.

    Raises:
        DecodeError: The unit is not known: guessing would change the number's meaning.
    """
    if unit is None:
        return 1
    known = FACTORS.get(str(unit).upper())
    if known is None:
        message = f"unit {shorten(unit)} is not known"
        raise DecodeError(message)
    return known
