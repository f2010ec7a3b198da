"""SolarEdge's cloud as the engine sees it: sites, devices and four series."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.cloud import Harvest, SiteList
from solar_tap_kit.drift import Drift
from solar_tap_kit.errors import SettingsError
from tap_solaredge import decode
from tap_solaredge.client import SolarEdgeClient
from tap_solaredge.series import Span
from tap_solaredge.streams import Sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.fields import Record
    from solar_tap_kit.redact import Redactor
    from solar_tap_kit.windows import Site, Window

SITES_IN_PAGE = 500
DEVICE_TYPES = (
    "INVERTER", "BATTERY", "METER", "OPTIMIZER", "EV_CHARGER", "GATEWAY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeriesKind:
    """A time series endpoint: where it is asked, what decodes it, which stream it fills."""

    name: str
    path: str
    decode: Callable[[Sequence[Any], str, Span, str], list[Record]]


SERIES = (
    SeriesKind("site_energy", "energy", decode.site_energy),
    SeriesKind("meter_energy", "meters/telemetry", decode.meter_energy),
    SeriesKind("inverter_telemetry", "inverters/telemetry", decode.inverter_telemetry),
    SeriesKind("storage_telemetry", "storage/telemetry", decode.storage_telemetry),
)


class DeviceList:
    """The devices of a site; changes slowly, so it is asked at most once a day."""

    stream = "devices"
    refresh = dt.timedelta(hours=20)

    def __init__(self, client: SolarEdgeClient) -> None:
        self._client = client

    def fetch(self, site: Site, fetched_at: str) -> Sequence[Record]:
        """Return the device records of one site."""
        answer = self._client.get(
            f"/sites/{site.id}/devices", {"types": DEVICE_TYPES}, endpoint="devices"
        )
        return decode.devices(answer, site.id, fetched_at)


class Series:
    """One series of a site, a local day at a time, in calls no longer than the limit.

    Args:
        kind: The endpoint.
        client: Sends the calls.
        span: The longest period that one call may ask for.
    """

    days_per_window = 1

    def __init__(self, kind: SeriesKind, client: SolarEdgeClient, span: dt.timedelta) -> None:
        self.name = kind.name
        self.streams = (kind.name,)
        self._kind = kind
        self._client = client
        self._span = span

    def fetch(self, window: Window, fetched_at: str) -> Harvest:
        """Return the rows of a day and its entry in the day ledger."""
        site, day = window.site, window.days.first
        answers = [
            self._client.get(
                f"/sites/{site.id}/{self._kind.path}",
                {
                    "from": begin.astimezone(site.tz).isoformat(),
                    "to": end.astimezone(site.tz).isoformat(),
                    "resolution": "QUARTER_HOUR",
                },
                endpoint=self._kind.path,
            )
            for begin, end in self._periods(window)
        ]
        span = Span(window.start_utc, window.end_utc, site.tz)
        rows = self._kind.decode(answers, site.id, span, fetched_at)
        entry = decode.ledger_entry(self.name, site, day, rows, answers)
        entry["fetched_at"] = fetched_at
        note = f"{entry['status']}, {entry['n_points']} of {entry['expected_points']} points"
        return Harvest({self.name: rows, "sync_days": [entry]}, note)

    def _periods(self, window: Window) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        begin = window.start_utc
        while begin < window.end_utc:
            end = min(begin + self._span, window.end_utc)
            yield begin, end
            begin = end


class SolarEdgeCloud:
    """The sites behind one fleet key.

    Args:
        config: The tap's settings.
        clock: Time source.
        redactor: Masks what must not be logged.
    """

    site_stream = "sites"
    ledger_stream = "sync_days"

    def __init__(self, config: Mapping[str, Any], clock: Clock, redactor: Redactor) -> None:
        self.client = SolarEdgeClient(config, clock, redactor)
        self.session = self.client.session
        self.snapshots = (DeviceList(self.client),)
        span = dt.timedelta(hours=config["span_hours"])
        self.sources = tuple(Series(kind, self.client, span) for kind in SERIES)
        self._wanted = [str(site_id) for site_id in config.get("site_ids") or ()]
        self._drift = Drift()

    def list_sites(self, fetched_at: str) -> SiteList:
        """Return the sites that the settings ask for.

        Raises:
            SettingsError: `site_ids` names a site that the key does not see.
        """
        rows: list[Record] = []
        page = 1
        while True:
            answer = self.client.get(
                "/sites", {"page": page, "sites-in-page": SITES_IN_PAGE}, endpoint="sites"
            )
            found = decode.sites(answer, fetched_at)
            self._drift.look("sites", Sites.projection, decode.site_items(answer)[:1], ["location"])
            rows.extend(found)
            if len(found) < SITES_IN_PAGE:
                break
            page += 1
        if self._wanted:
            known = {row["site_id"]: row for row in rows}
            if missing := [name for name in self._wanted if name not in known]:
                message = (
                    f"site_ids: {', '.join(missing)} not among the {len(rows)} site(s) that "
                    "this key sees"
                )
                raise SettingsError(message)
            rows = [known[name] for name in self._wanted]
        return SiteList([decode.site(row) for row in rows], rows)

    def pace(self, site: Site) -> dt.timedelta:
        """Return no rest: SolarEdge counts calls per minute and month, not per site."""
        del site
        return dt.timedelta()
