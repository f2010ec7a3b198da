"""The Sigen and SolarEdge clouds on your own machine, with a known truth."""

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import Scenario, ScenarioError, load
from solar_simulator.server import SimulatorServer
from solar_simulator.truth import Energies, Row, Truth

__all__ = [
    "Energies",
    "Row",
    "Scenario",
    "ScenarioError",
    "SimulatorServer",
    "Truth",
    "VirtualClock",
    "load",
]
