"""Sigen's cloud as the engine sees it: systems, devices and day histories."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from solar_tap_kit.cloud import Harvest, SiteList
from solar_tap_kit.drift import Drift
from solar_tap_kit.errors import QuotaError, SettingsError
from tap_sigen import decode
from tap_sigen.client import QUOTA_WINDOW, SigenClient
from tap_sigen.streams import HistoryIntervals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.fields import Record
    from solar_tap_kit.redact import Redactor
    from solar_tap_kit.windows import Site, Window


class DeviceList:
    """The devices of a system; changes slowly, so it is asked at most once a day."""

    stream = "devices"
    refresh = dt.timedelta(hours=20)

    def __init__(self, client: SigenClient) -> None:
        self._client = client

    def fetch(self, site: Site, fetched_at: str) -> Sequence[Record]:
        """Return the device records of one system."""
        data = self._client.get(f"/openapi/system/{site.id}/devices", endpoint="devices")
        return decode.devices(data, site.id, fetched_at)


class DayHistory:
    """Five-minute history, one call a system-day: there is no range request."""

    name = "history_day"
    streams = ("history_intervals",)
    days_per_window = 1

    def __init__(self, cloud: SigenCloud) -> None:
        self._cloud = cloud

    def fetch(self, window: Window, fetched_at: str) -> Harvest:
        """Return the interval rows of a day and its entry in the day ledger."""
        day = window.days.first
        try:
            data = self._cloud.client.get(
                f"/openapi/systems/{window.site.id}/history",
                {"level": "Day", "date": day.isoformat()},
                endpoint="history",
            )
        except QuotaError:
            self._cloud.learn_pace()
            raise
        rows, entry = decode.day(data, window.site.id, day, window.site.tz, fetched_at)
        items = (data or {}).get("itemList") or []
        self._cloud.drift.look("history_intervals", HistoryIntervals.projection, items[:1])
        note = f"{entry['status']}, {entry['n_points']} of {entry['expected_points']} points"
        return Harvest({"history_intervals": rows, "history_days": [entry]}, note)


class SigenCloud:
    """The systems behind one credential.

    Args:
        config: The tap's settings.
        clock: Time source.
        redactor: Masks what must not be logged.
    """

    site_stream = "systems"
    ledger_stream = "history_days"

    def __init__(self, config: Mapping[str, Any], clock: Clock, redactor: Redactor) -> None:
        self.client = SigenClient(config, clock, redactor)
        self.session = self.client.session
        self.snapshots = (DeviceList(self.client),)
        self.sources = (DayHistory(self),)
        self._wanted = [str(system_id) for system_id in config.get("system_ids") or ()]
        spacing = config.get("call_spacing_seconds")
        self._learns = spacing is None
        self._pace = dt.timedelta(seconds=spacing or 0)
        self.drift = Drift()

    def list_sites(self, fetched_at: str) -> SiteList:
        """Return the systems that the settings ask for.

        Raises:
            SettingsError: `system_ids` names a system that the credential does not see.
        """
        data = self.client.get("/openapi/system", endpoint="systems", site_only=False)
        rows = decode.systems(data, fetched_at)
        if self._wanted:
            known = {row["system_id"]: row for row in rows}
            if missing := [name for name in self._wanted if name not in known]:
                message = (
                    f"system_ids: {', '.join(missing)} not among the {len(rows)} system(s) that "
                    "this credential sees"
                )
                raise SettingsError(message)
            rows = [known[name] for name in self._wanted]
        return SiteList([decode.site(row) for row in rows], rows)

    def pace(self, site: Site) -> dt.timedelta:
        """Return how long to leave a system alone after a call."""
        del site
        return self._pace

    def learn_pace(self) -> None:
        """Keep the documented distance from now on: this server enforces it."""
        if self._learns:
            self._pace = QUOTA_WINDOW
