"""Fixtures: the simulated cloud, its truth, and a tap whose waits cost nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer
from solar_simulator.site import Battery, Inverter, Site
from solar_simulator.testing.sites import make_site, scenario_of
from solar_tap_kit.testing import Bench, Collector
from tap_solaredge.tap import TapSolarEdge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

NOW = dt.datetime(2026, 3, 11, 18, tzinfo=dt.UTC)


def sync_only(
    bench: Bench, streams: Collection[str], state: dict[str, Any] | None = None, **settings: Any
) -> Collector:
    """Sync some streams: a test need not pay for what it does not look at."""
    tap, out = bench.tap(state, **settings)
    for stream in tap.streams.values():
        stream.selected = stream.name in streams
    tap.sync_all()
    return out


@pytest.fixture(scope="session")
def only() -> Callable[..., Collector]:
    """Return what syncs some streams."""
    return sync_only


@pytest.fixture(scope="session")
def server() -> Iterator[SimulatorServer]:
    """Serve the home scenario for the whole session: its physics are worth keeping."""
    with SimulatorServer("home", VirtualClock(NOW)) as running:
        yield running


@pytest.fixture
def bench(server: SimulatorServer, tmp_path: Path) -> Iterator[Bench]:
    """Return the cloud as new: clock, quotas, switches and call log reset."""
    server.world.reset()
    server.clock.set(NOW)
    yield Bench(
        TapSolarEdge,
        server,
        {
            "api_url": f"{server.url}/solaredge",
            "api_key": server.credentials.solaredge_fleet_key,
            "start_date": "2026-03-07",
            "credits_per_month": 1_000_000,
            "calls_per_minute": 100_000,
            "max_concurrent_requests": 1,
        },
        tmp_path / "state",
    )
    server.world.reset()


@pytest.fixture
def old(bench: Bench) -> Bench:
    """Return the same cloud over its API v1, before that was switched off."""
    bench.cloud.switches.set("solaredge.v1_sunset", "alive")
    key = bench.cloud.credentials.solaredge_v1_account_key
    bench.settings.update(api_version="v1", api_key=key, calls_per_day=1_000_000)
    del bench.settings["credits_per_month"], bench.settings["calls_per_minute"]
    return bench


TOWNS = {
    "Europe/Berlin": (52.5, 13.4),
    "America/New_York": (40.7, -74.0),
    "Australia/Sydney": (-33.9, 151.2),
    "Asia/Kathmandu": (27.7, 85.3),
}


def a_house(
    number: int,
    zone: str = "Europe/Berlin",
    *,
    inverters: int = 1,
    stores: bool = True,
    since: str = "2026-01-10",
) -> Site:
    """Return an invented SolarEdge site, with battery and meters or without both."""
    latitude, longitude = TOWNS[zone]
    return make_site(
        vendor="solaredge",
        site_id=str(4_200_000 + number),
        name=f"House {number}",
        zone=zone,
        latitude=latitude,
        longitude=longitude,
        installed_at=dt.datetime.fromisoformat(f"{since}T09:12:00+00:00"),
        inverters=tuple(
            Inverter(f"7EDE{number:04}-{index:02}", 5.0, 5.5, optimizers=14)
            for index in range(inverters)
        ),
        battery=Battery(f"48DEM0-{number:06}", 9.7, 5.0, 5.0) if stores else None,
        metered=stores,
    )


@pytest.fixture
def house() -> Callable[..., Site]:
    """Return the builder of invented sites."""
    return a_house


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Return a builder of benches on sites of a test's own, over v2 or v1."""
    used: list[SimulatorServer] = []

    def build(now: dt.datetime, *sites: Site, api_version: str = "v2", **settings: object) -> Bench:
        server = next((known for known in WORLDS if _sites_of(known) == sites), None)
        if server is None:
            server = SimulatorServer(scenario_of(*sites, now=now), VirtualClock(now))
            server.start()
            WORLDS.append(server)
        used.append(server)
        server.world.reset()
        server.clock.set(now)
        server.switches.set("solaredge.v1_sunset", "alive")
        v1 = api_version == "v1"
        known = server.credentials
        return Bench(
            TapSolarEdge,
            server,
            {
                "api_version": api_version,
                "api_url": f"{server.url}/solaredge",
                "api_key": known.solaredge_v1_account_key if v1 else known.solaredge_fleet_key,
                "max_concurrent_requests": 1,
                **settings,
            },
            tmp_path / f"state{len(used)}",
        )

    yield build
    for server in used:
        server.world.reset()


WORLDS: list[SimulatorServer] = []
"""Running clouds by their sites: the days that were worked out for one test serve the next."""


def _sites_of(server: SimulatorServer) -> tuple[Site, ...]:
    return tuple(server.world.scenario.sites.values())


@pytest.fixture(scope="session", autouse=True)
def _stop_worlds() -> Iterator[None]:
    yield
    for server in WORLDS:
        server.stop()
