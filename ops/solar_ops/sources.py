"""The vendors: their taps, raw schemas, credentials and day ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_ops.settings import Settings


@dataclass(frozen=True, slots=True)
class Source:
    """A vendor's cloud.

    Attributes:
        name: What it is called on the command line.
        tap: Its tap.
        schema: Schema of its raw tables.
        credentials: Sets of variables; one whole set lets the tap in.
        sites_variable: Setting of the tap that limits the sites.
    """

    name: str
    tap: str
    schema: str
    credentials: tuple[tuple[str, ...], ...]
    sites_variable: str

    def variable(self, setting: str) -> str:
        """Return the variable of one of the tap's settings."""
        return f"{self.tap.upper().replace('-', '_')}_{setting.upper()}"

    def has_credentials(self, settings: Settings) -> bool:
        """Return whether the settings let the tap in."""
        return any(all(settings.get(name) for name in names) for names in self.credentials)


SOURCES = (
    Source(
        name="sigen",
        tap="tap-sigen",
        schema="tap_sigen",
        credentials=(
            ("TAP_SIGEN_USERNAME", "TAP_SIGEN_PASSWORD"),
            ("TAP_SIGEN_APP_KEY", "TAP_SIGEN_APP_SECRET"),
        ),
        sites_variable="TAP_SIGEN_SYSTEM_IDS",
    ),
    Source(
        name="solaredge",
        tap="tap-solaredge",
        schema="tap_solaredge",
        credentials=(
            ("TAP_SOLAREDGE_API_KEY",),
            ("TAP_SOLAREDGE_CLIENT_ID", "TAP_SOLAREDGE_CLIENT_SECRET"),
        ),
        sites_variable="TAP_SOLAREDGE_SITE_IDS",
    ),
)
SOURCE_NAMES = tuple(source.name for source in SOURCES)


def chosen_sources(settings: Settings, names: Sequence[str] = ()) -> list[Source]:
    """Return the sources that are named, or else those that have credentials.

    Raises:
        OpsError: There is none, or a named one has no credentials.
    """
    ready = [source for source in SOURCES if source.has_credentials(settings)]
    if not names:
        if not ready:
            message = (
                "no credentials: copy .env.example to .env and fill in TAP_SIGEN_USERNAME and "
                "TAP_SIGEN_PASSWORD, or TAP_SOLAREDGE_API_KEY"
            )
            raise OpsError(message)
        return ready
    for source in SOURCES:
        if source.name in names and source not in ready:
            needed = " and ".join(source.credentials[0])
            message = f"{source.name}: {needed} not set; fill them in in .env"
            raise OpsError(message)
    return [source for source in ready if source.name in names]
