"""What is asked of Sigen per system: lists, readings of now, totals, five-minute days."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any, ClassVar

from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.errors import RefusedError
from solar_tap_kit.windows import Cut
from tap_sigen import decode, decode_devices, decode_flows, decode_totals
from tap_sigen.envelope import parse, sent_and_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window
    from tap_sigen.client import SigenClient

DAILY = dt.timedelta(hours=20)
"""Asked at most once a day; less than 24 hours, so that a daily run finds it due."""

EACH_RUN = dt.timedelta(minutes=5)
"""The cloud itself renews these readings every five minutes."""

WEEK_DAYS = 7

logger = logging.getLogger("tap_sigen")


class SigenSource(Source):
    """One endpoint below a system."""

    def __init__(self, client: SigenClient) -> None:
        self._client = client


class Snapshot(SigenSource):
    """One call that tells the present of a system.

    Args:
        client: Sends the calls.
        name: The source, its endpoint and its stream.
        path: Path with a place for the system's id.
        refresh: How old the last answer may be.
        decoder: Turns data, window and fetch time into records.
    """

    def __init__(
        self,
        client: SigenClient,
        name: str,
        path: str,
        refresh: dt.timedelta,
        decoder: Callable[[Any, Window, str], list[Record]],
    ) -> None:
        super().__init__(client)
        self.name = self.endpoint = name
        self.streams = (name,)
        self.refresh = refresh
        self._path = path
        self._decoder = decoder

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for one system."""
        (window,) = windows
        path = self._path.format(window.site.id)
        return [self._client.get(path, endpoint=self.endpoint, site=window.site.id)]

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the records of one system."""
        return Harvest({self.name: self._decoder(parse(bodies[0]), window, fetched_at)})


class DeviceList(Snapshot):
    """The devices of a system; remembers their serials for the device sources."""

    def __init__(self, client: SigenClient) -> None:
        path = "/openapi/system/{}/devices"
        super().__init__(client, "devices", path, DAILY, decode.devices)

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the records of one system's devices."""
        harvest = super().decode(window, bodies, fetched_at)
        self._client.remember_devices(window.site.id, harvest.rows["devices"])
        return harvest


class History(SigenSource):
    """The system history at one level; all levels share one endpoint and its limit."""

    endpoint = "history"
    level: ClassVar[str]

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask for the period that holds the window's first day: there is no range request."""
        (window,) = windows
        params = {"level": self.level, "date": window.days.first.isoformat()}
        path = f"/openapi/systems/{window.site.id}/history"
        return [self._client.get(path, params, endpoint=self.endpoint, site=window.site.id)]


class DayHistory(History):
    """Five-minute rows of a day, and its entry in the day ledger."""

    name = "history_intervals"
    streams = ("history_intervals",)
    level = "Day"
    keeps_ledger = True

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of a day, then its entry."""
        day, site = window.days.first, window.site
        data, sha256 = sent_and_hash(bodies[0])
        rows, entry = decode.day(data, site.id, day, site.tz, fetched_at)
        entry["payload_sha256"] = sha256
        note = f"{entry['status']}, {entry['n_points']} of {entry['expected_points']} points"
        final_until = None if decode.reaches_the_end(rows, day, site.tz) else day
        return Harvest({"history_intervals": rows, "history_days": [entry]}, note, final_until)

    def refused(self, window: Window, fetched_at: str) -> Harvest:
        """Return the entries of days that the cloud refuses."""
        entries = [
            decode.refused_day(window.site.id, day, window.site.tz, fetched_at)
            for day in window.days
        ]
        return Harvest({"history_days": entries}, "refused")


class Totals(History):
    """Energies of whole days, months or years, from the coarse levels."""

    is_totals = True

    def __init__(self, client: SigenClient, kind: decode_totals.Kind) -> None:
        super().__init__(client)
        self.name = kind.stream.name
        self.streams = (self.name,)
        self.cut = kind.cut
        self.stale_days = 0 if kind.cut.unit == "month" else WEEK_DAYS
        self.item = kind.item
        self.level = kind.level  # type: ignore[misc] # one class for the three levels
        self._kind = kind

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return one row for each day, month or year of the window."""
        rows = decode_totals.rows(self._kind, parse(bodies[0]), window, fetched_at)
        last = decode_totals.last_missing(self._kind, rows, window)
        return Harvest({self.name: rows}, f"{len(rows)} row(s)", last)


