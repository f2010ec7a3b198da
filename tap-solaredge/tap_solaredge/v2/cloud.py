"""SolarEdge v2 as the engine sees it: a fleet's sites, or the one that an owner has opened."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from solar_tap_kit.clock import DAY
from solar_tap_kit.cloud import Cloud
from solar_tap_kit.errors import SettingsError
from solar_tap_kit.http import parse_json
from solar_tap_kit.zones import Zones
from tap_solaredge.day_spans import DaySpan
from tap_solaredge.days import PATIENCE_DAYS
from tap_solaredge.errors import BadRequestError
from tap_solaredge.evidence import Evidence
from tap_solaredge.pages import Page, all_pages
from tap_solaredge.sites import site_list
from tap_solaredge.spans import Span
from tap_solaredge.v2.client import V2Client
from tap_solaredge.v2.day_trial import DayTrial
from tap_solaredge.v2.daylight import Nights
from tap_solaredge.v2.lists import ids_and_count, site_rows
from tap_solaredge.v2.snapshots import snapshot_sources
from tap_solaredge.v2.sources import SERIES, STEPS, CallSizes, EnergyDays, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.cloud import SiteList
    from solar_tap_kit.runtime import Runtime

SITES_IN_PAGE = 500
DOCUMENTED = {"quarter_hour": dt.timedelta(hours=12), "hour": dt.timedelta(hours=24)}
"""Longest period of one call by resolution; of days it is a calendar month."""

HALVINGS = 4
"""A refused day is tried as 12 hours, as 11:45, and as halves of 12 hours."""


class SolarEdgeV2(Cloud):
    """The sites behind one fleet key, or behind one owner's grant.

    Args:
        runtime: Settings, time, secrets and the state folder.
    """

    site_stream = "sites"
    ledger_stream = "sync_days"
    cost_unit = "credits"
    patience_days = PATIENCE_DAYS

    def __init__(self, runtime: Runtime) -> None:
        config = runtime.config
        self.client = V2Client(runtime)
        self.account = self.client.account
        self.session = self.client.session
        self._wanted = [str(site_id) for site_id in config.get("site_ids") or ()]
        self._zones = Zones(config.get("time_zones"))
        evidence = Evidence(self.client.ledger)
        resolution = config["resolution"]
        hours = config.get("span_hours")
        documented = DOCUMENTED.get(resolution, DAY)
        longest = documented if hours is None else dt.timedelta(hours=hours)
        span = Span(
            resolution,
            longest,
            STEPS[resolution],
            refusal=BadRequestError,
            halvings=HALVINGS,
            ledger=self.client.ledger,
            clock=runtime.clock,
            documented=documented,
        )
        self._trial = DayTrial(
            span,
            self.client.ledger,
            runtime.clock,
            enabled=hours is None and resolution == "quarter_hour",
        )
        totals, days = (
            DaySpan(name, self.client.ledger, runtime.clock) for name in ("totals", "series")
        )
        sizes = CallSizes(span, days, Nights(self.client.ledger), self._trial)
        self.sources = (
            *snapshot_sources(self.client),
            EnergyDays(self.client, evidence, totals),
            *(Series(kind, self.client, evidence, resolution, sizes) for kind in SERIES),
        )

    def ask_sites(self) -> list[bytes]:
        """Ask for all pages of the site list, or for the one site of an owner's grant."""
        if self.client.is_oauth:
            site_id = self._granted_site()
            return [self.client.get(f"/sites/{site_id}", endpoint="site", site=site_id)]
        return all_pages(self._page_of_sites, ids_and_count, SITES_IN_PAGE, "site list")

    def _page_of_sites(self, page: Page) -> bytes:
        params = {"page": page.number, "sites-in-page": page.size}
        return self.client.get("/sites", params, endpoint="sites")

    def ping(self) -> object:
        """Ask for the first site of the list."""
        if self.client.is_oauth:
            return self.ask_sites()
        return self.client.get("/sites", {"page": 1, "sites-in-page": 1}, endpoint="sites")

    def decode_sites(self, bodies: Sequence[bytes], fetched_at: str) -> SiteList:
        """Return the sites that the settings ask for.

        Raises:
            SettingsError: `site_ids` names a site that the credential does not see.
            DecodeError: A body is no list of sites.
        """
        rows = [row for body in bodies for row in site_rows(parse_json(body), fetched_at)]
        return site_list(rows, self._wanted, self._zones)

    def learned(self) -> Sequence[tuple[str, str]]:
        """Return whether a day of a series may be one call, if that was tried."""
        return [("span_hours", self._trial.finding)] if self._trial.finding else []

    def _granted_site(self) -> str:
        """Return the site of the grant: what the login said, else the one configured."""
        # Drawing a token first: its answer may say the site.
        tokens = self.client.tokens
        if tokens is not None:
            tokens.access_token()
            known = tokens.site_id()
            if known is not None:
                return known
        if len(self._wanted) == 1:
            return self._wanted[0]
        message = "site_ids: name the one site whose owner has granted the refresh_token"
        raise SettingsError(message)
