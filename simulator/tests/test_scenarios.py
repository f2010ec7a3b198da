"""The scenarios that come with the package, a fleet among them."""

from datetime import timedelta

import pytest
import requests

from solar_simulator import SimulatorServer, load
from solar_simulator.model import Model
from solar_simulator.physics import Flow
from solar_simulator.scenario import names
from solar_simulator.testing.clients import SolarEdgeClient
from solar_simulator.testing.sites import BERLIN
from solar_simulator.truth import Truth


def test_names() -> None:
    """The six scenarios are there."""
    assert names() == ["clock-change", "equipment", "faults", "fleet", "home", "sunset"]


@pytest.mark.parametrize("name", ["home", "faults", "clock-change", "equipment", "sunset"])
def test_every_site_of_a_scenario_lives(name: str) -> None:
    """Each site has sun and load in the last week, and its balance is exactly 0."""
    scenario = load(name)
    truth = Truth(Model(scenario.seed, scenario.sites))
    end = scenario.now.replace(minute=0, second=0)
    for site in scenario.sites.values():
        start = end - timedelta(days=7)
        found = truth.energy(site.site_id, start, end)
        assert truth.balance_residual_wmin(site.site_id, start, end) == 0
        assert (found.pv_kwh > 0) != site.pending
        assert (found.load_kwh > 0) != site.pending


def test_home_is_plain() -> None:
    """No site of the demo charges from the grid or sells from its battery."""
    scenario = load("home")
    model = Model(scenario.seed, scenario.sites)
    day = int(scenario.now.timestamp()) // 86400 - 3
    for site_id in scenario.sites:
        flows = model.minute_day(site_id, day).flows.sum(axis=1)
        assert flows[Flow.GRID_TO_BATTERY] == 0
        assert flows[Flow.DISCHARGE] == flows[Flow.BATTERY_TO_LOAD]


def test_a_fleet_is_made_of_different_houses(session: requests.Session) -> None:
    """Four thousand sites of two vendors, in pages, no two alike, the same at every start."""
    scenario = load("fleet")
    assert scenario.sites == load("fleet").sites
    assert len(scenario.sites) == 4000
    assert len({site.inverters[0].serial for site in scenario.sites.values()}) == 4000
    assert len({site.zone for site in scenario.sites.values()}) == 8
    with SimulatorServer(scenario) as server:
        client = SolarEdgeClient(server, session)
        pages = [client.data("/sites", page=n, **{"sites-in-page": 1000}) for n in (1, 2, 3, 4)]
        assert [len(page["sites"]["site"]) for page in pages] == [1000, 1000, 1000, 0]
        words = {"from_": "2026-06-20T00:00:00", "to": "2026-06-21T00:00:00"}
        totals = {
            client.data(f"/sites/{site_id}/energy", resolution="TOTAL", **words)["values"][0][
                "value"
            ]
            for site_id in range(5000000, 5000012)
        }
        assert len(totals) == 12


def test_memory_is_bounded() -> None:
    """However many days are asked for, only so many are kept."""
    scenario = load("home")
    model = Model(scenario.seed, scenario.sites, kept_days=4)
    end = int(scenario.now.timestamp()) // 60 // 1440 * 1440
    first = model.steps(BERLIN, end - 20 * 1440, end).flows.sum()
    info = model._steps.cache_info()  # type: ignore[attr-defined]  # noqa: SLF001
    assert info.currsize == 4
    assert model.steps(BERLIN, end - 20 * 1440, end).flows.sum() == first
