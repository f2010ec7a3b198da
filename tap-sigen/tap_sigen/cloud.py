"""Sigen's cloud as the engine sees it: the systems behind one credential."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from solar_tap_kit.cloud import Cloud, SiteList
from solar_tap_kit.errors import SettingsError
from solar_tap_kit.sitelist import describe
from solar_tap_kit.windows import Site
from solar_tap_kit.zones import Zones
from tap_sigen import decode
from tap_sigen.client import SigenClient
from tap_sigen.envelope import parse
from tap_sigen.sources import all_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.cloud import Source
    from solar_tap_kit.errors import SiteState
    from solar_tap_kit.runtime import Runtime


OFFLINE_STATUSES = ("offline", "disconnection", "disconnected")
"""What the list of systems says of one whose equipment does not reach the cloud."""


class SigenCloud(Cloud):
    """The systems behind one credential.

    Args:
        runtime: Settings, time, secrets and the state folder.
    """

    site_stream = "systems"
    ledger_stream = "history_days"
    refuses_dates = True

    def __init__(self, runtime: Runtime) -> None:
        self.client = SigenClient(runtime)
        self.account = self.client.account
        self.session = self.client.session
        self.sources = all_sources(self.client)
        config = runtime.config
        self._wanted = [str(system_id) for system_id in config.get("system_ids") or ()]
        self._time_zone = config.get("time_zone")
        self._zones = Zones(config.get("time_zones"))

    def ask_sites(self) -> list[bytes]:
        """Ask for the list of systems."""
        return [self.client.get("/openapi/system", endpoint="systems")]

    def decode_sites(self, bodies: Sequence[bytes], fetched_at: str) -> SiteList:
        """Return the systems that the settings ask for.

        Raises:
            SettingsError: `system_ids` names a system that the credential does not see.
            DecodeError: The body is no list of systems.
        """
        listed = decode.systems(parse(bodies[0]), fetched_at)
        rows = [row for row in listed if row["system_id"]]
        if self._wanted:
            known = {row["system_id"]: row for row in rows}
            if missing := [name for name in self._wanted if name not in known]:
                message = (
                    f"system_ids: {', '.join(missing)} not among the {len(rows)} system(s) that "
                    "this credential sees"
                )
                raise SettingsError(message)
            rows = [known[name] for name in self._wanted]
        states: dict[str, SiteState] = {
            row["system_id"]: "offline"
            for row in rows
            if str(row["status"]).lower() in OFFLINE_STATUSES
        }
        nameless = 0 if self._wanted else len(listed) - len(rows)
        to_site = functools.partial(decode.site, zones=self._zones)
        return describe(rows, "system_id", to_site, nameless, states)

    def configured_sites(self) -> SiteList | None:
        """Return the systems of `system_ids` in `time_zone`, for when the list is refused."""
        if not self._wanted or not self._time_zone:
            return None
        sites = [Site(name, self._zones.of(name, self._time_zone)) for name in self._wanted]
        return SiteList(sites, [])

    def lane(self, source: Source, site: Site) -> str:
        """Return one queue a system: Sigen limits each system by itself.

        Flows are an endpoint of their own with a limit of its own, so history does not wait.
        """
        return f"{site.id}/{source.endpoint}" if source.after_history else site.id
