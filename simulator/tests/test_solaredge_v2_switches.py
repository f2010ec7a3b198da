"""SolarEdge v2 where sources disagree, or where it is strict: each a switch."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.clock import VirtualClock
from solar_simulator.site import Alert
from solar_simulator.testing.clients import SolarEdgeClient
from solar_simulator.testing.sites import MAPLE, SAGUARO, make_site, scenario_of

MONTHS = [
    ("2026-01-01T00:00:00", "2026-02-01T00:00:00", 200),
    ("2026-02-01T00:00:00", "2026-03-01T00:00:00", 200),
    ("2026-02-01T00:00:00", "2026-03-02T00:00:00", 400),
    ("2026-01-31T00:00:00", "2026-02-28T00:00:00", 200),
    ("2026-01-31T00:00:00", "2026-03-01T00:00:00", 400),
    ("2026-03-05T00:00:00-05:00", "2026-04-05T00:00:00-04:00", 200),
    ("2026-06-01T00:00:00", "2026-07-02T00:00:00", 400),
]


@pytest.mark.parametrize(("begin", "end", "status"), MONTHS)
def test_a_calendar_month(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, begin: str, end: str, status: int
) -> None:
    """To the same day of the next month or that month's last; without the switch 31 days."""
    words = {"from_": begin, "to": end, "resolution": "DAY"}
    assert solaredge.get(f"/sites/{MAPLE}/energy", **words).status_code == 200
    simulator.switches.set("solaredge.month", "calendar")
    assert solaredge.get(f"/sites/{MAPLE}/energy", **words).status_code == status


def test_a_future_end_is_refused(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """A window up to now is answered, one that ends a minute later is not."""
    simulator.clock.set(datetime(2026, 6, 20, 12, tzinfo=UTC))
    simulator.switches.set("solaredge.refuse_future_to", value=True)
    path, begin = f"/sites/{MAPLE}/energy", "2026-06-20T10:00:00Z"
    assert solaredge.get(path, from_=begin, to="2026-06-20T12:00:00Z").status_code == 200
    assert solaredge.get(path, from_=begin, to="2026-06-20T12:01:00Z").status_code == 400
    assert solaredge.get(path).status_code == 200


def test_an_inclusive_end(simulator: SimulatorServer, solaredge: SolarEdgeClient) -> None:
    """The bucket that begins at the end is there too, with the value that it always has."""
    path = f"/sites/{MAPLE}/energy"
    words = {"from_": "2026-06-20T10:00:00", "to": "2026-06-20T12:00:00"}
    plain = solaredge.data(path, **words)["values"]
    simulator.switches.set("solaredge.to_inclusive", value=True)
    more = solaredge.data(path, **words)["values"]
    assert more[:-1] == plain
    assert more[-1]["timestamp"] == "2026-06-20T12:00:00-04:00"


def test_both_forms_of_the_live_flow(
    simulator: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """The same watts and the same direction, said by a status or by connections."""
    simulator.switches.set("solaredge.tier", "pro")
    simulator.switches.set("solaredge.v1_flow_unit", "W")
    simulator.clock.set(datetime(2026, 6, 20, 23, 30, 20, tzinfo=UTC))
    path = f"/sites/{MAPLE}/power-flow"
    found = solaredge.data(path)
    assert found["updatedAt"] == "2026-06-20T19:29:00-04:00"
    assert set(found) == {"updatedAt", "unit", "pv", "load", "grid", "storage"}
    simulator.switches.set("solaredge.power_flow", "connections")
    old = solaredge.data(path)["siteCurrentPowerFlow"]
    for name in ("pv", "load", "grid", "storage"):
        assert found[name]["power"] == old[name.upper()]["currentPower"]
    assert found["storage"]["chargeLevel"] == old["STORAGE"]["chargeLevel"]
    ways = {(pair["from"].upper(), pair["to"].upper()) for pair in old["connections"]}
    assert found["storage"]["status"] == "DISCHARGE"
    assert ("STORAGE", "LOAD") in ways
    assert solaredge.data(f"/sites/{SAGUARO}/power-flow") == {"siteCurrentPowerFlow": {}}


def test_alerts_close(session: requests.Session) -> None:
    """After some hours an alert has left the list of open ones, not the whole list."""
    begun = datetime(2026, 6, 30, 6, tzinfo=UTC)
    alert = Alert(77, "EQUIPMENT", "DC Isolation", 5, begun, "I1")
    site = make_site(vendor="solaredge", site_id="4100777", alerts=(alert,))
    with SimulatorServer(scenario_of(site), VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))) as sim:
        client = SolarEdgeClient(sim, session)

        def statuses(path: str, **words: Any) -> list[str]:
            return [found["status"] for found in client.data(path, **words)]

        assert statuses("/alerts") == statuses("/alerts", **{"only-open": "true"}) == ["OPEN"]
        sim.switches.set("solaredge.alert_hours", 12)
        assert statuses("/alerts", **{"only-open": "true"}) == []
        assert statuses("/sites/4100777/alerts", **{"only-open": "false"}) == ["CLOSED"]


def test_a_month_of_credits_begins_on_any_day(
    simulator: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """The 31st is the last day of a shorter month."""
    simulator.switches.set("limits", "documented")
    simulator.switches.set("solaredge.credits_per_month", 1)
    simulator.switches.set("solaredge.credits_renew_on_day", 31)
    simulator.clock.set(datetime(2026, 5, 31, 1, tzinfo=UTC))
    seen = []
    for now in (
        datetime(2026, 5, 31, 1, tzinfo=UTC),
        datetime(2026, 6, 1, tzinfo=UTC),
        datetime(2026, 6, 29, 23, 59, tzinfo=UTC),
        datetime(2026, 6, 30, tzinfo=UTC),
        datetime(2026, 7, 30, tzinfo=UTC),
        datetime(2026, 7, 31, tzinfo=UTC),
    ):
        simulator.clock.set(now)
        seen.append(solaredge.get("/sites").status_code)
    assert seen == [200, 429, 429, 200, 429, 200]
    simulator.switches.set("solaredge.message_429", value=True)
    refused = solaredge.get("/sites")
    assert refused.json() == {"message": "Monthly credits are used up"}
    (month,) = [quota for quota in simulator.world.quotas() if quota.period == "month"]
    assert month.free_at == datetime(2026, 8, 31, tzinfo=UTC)


def test_tokens_for_a_form(simulator: SimulatorServer, session: requests.Session) -> None:
    """Refused as it is documented, accepted with the switch."""
    known = simulator.credentials
    body = {
        "client_id": known.solaredge_client_id,
        "client_secret": known.solaredge_client_secret,
        "grant_type": "refresh_token",
        "refresh_token": known.solaredge_refresh_token(MAPLE),
    }
    address = f"{simulator.solaredge_url}/oauth2/token"
    assert session.post(address, data=body, timeout=30).status_code == 400
    simulator.switches.set("solaredge.form_tokens", value=True)
    granted = session.post(address, data=body, timeout=30).json()
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    alerts = f"{simulator.solaredge_url}/sites/{MAPLE}/alerts"
    assert session.get(alerts, headers=header, timeout=30).status_code == 200
    simulator.switches.set("solaredge.owner_alerts", value=False)
    assert session.get(alerts, headers=header, timeout=30).status_code == 403
