"""The list of sites: asked at most daily, and not needed where it is refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from typing import TYPE_CHECKING

from solar_tap_kit.archive import Stored
from solar_tap_kit.clock import AHEAD, parse_utc, utc_text_exact
from solar_tap_kit.cloud import SiteList
from solar_tap_kit.errors import (
    DecodeError,
    PathRefusedError,
    QuotaError,
    RefusedError,
    SettingsError,
)
from solar_tap_kit.notices import notice
from solar_tap_kit.windows import Days

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from solar_tap_kit.archive import Archive
    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud
    from solar_tap_kit.errors import SiteState
    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Site

REFRESH = dt.timedelta(hours=20)
"""So that a daily run asks every day, whatever minute it starts at."""

SOURCE = "site list"
MOST_NAMED = 8
ANY_DAY = Days(dt.date(1970, 1, 1), dt.date(1970, 1, 2))
"""The archive files answers by days; the list has none."""

EARLIEST = dt.date(2005, 1, 1)
"""Neither vendor had a site before; an earlier date says that there is none."""

logger = logging.getLogger("solar_tap_kit.run")


def describe(
    rows: Sequence[Record],
    key: str,
    to_site: Callable[[Record], Site],
    nameless: int,
    states: Mapping[str, SiteState],
) -> SiteList:
    """Return the sites that rows describe; one that can't be read is left out by name.

    Args:
        rows: One for each site; of several for one site the first counts.
        key: The column with the site's id.
        to_site: Makes a site of a row.
        nameless: How many entries of the list have no id.
        states: The sites that are offline or not in service yet.

    Raises:
        SettingsError: No site can be read.
    """
    unique = {row[key]: row for row in reversed(rows)}
    listed = [row for row in rows if unique.get(row[key]) is row]
    if len(listed) < len(rows):
        twice = next(row[key] for row in rows if unique[row[key]] is not row)
        notice("site twice", f"the list names {twice} more than once; it is read once")
    sites: list[Site] = []
    left_out: dict[str, str] = {}
    trouble: SettingsError | None = None
    for row in listed:
        try:
            site = to_site(row)
        except SettingsError as error:
            left_out[row[key]], trouble = str(error), error
        else:
            if site.first_day is not None and site.first_day < EARLIEST:
                told = f"the cloud dates site {site.id} to {site.first_day}, which is no date"
                notice(f"date of {site.id}", f"{told}; taken as none")
                site = dataclasses.replace(site, first_day=None)
            sites.append(site)
    if trouble is not None and not sites:
        raise trouble
    if nameless:
        left_out["a site without an id"] = f"{nameless} entry(s) of the list have no id"
    return SiteList(sites, listed, states, left_out)


def startable(listed: SiteList, start: dt.date | None) -> SiteList:
    """Return a list without the sites of which nobody says where their history begins.

    One line of the log names them.

    Args:
        listed: The sites.
        start: The setting `start_date`, which stands for all of them.
    """
    pending = [site.id for site in listed.sites if start is None and site.first_day is None]
    if not pending:
        return listed
    logger.info("%s", told_pending(pending))
    sites = [site for site in listed.sites if site.first_day is not None]
    return dataclasses.replace(listed, sites=sites, pending=pending)


def told_pending(pending: Sequence[str]) -> str:
    """Return one line about the sites that are not in service yet."""
    more = len(pending) - MOST_NAMED
    names = ", ".join(pending[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"the cloud has no date for {len(pending)} site(s) yet, left out until it has: {names} "
        "(start_date would fetch them)"
    )


def read_sites(cloud: Cloud, archive: Archive | None, clock: Clock, *, force: bool) -> SiteList:
    """Return the sites: from today's list, a new one, or what is known without one.

    Args:
        cloud: The vendor's cloud.
        archive: Where the last list lies, or None.
        clock: Time source.
        force: Ask even if the last list is recent.

    Raises:
        SolarError: No list can be had, or a configured site is in none.
    """
    known = archive.get(SOURCE, "1", "", ANY_DAY) if archive else None
    age = clock.now() - parse_utc(known.fetched_at) if known else REFRESH
    if known and not force and -AHEAD <= age < REFRESH:
        try:
            return cloud.decode_sites(known.bodies, known.fetched_at)
        except (SettingsError, DecodeError):
            logger.info("the site list of %s does not serve; asking anew", known.fetched_at)
    fetched_at = utc_text_exact(clock.now())
    try:
        bodies = cloud.ask_sites()
    except (QuotaError, RefusedError) as error:
        if isinstance(error, QuotaError) and error.of_run:
            raise
        if known is not None:
            logger.warning("%s; going on with the site list of %s", error, known.fetched_at)
            return cloud.decode_sites(known.bodies, known.fetched_at)
        configured = cloud.configured_sites()
        if configured is None and isinstance(error, PathRefusedError):
            # Without a list there is nothing else to request: it is the address.
            raise error.blame from None
        if configured is None:
            raise
        logger.warning("%s; going on with the configured sites", error)
        return configured
    listed = cloud.decode_sites(bodies, fetched_at)
    if archive is not None:
        archive.put(SOURCE, "1", "", ANY_DAY, Stored(bodies, fetched_at))
    return listed
