"""SolarEdge answers that are not to the question: each switch does what it says."""

from typing import Any

import pytest

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SolarEdgeClient

SITE = "4100001"
PERIOD = {
    "from": "2026-06-20T06:00:00-04:00",
    "to": "2026-06-20T18:00:00-04:00",
    "resolution": "QUARTER_HOUR",
}


def energy(client: SolarEdgeClient) -> list[dict[str, Any]]:
    """The values of half a day."""
    found: list[dict[str, Any]] = client.data(f"/sites/{SITE}/energy", **PERIOD)["values"]
    return found


def test_series_of_other_days(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """Timestamps and values are those of the day after."""
    simulator.switches.set("solaredge.days_off", 1)
    assert energy(solaredge)[0]["timestamp"] == "2026-06-21T06:00:00-04:00"


def test_spoilt_values(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """Dashes and repeated timestamps by value, an unknown unit by series."""
    clean = energy(solaredge)
    simulator.switches.set("solaredge.dashes", 0.2)
    dashes = [item["value"] for item in energy(solaredge)].count("--")
    assert 0 < dashes < len(clean)
    simulator.switches.clear("solaredge.dashes")
    simulator.switches.set("solaredge.repeated_stamps", 1.0)
    assert [item["timestamp"] for item in energy(solaredge)] == [
        clean[0]["timestamp"],
        *(item["timestamp"] for item in clean[:-1]),
    ]
    simulator.switches.set("solaredge.unknown_unit", value=True)
    assert solaredge.data(f"/sites/{SITE}/energy", **PERIOD)["unit"] == "JOULE"


@pytest.mark.parametrize(
    ("switch", "value", "n_sites", "count"),
    [
        ("solaredge.largest_page", 1, 1, 2),
        ("solaredge.count_off", 5, 2, 7),
        ("solaredge.site_twice", True, 3, 3),
    ],
)
def test_odd_pages(
    simulator: SimulatorServer,
    solaredge: SolarEdgeClient,
    switch: str,
    value: Any,
    n_sites: int,
    count: int,
) -> None:
    """Of the site list."""
    simulator.switches.set(switch, value)
    found = solaredge.data("/sites")["sites"]
    assert (len(found["site"]), found["count"]) == (n_sites, count)


def test_every_page_is_the_first(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """Whatever page is asked."""
    first = solaredge.data("/sites")
    simulator.switches.set("solaredge.page_ignored", value=True)
    assert solaredge.data("/sites", page=7) == first


def test_odd_words_of_a_site(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """No date and PENDING, another's zone name, no id."""
    simulator.switches.set("solaredge.installation", "null", site=SITE)
    simulator.switches.set("solaredge.zone_words", "windows", site=SITE)
    simulator.switches.set("solaredge.null_id", value=True, site=SITE)
    (found,) = (s for s in solaredge.data("/sites")["sites"]["site"] if s["siteId"] is None)
    assert (found["installationDate"], found["activationStatus"]) == (None, "PENDING")
    assert found["location"]["timezone"] == "Eastern Standard Time"
