"""Fixtures: a server of the ``home`` scenario, and clients of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.site import Site
from solar_simulator.testing import simulator, simulator_server
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient
from solar_simulator.testing.sites import scenario_of

__all__ = ["simulator", "simulator_server"]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """One HTTP session, closed afterwards."""
    with requests.Session() as opened:
        yield opened


@pytest.fixture
def sigen(simulator: SimulatorServer, session: requests.Session) -> SigenClient:
    """A Sigen client of the ``home`` scenario."""
    return SigenClient(simulator, session)


@pytest.fixture
def solaredge(simulator: SimulatorServer, session: requests.Session) -> SolarEdgeClient:
    """A SolarEdge client of the ``home`` scenario."""
    return SolarEdgeClient(simulator, session)


@pytest.fixture
def serve(session: requests.Session) -> Iterator[Callable[..., SimulatorServer]]:
    """Serve a scenario of one's own for the time of a test."""
    running: list[SimulatorServer] = []

    def start(*sites: Site, **words: Any) -> SimulatorServer:
        server = SimulatorServer(scenario_of(*sites, **words))
        server.start()
        running.append(server)
        return server

    yield start
    session.close()
    for server in running:
        server.stop()
