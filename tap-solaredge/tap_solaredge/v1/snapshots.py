"""What SolarEdge v1 says about now: devices, power flow, overview, benefits, and the rest."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.errors import NotServedError
from solar_tap_kit.http import parse_json
from tap_solaredge import snapshots
from tap_solaredge.errors import BadRequestError, ForbiddenError
from tap_solaredge.v1 import lists
from tap_solaredge.v1.shapes import DATA_PERIOD, OVERVIEW, part_of
from tap_solaredge.v1.sources import MOST_SITES
from tap_solaredge.v1.standing import manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Site, Window
    from tap_solaredge.v1.client import V1Client
    from tap_solaredge.v1.standing import Standing

DAILY = dt.timedelta(hours=20)
EVERY_RUN = dt.timedelta()


@dataclass(frozen=True, slots=True)
class Reading:
    """An endpoint that is asked about now.

    Attributes:
        stream: The stream that it fills.
        path: With `{site}` for the id.
        endpoint: Its name in counts.
        refresh: How old the last answer may be.
        decode: Returns the records of a body for one site.
        bulk: Path for several sites, with `{sites}` for their ids.
        params: Query parameters.
        optional: v1 may have withdrawn it, or keeps it from most keys.
    """

    stream: str
    path: str
    endpoint: str
    refresh: dt.timedelta
    decode: Callable[[bytes, Site, str], list[Record]]
    bulk: str | None = None
    params: Mapping[str, str] | None = None
    optional: bool = False


class Snapshot(Source):
    """One reading, of one site or of up to a hundred.

    Args:
        reading: The endpoint.
        client: Sends the calls.
    """

    def __init__(self, reading: Reading, client: V1Client) -> None:
        self.name = reading.stream
        self.endpoint = reading.endpoint
        self.streams = (reading.stream,)
        self.refresh = reading.refresh
        self.group = MOST_SITES if reading.bulk else 1
        self.version = "v1"
        self._reading = reading
        self._client = client

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for one site, or for several at once.

        Raises:
            NotServedError: The key may not read this.
        """
        sites = [window.site.id for window in windows]
        try:
            if len(sites) == 1 or self._reading.bulk is None:
                return [self._get(self._reading.path.format(site=sites[0]), sites)]
            return [self._get(self._reading.bulk.format(sites=",".join(sites)), sites)]
        except (ForbiddenError, BadRequestError) as error:
            if len(sites) > 1 and self._reading.bulk is not None:
                return [body for site in sites for body in self._alone(site)]
            message = f"site {sites[0]}: {error}"
        raise NotServedError(message, everywhere=self._reading.optional)

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the records of one site."""
        found = [
            row for body in bodies for row in self._reading.decode(body, window.site, fetched_at)
        ]
        return Harvest({self.name: found})

    def _alone(self, site: str) -> list[bytes]:
        try:
            return [self._get(str(self._reading.bulk).format(sites=site), [site])]
        except (ForbiddenError, BadRequestError):
            return []

    def _get(self, path: str, sites: Sequence[str]) -> bytes:
        return self._client.get(
            path,
            self._reading.params,
            endpoint=self.endpoint,
            sites=sites,
            optional=self._reading.optional,
        )


class Devices(Snapshot):
    """The inventory of a site, from which the run knows its inverters too.

    Args:
        reading: The endpoint.
        client: Sends the calls.
        standing: Remembers which inverter stands where.
    """

    def __init__(self, reading: Reading, client: V1Client, standing: Standing) -> None:
        super().__init__(reading, client)
        self._standing = standing

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the devices of one site."""
        harvest = super().decode(window, bodies, fetched_at)
        rows = list(harvest.rows[self.name])
        self._standing.remember(window.site.id, lists.inverter_serials(rows))
        return harvest


class EquipmentChanges(Source):
    """Who stood in whose place: one call for each inverter of a site.

    Args:
        client: Sends the calls.
        standing: Knows the inverters, and remembers those that were replaced.
    """

    name = "equipment_changes"
    endpoint = "equipment/changeLog"
    streams = ("equipment_changes",)
    refresh = DAILY
    version = "v1"

    def __init__(self, client: V1Client, standing: Standing) -> None:
        self._client = client
        self._standing = standing

    def cost(self, windows: Sequence[Window]) -> int:
        """Return one call for each inverter."""
        return self._standing.likely(windows[0].site.id)

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for each inverter of a site.

        Raises:
            NotServedError: v1 has withdrawn this, or the key may not read it.
        """
        (window,) = windows
        site = window.site.id
        serials = self._standing.present(site)
        try:
            bodies = [
                self._client.get(
                    f"/equipment/{site}/{serial}/changeLog",
                    endpoint=self.endpoint,
                    sites=[site],
                    optional=True,
                )
                for serial in serials
            ]
        except ForbiddenError as error:
            message = f"site {site}: {error}"
        else:
            return [manifest(serials), *bodies]
        raise NotServedError(message)

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the changes at one site."""
        site = window.site.id
        found: list[Record] = []
        for serial, body in zip(read_manifest(bodies[0]), bodies[1:], strict=True):
            rows = lists.equipment_changes(body, serial, site, fetched_at)
            self._standing.remember_changes(site, rows)
            found += rows
        return Harvest({self.name: found})


def snapshot_sources(client: V1Client, standing: Standing) -> tuple[Source, ...]:
    """Return everything that is asked about now; the devices first, others need them."""
    devices = Reading(
        "devices", "/site/{site}/inventory", "inventory", DAILY,
        lambda body, site, at: lists.devices(body, site.id, at),
    )  # fmt: skip
    readings = (
        Reading(
            "power_flow", "/site/{site}/currentPowerFlow", "currentPowerFlow", EVERY_RUN,
            lambda body, site, at: snapshots.power_flow(parse_json(body), site, at),
        ),
        Reading(
            "overview", "/site/{site}/overview", "overview", EVERY_RUN,
            lambda body, site, at: snapshots.overview_v1(
                part_of(OVERVIEW, body, site.id), site, at
            ),
            bulk="/sites/{sites}/overview",
        ),
        Reading(
            "data_periods", "/site/{site}/dataPeriod", "dataPeriod", DAILY,
            lambda body, site, at: [
                lists.data_period(part_of(DATA_PERIOD, body, site.id), site.id, at)
            ],
            bulk="/sites/{sites}/dataPeriod",
        ),
        Reading(
            "environmental_benefits", "/site/{site}/envBenefits", "envBenefits", DAILY,
            lambda body, site, at: snapshots.benefits(parse_json(body), site, at),
            params={"systemUnits": "Metrics"},
        ),
        Reading(
            "alerts", "/site/{site}/alerts", "alerts", DAILY,
            lambda body, site, at: lists.alerts(body, site.id, site.tz, at),
            optional=True,
        ),
        Reading(
            "sensors", "/equipment/{site}/sensors", "equipment/sensors", DAILY,
            lambda body, site, at: lists.sensors(body, site.id, at),
            optional=True,
        ),
    )  # fmt: skip
    return (
        Devices(devices, client, standing),
        EquipmentChanges(client, standing),
        *(Snapshot(reading, client) for reading in readings),
    )
