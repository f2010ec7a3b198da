"""Which nulls of a day are holes: values count, not labels.

A meter and a battery report day and night, so that a null among their values is a hole. An
inverter sleeps at night: a null of PV is a hole where it lies between two values above zero, or
where the vendor's own total of the day holds more than its intervals do. The total has the last
word: an inverter that slept through a snowed-in noon has lost nothing. Where neither a total nor a
value tells, the sun does, by the zone's town.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from solar_tap_kit.clock import parse_utc
from tap_solaredge.v2.daylight import sunlight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Site

HOLE_PATIENCE_DAYS = 3
"""How long a day with a hole is fetched again: what a device kept while it was offline arrives
within a day of its return, and each fetch of such a day repeats the days behind it."""

ENERGIES = frozenset({"site_energy", "meter_energy", "storage_telemetry"})
"""The streams that energies are made of: their holes are worth another call."""

TOTALLED = "site_energy"
"""The stream whose days the vendor adds up itself."""

TOTALS = "energy_days"
"""The stream of those sums."""

PRODUCTION = "Production"
"""The role that v1 fills from the inverters where there is no meter."""

SUM_WH, SUM_SHARE = 50.0, 0.005
"""What intervals may differ from the vendor's total without a hole: its rounding."""

DUSK = dt.timedelta(hours=3)
"""How far from sunrise and sunset of its zone's town a site may begin and end its day."""


@dataclass(slots=True)
class DayRows:
    """What an answer holds of one local day.

    Attributes:
        rows: Its rows.
        n_series: The series that they belong to.
        n_spoken: Those of them that have a value.
        n_values: Rows with a value.
        n_expected: Rows of the series that have a value.
        lacking_by_role: Nulls of devices that report day and night, by the meter's role.
        inner: Starts of nulls between two values above zero.
        nulls: Starts of all nulls.
        awake: First and last start of a value above zero.
        energy: What the values add up to.
    """

    rows: list[Record] = field(default_factory=list)
    n_series: int = 0
    n_spoken: int = 0
    n_values: int = 0
    n_expected: int = 0
    lacking_by_role: dict[str, int] = field(default_factory=dict)
    inner: list[str] = field(default_factory=list)
    nulls: list[str] = field(default_factory=list)
    awake: tuple[str, str] | None = None
    energy: float = 0.0

    @property
    def is_filled(self) -> bool:
        """Whether a row says something."""
        return self.n_values > 0

    @property
    def n_lacking(self) -> int:
        """Nulls of devices that report day and night.

        Where nothing but production is told, no meter tells it: the inverters do, and sleep.
        """
        by_role = self.lacking_by_role
        return 0 if self.n_spoken == 1 and PRODUCTION in by_role else sum(by_role.values())

    def add(
        self,
        rows: list[Record],
        says: Callable[[Record], bool],
        values: Sequence[str],
        *,
        sleeps: bool | None,
        began: bool,
    ) -> None:
        """Add the day's rows of one series.

        Args:
            rows: The rows, oldest first.
            says: Whether a row says something.
            values: Columns of values.
            sleeps: Whether nulls of the night are no holes; None where rows are no intervals,
                so that nothing can be missing among them.
            began: Whether the site existed when the day began: what came before it is no hole.
        """
        self.rows += rows
        self.n_series += 1
        told = [says(row) for row in rows]
        count = sum(told)
        self.n_values += count
        if count:
            self.n_spoken += 1
            self.n_expected += len(rows)
        if sleeps:
            self._add_of_the_sun(rows, values[-1], told)
        elif sleeps is not None and 0 < count < len(rows):
            first = 0 if began else told.index(True)
            by_role = self.lacking_by_role
            role = rows[0].get("meter_type") or ""
            by_role[role] = by_role.get(role, 0) + len(rows) - first - count

    def _add_of_the_sun(self, rows: list[Record], column: str, told: list[bool]) -> None:
        amounts = [row[column] for row in rows]
        self.energy += sum(amount for amount in amounts if amount is not None)
        self.nulls += [row["recorded_at"] for row, some in zip(rows, told, strict=True) if not some]
        shining = [i for i, amount in enumerate(amounts) if amount is not None and amount > 0]
        if shining:
            first, last = shining[0], shining[-1]
            begin, end = rows[first]["recorded_at"], rows[last]["recorded_at"]
            earlier = self.awake or (begin, end)
            self.awake = min(begin, earlier[0]), max(end, earlier[1])
            self.inner += [rows[i]["recorded_at"] for i in range(first, last) if not told[i]]


def lacking(found: DayRows, stream: str, site: Site, day: dt.date, total: float | None) -> int:
    """Return how many rows of a day lack a value that they ought to have.

    Args:
        found: The rows.
        stream: The stream.
        site: The site.
        day: The local day.
        total: The vendor's total of the day, Wh, or None where it is not known.
    """
    if not found.nulls:
        return found.n_lacking
    if stream != TOTALLED:
        # An inverter with a battery works and sleeps at any hour, and no total speaks of it.
        return 0
    if total is not None:
        if total - found.energy <= max(SUM_WH, SUM_SHARE * total):
            return 0
        at_an_end = found.is_filled and not found.inner
        by_day = _by_day(found.nulls, site, day) if at_an_end else found.inner
        return len(by_day or found.nulls)
    if found.is_filled and (found.awake is None or _is_short(found.awake, site, day)):
        # Values that end at dawn are no proof that the rest of the day brought nothing.
        by_day = _by_day(found.nulls if not found.inner else found.inner, site, day)
        return len(by_day)
    return len(_by_day(found.inner, site, day))


def _is_short(awake: tuple[str, str], site: Site, day: dt.date) -> bool:
    """Return whether values begin or end hours away from sunrise and sunset."""
    light = sunlight(day, site.tz)
    if light is None:
        return False
    begin, end = map(parse_utc, awake)
    return begin > light[0] + DUSK or end < light[1] - DUSK


def _by_day(nulls: Sequence[str], site: Site, day: dt.date) -> list[str]:
    """Return the nulls while the sun is up; all of them where nobody knows when that is."""
    light = sunlight(day, site.tz)
    if light is None:
        return list(nulls)
    return [text for text in nulls if light[0] <= parse_utc(text) < light[1]]
