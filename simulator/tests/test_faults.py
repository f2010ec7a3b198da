"""Faults on demand, from Python and over HTTP."""

import time

import pytest
import requests

from solar_simulator import SimulatorServer, load
from solar_simulator.faults import Fault, FaultError
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient
from solar_simulator.testing.sites import BERLIN, KAROO, MAPLE

DAY = {"level": "Day", "date": "2026-06-20"}


def statuses(client: SolarEdgeClient, count: int, path: str = "/sites") -> list[int]:
    """Statuses of some calls in a row."""
    return [client.get(path).status_code for _ in range(count)]


def test_the_nth_call_fails(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """The third call and the one after it fail, the others do not."""
    simulator.faults.add(endpoint="solaredge.v2.sites", nth=3, times=2, status=503, body="html")
    assert statuses(solaredge, 6) == [200, 200, 503, 503, 200, 200]
    outcomes = [call.outcome for call in simulator.calls]
    assert outcomes.count("fault status 503") == 2


def test_a_fault_is_for_its_endpoint_and_site(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """Only calls that match are struck, and only they are counted."""
    simulator.faults.add(endpoint="sigen.hist*", site=BERLIN, nth=2, code=1502)
    codes = [
        sigen.get(f"/systems/{site}/history", **DAY).json()["code"]
        for site in (KAROO, BERLIN, KAROO, BERLIN, BERLIN)
    ]
    assert codes == [0, 0, 0, 1502, 0]


def test_for_ever_until_cleared(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """Zero times is without end; clearing ends it."""
    simulator.faults.add(endpoint="solaredge.*", times=0, status=500)
    assert statuses(solaredge, 4) == [500] * 4
    simulator.faults.clear()
    assert statuses(solaredge, 1) == [200]


@pytest.mark.parametrize("where", ["before", "middle"])
def test_a_cut_connection(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, where: str
) -> None:
    """The client sees a broken connection, and can call again."""
    simulator.faults.add(endpoint="solaredge.v2.energy", cut=where)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        solaredge.get(f"/sites/{MAPLE}/energy")
    assert solaredge.get(f"/sites/{MAPLE}/energy").status_code == 200
    assert simulator.calls.matching(outcome=f"fault cut {where}")


def test_bodies(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """An empty body, a page, a body of one's own with headers."""
    simulator.faults.add(body="")
    simulator.faults.add(nth=2, body="html")
    simulator.faults.add(nth=3, status=429, body="{}", headers={"Retry-After": "7"})
    empty, page, own = (solaredge.get("/sites") for _ in range(3))
    assert (empty.status_code, empty.content) == (200, b"")
    assert page.headers["Content-Type"].startswith("text/html")
    assert (own.status_code, own.text, own.headers["Retry-After"]) == (429, "{}", "7")


def test_a_delay_waits_in_real_time(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delayed call waits as long as it was told and then answers as ever."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    simulator.faults.add(endpoint="solaredge.v2.sites", delay_seconds=12.5)
    assert statuses(solaredge, 2) == [200, 200]
    assert waited == [12.5]


def test_faults_over_http(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, session: requests.Session
) -> None:
    """Arm, list and clear over HTTP; nonsense is refused with a reason."""
    url = f"{simulator.url}/_sim/faults"
    armed = session.post(url, json={"endpoint": "solaredge.v2.sites", "status": 500}, timeout=30)
    assert armed.status_code == 201
    assert statuses(solaredge, 2) == [500, 200]
    assert session.get(url, timeout=30).json()[0]["seen"] == 2
    assert session.delete(url, timeout=30).json() == []
    for bad in ({"status": 500, "nth": 0}, {}, {"colour": 1}, {"cut": "sideways"}):
        refused = session.post(url, json=bad, timeout=30)
        assert refused.status_code == 400
        assert refused.json()["error"]


def test_a_fault_that_does_nothing_is_refused() -> None:
    """A fault needs something that goes wrong."""
    with pytest.raises(FaultError):
        Fault()


def test_the_faults_scenario(session: requests.Session) -> None:
    """The scenario arms its faults, and arms them again after a reset."""
    with SimulatorServer(load("faults")) as server:
        server.switches.set("limits", "off")
        for name in ("sigen.fail_1502", "sigen.fail_503", "sigen.fail_empty"):
            server.switches.set(name, 0.0)
        for _ in range(2):
            client = SigenClient(server, session)
            found = [
                client.get("/systems/STORM1735689600/history", **DAY).status_code for _ in range(5)
            ]
            assert found == [200, 200, 200, 504, 200]
            server.faults.reset()
