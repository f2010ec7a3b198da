"""pytest fixtures: ``pytest_plugins = ["solar_simulator.testing"]`` in a conftest."""

from collections.abc import Iterator

import pytest

from solar_simulator.server import SimulatorServer


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    """The ``home`` scenario on a free port, its clock standing; fresh for each test."""
    with SimulatorServer("home") as server:
        yield server