class Flows(SigenSource):
    """Energy between the nodes of a system, metered: by day, month or year."""

    endpoint = "flows"
    is_optional = True
    after_history = True

    def __init__(self, client: SigenClient, stream: str, level: str, cut: Cut) -> None:
        super().__init__(client)
        self.name = stream
        self.streams = (stream,)
        self.cut = cut
        self.stale_days = 0 if cut.unit == "day" else WEEK_DAYS
        self._level = level

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Request the period that holds the window's first day."""
        (window,) = windows
        params = {"level": self._level, "date": window.days.first.isoformat()}
        path = f"/openapi/systems/{window.site.id}/v1/history"
        return [self._client.get(path, params, endpoint=self.endpoint, site=window.site.id)]

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return one row for each node and link."""
        first = window.days.first
        if self.cut.unit != "day":
            first = (
                first.replace(day=1) if self.cut.unit == "month" else first.replace(month=1, day=1)
            )
        rows = decode_flows.flows(self.name, parse(bodies[0]), window.site, first, fetched_at)
        for row in rows:
            if self.cut.unit == "month":
                row["month"] = f"{first:%Y-%m}"
            elif self.cut.unit == "year":
                row["year"] = first.year
        has_energy = any(row["value"] for row in rows)
        return Harvest(
            {self.name: rows}, f"{len(rows)} flow(s)", None if has_energy else window.days.first
        )


class DeviceSource(SigenSource):
    """A source that is asked device by device."""

    kinds: ClassVar[frozenset[str]]
    path: ClassVar[str]

    def cost(self, windows: Sequence[Window]) -> int:
        """Return one call a device, and one for their list where it is not known."""
        (window,) = windows
        known = self._client.known_devices(window.site.id)
        return 1 if known is None else max(1, len(self._serials(known)))

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Ask each device of one system; one that refuses is left out with a warning.

        Raises:
            RefusedError: Every device refuses.
        """
        (window,) = windows
        known = self._client.known_devices(window.site.id)
        if known is None:
            path = f"/openapi/system/{window.site.id}/devices"
            body = self._client.get(path, endpoint="devices", site=window.site.id)
            rows = decode.devices(parse(body), window, "")
            known = self._client.remember_devices(window.site.id, rows)
        bodies, refusals = [], []
        for serial in self._serials(known):
            path = self.path.format(window.site.id, serial)
            try:
                bodies.append(
                    self._client.get(
                        path, self._params(window), endpoint=self.endpoint, site=serial
                    )
                )
            except RefusedError as error:
                refusals.append(error)
                logger.warning("%s of device %s: %s; left out", self.name, serial, error)
        if refusals and not bodies:
            raise refusals[0]
        return bodies

    def _serials(self, known: dict[str, str]) -> list[str]:
        return [serial for serial, kind in known.items() if kind.lower() in self.kinds]

    def _params(self, window: Window) -> dict[str, str] | None:
        del window
        return None


class DeviceRealtime(DeviceSource):
    """What each inverter, gateway, meter and charger measures now."""

    name = endpoint = "device_realtime"
    streams = ("device_realtime",)
    refresh = EACH_RUN
    kinds = frozenset({"inverter", "aio", "gateway", "meter", "dccharger", "accharger", "evac"})
    path = "/openapi/systems/{}/devices/{}/realtimeInfo"

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return one record a device."""
        rows = decode_devices.readable(
            bodies,
            lambda body: decode_devices.realtime(parse(body), window, fetched_at),
            self.name,
            window.site.id,
        )
        return Harvest({self.name: rows})


class DeviceHistory(DeviceSource):
    """Five-minute rows of each inverter and battery."""

    name = endpoint = "device_history"
    streams = ("device_history",)
    kinds = frozenset({"inverter", "aio", "battery"})
    path = "/openapi/systems/{}/devices/{}/history"

    def _params(self, window: Window) -> dict[str, str]:
        return {"level": "Day", "date": window.days.first.isoformat()}

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Return the rows of all devices for a day; it is unfinished if one can't be read."""
        found = decode_devices.readable(
            bodies,
            lambda body: decode_devices.history(parse(body), window, fetched_at),
            self.name,
            window.site.id,
        )
        rows = [row for of_device in found for row in of_device]
        is_whole = bool(rows) and len(found) == len(bodies)
        return Harvest(
            {self.name: rows}, f"{len(rows)} row(s)", None if is_whole else window.days.first
        )


def all_sources(client: SigenClient) -> tuple[Source, ...]:
    """Return what can be asked, in the order in which it is wanted."""
    system = "/openapi/systems/{}"
    return (
        DeviceList(client),
        Snapshot(client, "summary", f"{system}/summary", EACH_RUN, decode_totals.summary),
        Snapshot(client, "energy_flow", f"{system}/energyFlow", EACH_RUN, decode_totals.flow),
        DeviceRealtime(client),
        *(Totals(client, kind) for kind in decode_totals.KINDS),
        DayHistory(client),
        Flows(client, "flows_by_year", "Year", Cut("year")),
        Flows(client, "flows_by_month", "Month", Cut("month")),
        Flows(client, "flows_by_day", "Day", Cut()),
        DeviceHistory(client),
    )
