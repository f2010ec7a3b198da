"""Fixtures: the simulated cloud, its truth, and a tap whose waits cost nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer
from solar_tap_kit.testing import Bench
from tap_sigen.tap import TapSigen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)


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
        TapSigen,
        server,
        {
            "api_url": server.sigen_url,
            "username": server.credentials.sigen_username,
            "password": server.credentials.sigen_password,
            "start_date": "2026-03-28",
            "max_concurrent_requests": 1,
        },
        tmp_path / "state",
    )
    server.world.reset()
