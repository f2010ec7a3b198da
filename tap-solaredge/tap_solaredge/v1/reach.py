"""v1's limits in calendar terms: a month, a year, or seven days from any first day."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_tap_kit.windows import Cut, Days

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Months(Cut):
    """Windows of up to so many calendar months.

    History is cut at the first of a month, so that it is cut alike whenever it is asked
    for. Upkeep begins where the bookmark is: reading a whole month again every day would
    spend no call more, but write its rows again.

    Attributes:
        months: How many.
    """

    months: int = 1

    def forward(self, days: Days) -> Iterator[Days]:
        """Yield the pieces of a span, oldest first."""
        first = days.first
        while first < days.end:
            end = min(self.reaches(first), days.end)
            yield Days(first, end)
            first = end

    def whole(self, day: dt.date, within: Days) -> dt.date:
        """Return the day itself: upkeep need not begin on the first."""
        del within
        return day

    def reaches(self, first: dt.date) -> dt.date:
        """Return the day before which a call from `first` on has to end."""
        month = first.month - 1 + self.months
        year, month = first.year + month // 12, month % 12 + 1
        return dt.date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


MONTH = Months("month", 1, 1)
YEAR = Months("year", 1, 12)


@dataclass(frozen=True, slots=True)
class Week(Cut):
    """Windows of up to seven days."""

    length: int = 7

    def reaches(self, first: dt.date) -> dt.date:
        """Return the day before which a call from `first` on has to end."""
        return first + dt.timedelta(days=self.length)


WEEK = Week()
