"""Invented sites for tests."""

from datetime import UTC, datetime
from typing import Any

from solar_simulator.model import Model
from solar_simulator.scenario import Scenario
from solar_simulator.site import Battery, Household, Inverter, Site, Window

BERLIN = "LINDE1709625600"
KAROO = "KAROO1718870400"
MAPLE = "4100001"
SAGUARO = "4100002"
"""Site ids of the ``home`` scenario."""


def make_site(**changes: Any) -> Site:
    """An invented house in Berlin with a battery; any field can be changed."""
    fields: dict[str, Any] = {
        "vendor": "sigen",
        "site_id": "TESTA1700000000",
        "name": "Test",
        "zone": "Europe/Berlin",
        "latitude": 52.5,
        "longitude": 13.4,
        "installed_at": datetime(2025, 1, 10, 9, 12, tzinfo=UTC),
        "inverters": (Inverter("I1", 8.0, 9.2),),
        "battery": Battery("B1", 9.7, 4.8, 4.8),
        "household": Household(11.0, 7.4),
    }
    return Site(**{**fields, **changes})


def grid_charger(**changes: Any) -> Site:
    """A house that fills its battery at night and sells from it in the evening."""
    battery = Battery(
        "B1",
        12.0,
        5.0,
        5.0,
        grid_charge=Window("00:00", "05:00", 2.0),
        grid_export=Window("18:00", "20:00", 4.0),
    )
    return make_site(battery=battery, **changes)


def make_model(site: Site, seed: int = 1) -> Model:
    """A model of one site."""
    return Model(seed, {site.site_id: site})


def scenario_of(*sites: Site, now: datetime = datetime(2026, 7, 1, 6, tzinfo=UTC)) -> Scenario:
    """A scenario of some sites."""
    return Scenario("test", "test", now, 1, {site.site_id: site for site in sites}, {}, (), ())
