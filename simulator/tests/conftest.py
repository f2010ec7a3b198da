"""Fixtures: a server of the ``home`` scenario, and clients of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer, load
from solar_simulator.site import Site
from solar_simulator.testing import simulator, simulator_server
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient, SolarEdgeV1Client
from solar_simulator.testing.sites import scenario_of

__all__ = ["simulator", "simulator_server"]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """One HTTP session, closed afterwards."""
    with requests.Session() as opened:
        # Proxies and passwords of the machine's own have no part in this.
        opened.trust_env = False
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
def v1(simulator: SimulatorServer, session: requests.Session) -> SolarEdgeV1Client:
    """A SolarEdge v1 client of the ``home`` scenario."""
    return SolarEdgeV1Client(simulator, session)


@pytest.fixture(scope="session")
def sunset_server() -> Iterator[SimulatorServer]:
    """One server of the ``sunset`` scenario for the whole run."""
    with SimulatorServer(load("sunset")) as server:
        yield server


@pytest.fixture
def last_days(
    sunset_server: SimulatorServer, session: requests.Session
) -> tuple[SolarEdgeV1Client, SimulatorServer]:
    """A client of the ``sunset`` scenario, as new, v1 kept alive."""
    sunset_server.world.reset()
    sunset_server.switches.set("solaredge.v1_sunset", "alive")
    return SolarEdgeV1Client(sunset_server, session), sunset_server


@pytest.fixture(scope="session")
def equipment_server() -> Iterator[SimulatorServer]:
    """One server of the ``equipment`` scenario for the whole run."""
    with SimulatorServer(load("equipment")) as server:
        yield server


@pytest.fixture
def equipment(equipment_server: SimulatorServer) -> SimulatorServer:
    """The ``equipment`` scenario, as new."""
    equipment_server.world.reset()
    return equipment_server


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
