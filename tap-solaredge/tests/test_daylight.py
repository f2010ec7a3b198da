"""When the sun is up in a zone's town, by the site's own date."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest

from solar_tap_kit.clock import day_start_utc
from solar_tap_kit.windows import Site
from tap_solaredge.holes import DayRows, lacking
from tap_solaredge.v2.daylight import sunlight

DAY = dt.timedelta(days=1)
CHATHAM = zoneinfo.ZoneInfo("Pacific/Chatham")
QUARTER = dt.timedelta(minutes=15)


@pytest.mark.parametrize("day", [dt.date(2026, 1, 1), dt.date(2026, 6, 30)])
def test_noon_is_on_the_day_itself_in_every_zone(day: dt.date) -> None:
    """Chatham, Samoa, Tonga and Kiritimati lie east of the date line and keep the west's date."""
    seen = 0
    for name in sorted(zoneinfo.available_timezones()):
        tz = zoneinfo.ZoneInfo(name)
        if (light := sunlight(day, tz)) is not None:
            seen += 1
            noon = light[0] + (light[1] - light[0]) / 2
            start, end = day_start_utc(day, tz), day_start_utc(day + DAY, tz)
            assert start + 8 * (DAY / 24) < noon < end - 7 * (DAY / 24), name
    assert seen > 300


def test_values_that_end_at_dawn_leave_the_day_open() -> None:
    """A quarter-hour of zero at dawn and nulls behind it: nothing says that the day was dark."""
    day = dt.date(2025, 9, 28)
    start = day_start_utc(day, CHATHAM)
    rows = [
        {
            "recorded_at": f"{start + number * QUARTER:%Y-%m-%dT%H:%M:%SZ}",
            "energy": 0.0 if number == 22 else None,
        }
        for number in range(92)
    ]
    found = DayRows()
    found.add(rows, lambda row: row["energy"] is not None, ("energy",), sleeps=True, began=True)
    site = Site("4700123", CHATHAM)
    assert lacking(found, "site_energy", site, day, None) > 40
    assert lacking(found, "site_energy", site, day, 0.0) == 0
