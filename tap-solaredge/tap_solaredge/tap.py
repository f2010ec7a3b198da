"""The tap's settings and entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from solar_tap_kit.settings import common_settings
from solar_tap_kit.tap import SolarTap
from tap_solaredge.client import HOST
from tap_solaredge.cloud import SolarEdgeCloud
from tap_solaredge.replay import replay
from tap_solaredge.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from solar_tap_kit.cloud import Recording, ReplayedFile


FREE_CALLS_A_DAY = 64
"""A run a day stays inside the 2,000 credits that a free account has a month."""


class TapSolarEdge(SolarTap):
    """Singer tap for the SolarEdge Monitoring API v2: quarter-hours since installation."""

    name = "tap-solaredge"
    stream_types = STREAMS
    config_jsonschema = th.PropertiesList(
        th.Property(
            "api_key",
            th.StringType,
            title="API key",
            secret=True,
            required=True,
            description="Fleet API key of the Monitoring API v2. Keys of v1 do not work.",
        ),
        th.Property(
            "site_ids",
            th.ArrayType(th.StringType),
            title="Site ids",
            description="Sites to read. Left out or empty: all that the key sees.",
        ),
        th.Property(
            "span_hours",
            th.NumberType(minimum=1, maximum=25),
            title="Hours per call",
            default=12,
            description="Longest period of one call for quarter-hours. 12 is documented; 25 "
            "makes a day one call where the cloud allows it, for half of the credits.",
        ),
        *common_settings(
            api_url=HOST,
            lookback_days=1,
            on_quota_exhausted="stop",
            agent="tap-solaredge (Singer tap)",
            max_requests=FREE_CALLS_A_DAY,
        ),
        additional_properties=False,
    ).to_dict()

    def open_cloud(self) -> SolarEdgeCloud:
        """Return the cloud that the settings name."""
        return SolarEdgeCloud(self.config, self.clock, self.redactor)

    def check(self, config: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the settings beyond their schema: nothing."""
        del config
        return []

    def replay(self, recordings: Iterable[Recording], fetched_at: str) -> Iterator[ReplayedFile]:
        """Decode recorded answers."""
        return replay(recordings, fetched_at)


if __name__ == "__main__":
    TapSolarEdge.cli()
