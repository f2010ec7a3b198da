"""Site records to the engine's sites."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from solar_tap_kit.clock import zone
from solar_tap_kit.errors import SettingsError
from solar_tap_kit.windows import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.errors import SiteState
    from solar_tap_kit.fields import Record


logger = logging.getLogger("tap_solaredge")


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


def sites_of(rows: Sequence[Record]) -> list[Site]:
    """Return the sites that records describe; one without a usable zone is left out.

    Raises:
        SettingsError: No site has a zone.
    """
    sites: list[Site] = []
    trouble: SettingsError | None = None
    for row in rows:
        try:
            sites.append(_site(row))
        except SettingsError as error:
            logger.warning("%s; left out, its days can't be told", error)
            trouble = error
    if trouble is not None and not sites:
        raise trouble
    return sites


def states_of(rows: Sequence[Record]) -> dict[str, SiteState]:
    """Return the sites that are not in service yet, as their records say."""
    return {
        row["site_id"]: "pending"
        for row in rows
        if str(row["activation_status"]).upper().startswith("PENDING")
    }


def _site(row: Record) -> Site:
    tz = zone(row["timezone"] or "", site_id=row["site_id"])
    try:
        first_day = dt.date.fromisoformat(str(row["installation_date"])[:10])
    except ValueError:
        first_day = None
    return Site(row["site_id"], tz, first_day)
