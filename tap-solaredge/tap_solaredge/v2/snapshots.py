"""What SolarEdge v2 says about now: devices, benefits, overview, power flow."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.errors import NotServedError
from solar_tap_kit.http import parse_json
from tap_solaredge import snapshots
from tap_solaredge.errors import ForbiddenError
from tap_solaredge.v2.alerts import DAILY, Alerts, SiteAlerts
from tap_solaredge.v2.lists import device_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Site, Window
    from tap_solaredge.v2.client import V2Client

DEVICE_TYPES = (
    "INVERTER", "BATTERY", "METER", "OPTIMIZER", "EV_CHARGER", "GATEWAY",
)  # fmt: skip

WEEKLY = dt.timedelta(days=6, hours=20)
"""Credits are scarce: what hardly changes is asked once a week."""


class Snapshot(Source):
    """One reading of one site.

    Args:
        client: Sends the calls.
        path: Below `/sites/{id}`.
        stream: The stream that it fills.
        refresh: How old the last answer may be.
        decode: Returns the records of an answer.
        params: Query parameters.
    """

    def __init__(
        self,
        client: V2Client,
        path: str,
        stream: str,
        refresh: dt.timedelta,
        decode: Callable[[Any, Site, str], list[Record]],
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = stream
        self.endpoint = path
        self.streams = (stream,)
        self.refresh = refresh
        self._client = client
        self._decode = decode
        self._params = params

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for one site."""
        (window,) = windows
        path = f"/sites/{window.site.id}/{self.endpoint}"
        return [self._client.get(path, self._params, endpoint=self.endpoint, site=window.site.id)]

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the records of one site."""
        return Harvest({self.name: self._decode(parse_json(bodies[0]), window.site, fetched_at)})


class PowerFlow(Snapshot):
    """What flows where at this moment, in the tiers that have it."""

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for one site.

        Raises:
            NotServedError: The tier does not have it.
        """
        try:
            return super().ask(windows)
        except ForbiddenError as error:
            message = f"not in this account's plan ({error})"
        raise NotServedError(message, everywhere=True)


def snapshot_sources(client: V2Client) -> tuple[Source, ...]:
    """Return everything that is asked about now, the cheapest and most useful first."""
    return (
        Snapshot(
            client,
            "devices",
            "devices",
            WEEKLY,
            lambda answer, site, at: device_rows(answer, site.id, at),
            {"types": DEVICE_TYPES},
        ),
        SiteAlerts(client) if client.is_oauth else Alerts(client),
        Snapshot(
            client,
            "environmental-benefits",
            "environmental_benefits",
            WEEKLY,
            snapshots.benefits,
            {"unit": "METRIC"},
        ),
        Snapshot(client, "overview", "overview", DAILY, snapshots.overview_v2),
        PowerFlow(client, "power-flow", "power_flow", dt.timedelta(), snapshots.power_flow),
    )
