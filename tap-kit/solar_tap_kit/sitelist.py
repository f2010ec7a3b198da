"""The list of sites: asked at most daily, and not needed where it is refused."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from solar_tap_kit.archive import Stored
from solar_tap_kit.clock import AHEAD, parse_utc, utc_text_exact
from solar_tap_kit.errors import (
    DecodeError,
    PathRefusedError,
    QuotaError,
    RefusedError,
    SettingsError,
)
from solar_tap_kit.windows import Days

if TYPE_CHECKING:
    from solar_tap_kit.archive import Archive
    from solar_tap_kit.clock import Clock
    from solar_tap_kit.cloud import Cloud, SiteList

REFRESH = dt.timedelta(hours=20)
"""So that a daily run asks every day, whatever minute it starts at."""

SOURCE = "site list"
ANY_DAY = Days(dt.date(1970, 1, 1), dt.date(1970, 1, 2))
"""The archive files answers by days; the list has none."""

logger = logging.getLogger("solar_tap_kit.run")


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
