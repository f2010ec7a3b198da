"""The tap's settings and entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from solar_tap_kit.settings import common_settings
from solar_tap_kit.tap import SolarTap
from tap_sigen.client import REGIONS
from tap_sigen.cloud import SigenCloud
from tap_sigen.replay import replay
from tap_sigen.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from solar_tap_kit.cloud import Recording, ReplayedFile


class TapSigen(SolarTap):
    """Singer tap for the Sigenergy (Sigen) cloud: five-minute history since installation."""

    name = "tap-sigen"
    stream_types = STREAMS
    config_jsonschema = th.PropertiesList(
        th.Property(
            "region",
            th.StringType,
            title="Region",
            allowed_values=list(REGIONS),
            description="The regional server on which the account lives: eu (also Middle East "
            "and Africa), aus (also New Zealand), apac, us, cn, jp.",
        ),
        th.Property(
            "username",
            th.StringType,
            title="User name",
            description="Account login: the e-mail address of the phone app.",
        ),
        th.Property(
            "password",
            th.StringType,
            title="Password",
            secret=True,
            description="Account login: its password.",
        ),
        th.Property(
            "app_key",
            th.StringType,
            title="App key",
            secret=True,
            description="Developer login, instead of username and password.",
        ),
        th.Property(
            "app_secret",
            th.StringType,
            title="App secret",
            secret=True,
            description="Developer login: the secret of the app key.",
        ),
        th.Property(
            "system_ids",
            th.ArrayType(th.StringType),
            title="System ids",
            description="Systems to read: a list, or ids with commas between them. Left out or "
            "empty: all that the credential sees.",
        ),
        th.Property(
            "system_ids_file",
            th.StringType,
            title="File of system ids",
            description="File that names the systems to read, a line each, instead of system_ids.",
        ),
        th.Property(
            "time_zone",
            th.StringType,
            title="Time zone",
            description="IANA zone of system_ids, for accounts whose list of systems the cloud "
            "refuses; the list's own zones come first. Needs start_date.",
        ),
        th.Property(
            "call_spacing_seconds",
            th.NumberType(minimum=0),
            title="Seconds between calls",
            description="Rest between two calls to one endpoint of a system. Left out: none "
            "until the cloud refuses one (code 1201), 310 from then on.",
        ),
        th.Property(
            "calls_per_minute",
            th.IntegerType(minimum=1),
            title="Calls a minute",
            description="Calls of the account in any minute. Left out: no limit until the "
            "cloud throttles one (code 1110), 10 from then on.",
        ),
        *common_settings(
            api_url="the server of the region",
            lookback_days=2,
            on_quota_exhausted="stop",
            agent="tap-sigen (Singer tap)",
            max_wait_minutes=60,
            max_concurrent=2,
        ),
        additional_properties=False,
    ).to_dict()

    def open_cloud(self) -> SigenCloud:
        """Return the cloud that the settings name."""
        return SigenCloud(self.runtime)

    def check(self, config: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the settings beyond their schema."""
        lines = []
        account = [name for name in ("username", "password") if config.get(name)]
        developer = [name for name in ("app_key", "app_secret") if config.get(name)]
        if account and developer:
            lines.append("app_key: set either username and password, or app_key and app_secret")
        elif len(account) == 1 or len(developer) == 1:
            pair = ("username", "password") if account else ("app_key", "app_secret")
            missing = next(name for name in pair if not config.get(name))
            lines.append(f"{missing}: missing; {' and '.join(pair)} go together")
        elif not account and not developer:
            lines.append("username: missing; set username and password, or app_key and app_secret")
        if not config.get("region") and not config.get("api_url"):
            lines.append(f"region: missing; one of {', '.join(REGIONS)}")
        return lines

    def replay(self, recordings: Iterable[Recording], fetched_at: str) -> Iterator[ReplayedFile]:
        """Decode recorded answers."""
        return replay(recordings, fetched_at)


if __name__ == "__main__":
    TapSigen.cli()
