"""Alerts of SolarEdge v2: of a fleet in one list, of an owner's site by themselves.

The fleet's list of closed alerts may be years long, so only the open ones are requested.
An alert that has left that list is looked up at its own site, where its new status stands.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.errors import NotServedError, RefusedError
from solar_tap_kit.http import parse_json
from tap_solaredge import snapshots
from tap_solaredge.answers import parse_shared
from tap_solaredge.errors import ForbiddenError
from tap_solaredge.pages import Page, all_pages
from tap_solaredge.v2.lists import objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solar_tap_kit.errors import SiteState
    from solar_tap_kit.windows import Window
    from tap_solaredge.v2.client import V2Client

ALERTS_IN_PAGE = 100
EVERY_SITE = 1_000_000
DAILY = dt.timedelta(hours=20)

MOST_PAGES = 10
"""Pages of one site's alerts that are read at most."""

MOST_SITES = 10
"""Sites whose closed alerts one run looks up; others wait for the next run."""

OFFLINE = "SITE_COMMUNICATION_FAULT"
"""The alert of a site whose equipment does not reach the cloud."""

KNOWN = "open alerts"
"""Note of the open alerts of the last run: alert id to site id."""


class Alerts(Source):
    """Alerts of all sites of a fleet key.

    Args:
        client: Sends the calls.
    """

    name = "alerts"
    endpoint = "alerts"
    streams = ("alerts",)
    refresh = DAILY
    group = EVERY_SITE
    version = "v2"

    def __init__(self, client: V2Client) -> None:
        self._client = client

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Request all pages of open alerts, and the alerts of sites where one has closed.

        Raises:
            NotServedError: The key may not read alerts.
        """
        bodies = all_pages(
            lambda page: _page(self._client, "/alerts", page, only_open=True),
            _ids_and_count,
            ALERTS_IN_PAGE,
            "alerts",
        )
        is_open = {
            str(item.get("alertId")): str(item.get("siteId"))
            for body in bodies
            for item in objects(parse_json(body), "alerts")
        }
        ledger = self._client.ledger
        known: dict[str, str] = json.loads(ledger.note(KNOWN) or "{}")
        ours = {window.site.id for window in windows}
        closed = {alert: site for alert, site in known.items() if alert not in is_open}
        sites = sorted(set(closed.values()) & ours)
        for site in sites[:MOST_SITES]:
            bodies += self._of_site(site)
        later = {alert: site for alert, site in closed.items() if site in sites[MOST_SITES:]}
        ledger.put_note(KNOWN, json.dumps(later | is_open), self._client.now())
        return bodies

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the alerts of one site, of each the last that the answers say."""
        found = [item for body in bodies for item in objects(parse_shared(body), "alerts")]
        mine = [item for item in found if str(item.get("siteId")) == window.site.id]
        rows = {row["alert_id"]: row for row in snapshots.alerts_v2(mine, fetched_at)}
        return Harvest({"alerts": list(rows.values())}, state=_state(mine))

    def _of_site(self, site_id: str) -> list[bytes]:
        try:
            return _all_of_site(self._client, site_id)
        except (NotServedError, RefusedError):
            # The site may have left the fleet; its alerts are no reason to fail the others.
            return []


class SiteAlerts(Source):
    """Alerts of the one site of an owner's grant, open and closed.

    Args:
        client: Sends the calls.
    """

    name = "alerts"
    endpoint = "alerts"
    streams = ("alerts",)
    refresh = DAILY
    version = "v2"

    def __init__(self, client: V2Client) -> None:
        self._client = client

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Request the alerts of one site.

        Raises:
            NotServedError: SolarEdge does not show them to this owner.
        """
        (window,) = windows
        return _all_of_site(self._client, window.site.id)

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the alerts of the site."""
        del window
        found = [item for body in bodies for item in objects(parse_json(body), "alerts")]
        return Harvest({"alerts": snapshots.alerts_v2(found, fetched_at)}, state=_state(found))


def _state(alerts: Sequence[Mapping[str, Any]]) -> SiteState | None:
    """Return what the open alerts of a site say of its connection.

    OPEN is the only status that was seen: how a closed alert is called is not known.
    """
    offline = any(
        str(alert.get("type")) == OFFLINE and str(alert.get("status")).upper() == "OPEN"
        for alert in alerts
    )
    return "offline" if offline else None


def _all_of_site(client: V2Client, site_id: str) -> list[bytes]:
    """Return the pages of a site's alerts, closed ones included."""
    path = f"/sites/{site_id}/alerts"
    return all_pages(
        lambda page: _page(client, path, page, only_open=False, site=site_id),
        _ids_and_count,
        ALERTS_IN_PAGE,
        f"alerts of {site_id}",
        MOST_PAGES,
    )


def _ids_and_count(body: bytes) -> tuple[list[str], None]:
    """Return the ids of a page of alerts, which says nothing about the number of all."""
    return [str(item.get("alertId")) for item in objects(parse_json(body), "alerts")], None


def _page(
    client: V2Client, path: str, page: Page, *, only_open: bool, site: str | None = None
) -> bytes:
    params = {
        "only-open": "true" if only_open else "false",
        "page": page.number,
        "alerts-in-page": page.size,
    }
    try:
        return client.get(path, params, endpoint="alerts", site=site)
    except ForbiddenError as error:
        message = f"SolarEdge does not show alerts to this credential ({error})"
    raise NotServedError(message, everywhere=True)
