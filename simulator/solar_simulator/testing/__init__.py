"""pytest fixtures.

Import both into a conftest::

    from solar_simulator.testing import simulator, simulator_server

    __all__ = ["simulator", "simulator_server"]
"""

from collections.abc import Iterator

import pytest

from solar_simulator.server import SimulatorServer


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[SimulatorServer]:
    """One server of the ``home`` scenario for the whole run: years are computed once."""
    with SimulatorServer("home") as server:
        yield server


@pytest.fixture
def simulator(simulator_server: SimulatorServer) -> SimulatorServer:
    """The ``home`` scenario on a free port, its clock standing; as new for each test."""
    simulator_server.world.reset()
    return simulator_server
