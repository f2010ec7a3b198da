"""Integer units of the model.

Power is whole watts held for one minute, so energy is counted in watt-minutes
(``wmin``): integers, whose sums are exact however long the period.
"""

WMIN_PER_WH = 60
WMIN_PER_KWH = 60_000
MINUTES_PER_DAY = 1440


def kwh(energy_wmin: int) -> float:
    """Watt-minutes to kilowatt-hours, at full double precision."""
    return int(energy_wmin) / WMIN_PER_KWH


def wmin(energy_kwh: float) -> int:
    """Kilowatt-hours to the nearest whole watt-minute."""
    return round(energy_kwh * WMIN_PER_KWH)
