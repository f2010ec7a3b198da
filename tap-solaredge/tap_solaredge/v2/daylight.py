"""Where the sun saves credits: PV series asked for the light half of a short day only.

A site has to be known to be dark at night, which one with a battery is not. Then the zone's
own town (`zone.tab`) tells roughly how long the day is, and a short one is asked for in one
call of twelve hours around noon. Whether that was enough the answer itself shows: an
inverter that sleeps at both ends of the twelve hours sleeps outside them too. If it does
not, the rest is asked as well, so a bad guess costs a call and never a row.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import zoneinfo
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from solar_tap_kit.clock import parse_utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.ledger import Ledger
    from solar_tap_kit.windows import Window

LONGEST_LIGHT = dt.timedelta(hours=10, minutes=30)
"""Longest day for which twelve hours are tried: sites stand hours from their zone's town."""

HALF_DAY = dt.timedelta(hours=12)

EDGE = dt.timedelta(minutes=30)
"""No value for so long at an end of the light half, and it is night there."""

EARTH_TILT_DEG = 23.44
DAYS_IN_YEAR = 365.24
SOLSTICE_DAY = 355
DEG_PER_HOUR = 15

_COORDINATES = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?([+-])(\d{3})(\d{2})(?:\d{2})?$")


@functools.lru_cache(maxsize=1)
def _towns() -> dict[str, tuple[float, float]]:
    """Return latitude and longitude of each zone's town, in degrees."""
    found = {}
    for line in _zone_table().splitlines():
        parts = line.split("\t")
        matched = None if line.startswith("#") else _COORDINATES.match(parts[1])
        if matched:
            south, lat, lat_min, west, lon, lon_min = matched.groups()
            latitude = (int(lat) + int(lat_min) / 60) * (-1 if south == "-" else 1)
            longitude = (int(lon) + int(lon_min) / 60) * (-1 if west == "-" else 1)
            found[parts[2]] = (latitude, longitude)
    return found


def _zone_table() -> str:
    for table in _zone_tables():
        try:
            return table.read_text(encoding="utf-8")
        except OSError:
            continue
    return ""


def _zone_tables() -> Iterator[Path]:
    yield Path(str(resources.files("tzdata.zoneinfo") / "zone.tab"))
    for folder in zoneinfo.TZPATH:
        yield Path(folder) / "zone.tab"


class Nights:
    """Which sites are dark at night, as their own answers have shown.

    What is learned counts from the next run on, so that a run spends what its plan said.

    Args:
        ledger: Remembers it.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._dark: dict[str, bool] = {}
        self._noted: dict[str, bool] = {}

    def light_half(self, window: Window, length: dt.timedelta) -> dt.datetime | None:
        """Return where one call for a day begins, if one is likely to be enough.

        Args:
            window: One local day.
            length: What a call may cover.
        """
        if not HALF_DAY <= length < window.end_utc - window.start_utc:
            return None
        if not self._is_dark(window.site.id):
            return None
        begin = light_window(window.days.first, window.site.tz, length)
        if begin is None or begin < window.start_utc or begin + length > window.end_utc:
            return None
        return begin

    def look(self, window: Window, rows: Sequence[Record], column: str, now: dt.datetime) -> None:
        """Learn from a day's rows whether the site is dark at night.

        Args:
            window: One local day.
            rows: What was answered for it.
            column: Holds the value.
            now: The present.
        """
        awake = [parse_utc(row["recorded_at"]) for row in rows if row[column] is not None]
        begin = light_window(window.days.first, window.site.tz, HALF_DAY)
        if not awake or begin is None:
            return
        # Awake at an edge, it would be asked for the rest as well: nothing saved.
        first, end = begin + EDGE, begin + HALF_DAY - EDGE
        dark = all(first <= instant < end for instant in awake)
        if self._noted.get(window.site.id) != dark:
            self._is_dark(window.site.id)
            self._noted[window.site.id] = dark
            self._ledger.put_note(_name(window.site.id), "yes" if dark else None, now)

    def _is_dark(self, site_id: str) -> bool:
        if site_id not in self._dark:
            self._dark[site_id] = self._noted[site_id] = bool(self._ledger.note(_name(site_id)))
        return self._dark[site_id]


def _name(site_id: str) -> str:
    return f"dark at night {site_id}"


def light_window(day: dt.date, tz: dt.tzinfo, length: dt.timedelta) -> dt.datetime | None:
    """Return where `length` around noon begins, if the day is short enough for that.

    Args:
        day: The local day.
        tz: The site's zone.
        length: What one call may cover.

    Returns:
        The aware start on a full quarter-hour, or None where the day is too long or the
        zone's town is not known.
    """
    town = _towns().get(str(tz))
    if town is None or _day_length(day, town[0]) > LONGEST_LIGHT:
        return None
    begin = _noon(day, town[1], tz) - length / 2
    return (begin - dt.timedelta(minutes=begin.minute % 15)).replace(second=0, microsecond=0)


def sunlight(day: dt.date, tz: dt.tzinfo) -> tuple[dt.datetime, dt.datetime] | None:
    """Return sunrise and sunset in the zone's town, to some minutes; None where it is not known."""
    town = _towns().get(str(tz))
    if town is None:
        return None
    noon, half = _noon(day, town[1], tz), _day_length(day, town[0]) / 2
    return noon - half, noon + half


def _noon(day: dt.date, longitude: float, tz: dt.tzinfo) -> dt.datetime:
    """Return when the sun stands highest on a local day.

    East of the date line a town may keep the date of its west (Chatham, Samoa, Tonga).
    """
    hours = longitude / DEG_PER_HOUR
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC) - dt.timedelta(hours=hours)
    return noon + (day - noon.astimezone(tz).date())


def _day_length(day: dt.date, latitude: float) -> dt.timedelta:
    """Return the time from sunrise to sunset, to some minutes."""
    turn = 2 * math.pi * (day.timetuple().tm_yday - SOLSTICE_DAY) / DAYS_IN_YEAR
    declination = -math.radians(EARTH_TILT_DEG) * math.cos(turn)
    cosine = -math.tan(math.radians(latitude)) * math.tan(declination)
    half_day_deg = math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
    return dt.timedelta(hours=2 * half_day_deg / DEG_PER_HOUR)
