"""Fixtures: the simulated cloud, its truth, and a tap whose waits cost nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer
from solar_tap_kit.testing import Bench
from tap_solaredge.tap import TapSolarEdge

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = dt.datetime(2026, 3, 11, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def server() -> Iterator[SimulatorServer]:
    """Serve the home scenario for the whole session: its physics are worth keeping."""
    with SimulatorServer("home", VirtualClock(NOW)) as running:
        yield running


@pytest.fixture
def bench(server: SimulatorServer) -> Iterator[Bench]:
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
            "max_requests_per_run": 1_000_000,
        },
    )
    server.world.reset()
