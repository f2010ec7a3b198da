"""Site records to the engine's sites."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from solar_tap_kit.clock import local_date
from solar_tap_kit.errors import SettingsError
from solar_tap_kit.sitelist import describe
from solar_tap_kit.windows import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.cloud import SiteList
    from solar_tap_kit.errors import SiteState
    from solar_tap_kit.fields import Record
    from solar_tap_kit.zones import Zones


def choose(rows: Sequence[Record], wanted: Sequence[str]) -> list[Record]:
    """Return the records of the sites that the settings ask for, in that order.

    Raises:
        SettingsError: The credential does not see one of them.
    """
    if not wanted:
        return list(rows)
    known = {row["site_id"]: row for row in rows}
    if missing := [name for name in wanted if name not in known]:
        message = (
            f"site_ids: {', '.join(missing)} not among the {len(rows)} site(s) that "
            "this credential sees"
        )
        raise SettingsError(message)
    return [known[name] for name in dict.fromkeys(wanted)]


def site_list(rows: Sequence[Record], wanted: Sequence[str], zones: Zones) -> SiteList:
    """Return the sites that the settings ask for; one without a usable zone is left out.

    Args:
        rows: One for each site that the credential sees.
        wanted: The setting `site_ids`.
        zones: Finds the sites' zones.

    Raises:
        SettingsError: The credential does not see a wanted site, or no site has a zone.
    """
    named = [{**row, "installed_on": None} for row in rows if row["site_id"]]
    nameless = 0 if wanted else len(rows) - len(named)
    chosen = choose(named, wanted)
    states = states_of(chosen)
    return describe(chosen, "site_id", lambda row: _site(row, zones), nameless, states)


def states_of(rows: Sequence[Record]) -> dict[str, SiteState]:
    """Return the sites that are not in service yet, as their records say."""
    return {
        row["site_id"]: "pending"
        for row in rows
        if str(row["activation_status"]).upper().startswith("PENDING")
    }


def _site(row: Record, zones: Zones) -> Site:
    """Return the site that a record describes, and name its zone and first day in the record."""
    tz = zones.of(row["site_id"], row["timezone"])
    row["timezone"] = str(tz)
    first_day = installed_on(row["installation_date"], tz)
    row["installed_on"] = first_day and first_day.isoformat()
    return Site(row["site_id"], tz, first_day)


def installed_on(text: object, tz: dt.tzinfo) -> dt.date | None:
    """Return the day of an installation on the site's own clock.

    v1 gives a date, v2 the instant of the midnight at which that date begins: in UTC it is the
    day before, east of Greenwich.
    """
    try:
        instant = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant.date() if instant.tzinfo is None else local_date(instant, tz)
