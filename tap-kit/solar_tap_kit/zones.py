"""The zone of a site: an IANA name, or what clouds write instead of one."""

from __future__ import annotations

import re
import zoneinfo
from typing import TYPE_CHECKING

from tzlocal.windows_tz import win_tz

from solar_tap_kit.errors import SettingsError
from solar_tap_kit.notices import notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOT_PORTABLE = frozenset({"localtime", "posixrules", "Factory"})
"""Names that a machine's zone folder may hold, but that say nothing about a site."""

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_WINDOWS = {name.casefold(): iana for name, iana in win_tz.items()}
_WEST_MOST, _EAST_MOST = -12, 14


class Zones:
    """Finds the zones of sites.

    Args:
        named: The setting `time_zones`: IANA names by site id, which come before the cloud's.
    """

    def __init__(self, named: Mapping[str, str] | None = None) -> None:
        self._named = {str(site_id): name for site_id, name in (named or {}).items()}

    def of(self, site_id: str, word: object) -> zoneinfo.ZoneInfo:
        """Return the zone of a site.

        Args:
            site_id: The site.
            word: What the cloud gives as its zone.

        Raises:
            SettingsError: There is none, or it is no zone that has a name.
        """
        named = self._named.get(site_id)
        text = str(word if named is None else named).strip() if named or word else ""
        if not text:
            message = f"site {site_id}: the cloud gives no time zone; name one in time_zones"
            raise SettingsError(message)
        zone = _iana(text)
        if zone is None and (name := _translated(text)) is not None:
            zone = zoneinfo.ZoneInfo(name)
            summer = ", without summer time" if name.startswith("Etc/") else ""
            told = f"zone {text!r} of site {site_id} is taken as {name}{summer}"
            notice(f"zone of {site_id}", f"{told}; time_zones can name another")
        if zone is None:
            message = (
                f"site {site_id}: {text!r} is not a known time zone (expected an IANA name); "
                "name one in time_zones"
            )
            raise SettingsError(message)
        return zone


def problems(named: object) -> Iterator[str]:
    """Yield what is wrong with the setting `time_zones`, one line each."""
    for site_id, name in named.items() if isinstance(named, dict) else ():
        if not isinstance(name, str) or _iana(name.strip()) is None:
            yield f"time_zones: {name!r} of {site_id} is not a known time zone (an IANA name)"


def _iana(name: str) -> zoneinfo.ZoneInfo | None:
    if name in NOT_PORTABLE or name.startswith(("posix/", "right/")):
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _translated(text: str) -> str | None:
    """Return the IANA name of a Windows zone, of a fixed offset, or of a name in other letters."""
    windows = _WINDOWS.get(text.casefold())
    if windows is not None:
        return windows
    offset = _OFFSET.fullmatch(text)
    if offset is not None:
        sign, hours, minutes = offset.groups(default="00")
        east = int(f"{sign}{hours}")
        # Only whole hours have a name, and their names count westwards.
        known = _WEST_MOST <= east <= _EAST_MOST and minutes == "00"
        return (f"Etc/GMT{-east:+d}" if east else "UTC") if known else None
    letters = text.casefold().replace(" ", "_")
    portable = zoneinfo.available_timezones() - NOT_PORTABLE
    return next((name for name in portable if name.casefold() == letters), None)
