"""SolarEdge v1 as the engine sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solar_tap_kit.clock import DAY
from solar_tap_kit.cloud import Cloud
from solar_tap_kit.zones import Zones
from tap_solaredge.days import PATIENCE_DAYS
from tap_solaredge.errors import ForbiddenError
from tap_solaredge.evidence import Evidence
from tap_solaredge.pages import Page, all_pages
from tap_solaredge.sites import site_list
from tap_solaredge.spans import Span
from tap_solaredge.v1.client import V1Client
from tap_solaredge.v1.lists import ids_and_count, site_items, site_row
from tap_solaredge.v1.snapshots import snapshot_sources
from tap_solaredge.v1.sources import Dated, Inverters, series_kinds
from tap_solaredge.v1.standing import Standing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from solar_tap_kit.cloud import SiteList
    from solar_tap_kit.runtime import Runtime

SITES_IN_PAGE = 100
HALVINGS = 1


class SolarEdgeV1(Cloud):
    """The sites behind one API key of v1.

    Args:
        runtime: Settings, time, secrets and the state folder.
    """

    site_stream = "sites"
    ledger_stream = "sync_days"
    cost_unit = "calls"
    patience_days = PATIENCE_DAYS

    def __init__(self, runtime: Runtime) -> None:
        self.client = V1Client(runtime)
        self.account = self.client.account
        self.session = self.client.session
        self._runtime = runtime
        self._wanted = [str(site_id) for site_id in runtime.config.get("site_ids") or ()]
        self._zones = Zones(runtime.config.get("time_zones"))
        evidence = Evidence(self.client.ledger)
        standing = Standing(self.client)
        kinds = series_kinds(runtime.config["resolution"])
        self.sources = (
            *snapshot_sources(self.client, standing),
            *(
                Dated(what, self.client, evidence, grain, self._span(what.kind.stream, 366 * DAY))
                for what, grain in kinds
            ),
            Inverters(self.client, evidence, self._span("inverter_telemetry", 7 * DAY), standing),
        )

    def ask_sites(self) -> list[bytes]:
        """Ask for all pages of the site list; where it is refused, for each configured site."""
        try:
            return all_pages(self._page_of_sites, ids_and_count, SITES_IN_PAGE, "site list")
        except ForbiddenError:
            if not self._wanted:
                raise
        return [
            self.client.get(f"/site/{site_id}/details", endpoint="details", sites=[site_id])
            for site_id in self._wanted
        ]

    def ping(self) -> object:
        """Ask for the first site of the list; a site's key may not, which is an answer too."""
        params = {"size": 1, "startIndex": 0}
        return self.client.get("/sites/list", params, endpoint="sites/list")

    def _page_of_sites(self, page: Page) -> bytes:
        params = {"size": page.size, "startIndex": page.start}
        return self.client.get("/sites/list", params, endpoint="sites/list")

    def decode_sites(self, bodies: Sequence[bytes], fetched_at: str) -> SiteList:
        """Return the sites that the settings ask for.

        Raises:
            SettingsError: `site_ids` names a site that the key does not see.
            DecodeError: A body is no list of sites.
        """
        rows = [site_row(item, fetched_at) for body in bodies for item in site_items(body)]
        return site_list(rows, self._wanted, self._zones)

    def _span(self, name: str, longest: dt.timedelta) -> Span:
        return Span(
            name,
            longest,
            DAY,
            refusal=ForbiddenError,
            halvings=HALVINGS,
            ledger=self.client.ledger,
            clock=self._runtime.clock,
        )
