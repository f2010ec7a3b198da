"""Raw rows as the real taps write them from the simulated clouds, without Meltano between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from raw_warehouse import stream_tables

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer
from solar_simulator.testing.sites import scenario_of
from solar_tap_kit.testing import Bench
from tap_sigen.streams import STREAMS as SIGEN_STREAMS
from tap_sigen.tap import TapSigen
from tap_solaredge.streams import STREAMS as SOLAREDGE_STREAMS
from tap_solaredge.tap import TapSolarEdge

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from raw_warehouse import Loader, Row, Table

    from solar_simulator.site import Site

TABLES: dict[str, Table] = {
    **{f"sigen.{n}": t for n, t in stream_tables("tap_sigen", SIGEN_STREAMS).items()},
    **{f"solaredge.{n}": t for n, t in stream_tables("tap_solaredge", SOLAREDGE_STREAMS).items()},
}
"""Every raw table, by vendor and stream."""

SERIES = {"site_energy", "meter_energy", "inverter_telemetry", "storage_telemetry"}


@dataclass
class RawRows:
    """Rows by vendor and stream, such as `sigen.history_days`."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, name: str, rows: Sequence[Row]) -> None:
        """Add rows; of those with one key the last holds, as in an upserting loader."""
        keys = TABLES[name].keys
        known = {tuple(row[key] for key in keys): row for row in self.rows.get(name, [])}
        known |= {tuple(row[key] for key in keys): row for row in rows}
        if known:
            self.rows[name] = list(known.values())

    def load_into(self, warehouse: Loader, *, vendor: str = "", append: bool = False) -> None:
        """Store the rows of all vendors, or of one."""
        for name, rows in self.rows.items():
            if name.startswith(vendor):
                warehouse.load(TABLES[name], rows, append=append)


@dataclass
class Clouds:
    """The simulated clouds of some sites, and the taps that read them.

    Attributes:
        sites: Invented sites of either vendor.
        now: The virtual present.
        folder: For the taps' ledgers and archives.
    """

    sites: tuple[Site, ...]
    now: dt.datetime
    folder: Path

    def __post_init__(self) -> None:
        """Make the clouds; they are served from `__enter__` on."""
        self.server = SimulatorServer(
            scenario_of(*self.sites, now=self.now), VirtualClock(self.now)
        )
        self.switches = self.server.switches
        self.truth = self.server.truth

    def __enter__(self) -> Self:
        """Start serving."""
        self.server.start()
        return self

    def __exit__(self, *details: object) -> None:
        """Stop serving."""
        self.server.stop()

    def fetch(
        self, into: RawRows, first: dt.date, until: dt.date, *sites: str, **settings: Any
    ) -> None:
        """Fetch local days of some sites with the tap of each one's vendor.

        Args:
            into: Where the rows go.
            first: First day.
            until: The day after the last.
            sites: Ids; all by default.
            settings: Further settings of the tap.
        """
        wanted = [site for site in self.sites if not sites or site.site_id in sites]
        dates = {"start_date": str(first), "end_date": str(until), "lookback_days": 0}
        for vendor in ("sigen", "solaredge"):
            ids = [site.site_id for site in wanted if site.vendor == vendor]
            if ids:
                bench = getattr(self, f"_{vendor}")(ids, {**dates, **settings})
                out = bench.run()
                for stream in out.counts:
                    into.add(f"{vendor}.{stream}", out.records(stream))

    def _sigen(self, ids: list[str], settings: dict[str, Any]) -> Bench:
        let_in = self.server.credentials
        return Bench(
            TapSigen,
            self.server,
            {
                "api_url": self.server.sigen_url,
                "username": let_in.sigen_username,
                "password": let_in.sigen_password,
                "system_ids": ids,
                "max_concurrent_requests": 1,
                **settings,
            },
            self.folder / "sigen",
        )

    def _solaredge(self, ids: list[str], settings: dict[str, Any]) -> Bench:
        let_in = self.server.credentials
        access: dict[str, Any] = {
            "api_key": let_in.solaredge_fleet_key,
            "credits_per_month": 1_000_000,
            "calls_per_minute": 100_000,
        }
        if settings.get("api_version") == "v1":
            self.switches.set("solaredge.v1_sunset", "alive")
            access = {
                "api_key": let_in.solaredge_v1_account_key,
                "calls_per_day": 1_000_000,
            }
        return Bench(
            TapSolarEdge,
            self.server,
            {
                "api_url": f"{self.server.url}/solaredge",
                "site_ids": ids,
                "max_concurrent_requests": 1,
                **access,
                **settings,
            },
            self.folder / "solaredge",
        )
