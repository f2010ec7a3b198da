"""Keys, quotas, spans, shapes and the end of SolarEdge v1."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer, load
from solar_simulator.testing.clients import SolarEdgeV1Client
from solar_simulator.testing.sites import MAPLE, SAGUARO

DATES = {"startDate": "2026-06-20", "endDate": "2026-06-20"}
TIMES = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 23:59:59"}


def test_keys(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """An account key sees all, a site key its site, a rightless one nothing, others 401."""
    known = simulator.credentials
    account = v1.data("/sites/list")["sites"]
    assert account["count"] == 2
    assert account["site"][0]["alertSeverity"] == "NONE"
    v1.key = known.solaredge_v1_site_key(SAGUARO)
    assert len(v1.key) == 32
    own = v1.data("/sites/list")["sites"]
    assert [site["id"] for site in own["site"]] == [4100002]
    assert "alertQuantity" not in own["site"][0]
    assert v1.get(f"/site/{SAGUARO}/details").status_code == 200
    assert v1.get(f"/site/{MAPLE}/details").status_code == 403
    v1.key = known.solaredge_v1_rightless_key
    assert v1.get(f"/site/{MAPLE}/details").status_code == 403
    v1.key = "WRONG"
    refused = v1.get("/sites/list")
    assert refused.status_code == 401
    assert refused.json()["title"] == "Unauthorized - Authentication Failed"
    assert v1.get("/site/999/details").status_code == 401


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (f"/site/{MAPLE}/energy", {}, 400),
        (f"/site/{MAPLE}/energy", {**DATES, "timeUnit": "day"}, 400),
        (f"/site/{MAPLE}/meters", {}, 400),
        (f"/site/{MAPLE}/power", {"startTime": "2026-06-20"}, 400),
        (f"/site/{MAPLE}/energy", {"startDate": "2026-06-20", "endDate": "2026-06-01"}, 400),
        ("/site/999/energy", DATES, 403),
        (f"/equipment/{MAPLE}/none/data", TIMES, 403),
        (f"/site/{MAPLE}/alerts", {}, 403),
        ("/nothing", {}, 404),
        (f"/site/{MAPLE}/details.xml", {}, 415),
        (f"/site/{MAPLE}/details", {"format": "csv"}, 415),
        (f"/site/{MAPLE}/details.json", {}, 200),
        (f"/site/{MAPLE}/details", {"format": "application/json"}, 200),
    ],
)
def test_refusals(v1: SolarEdgeV1Client, path: str, query: dict[str, str], status: int) -> None:
    """Missing parameters, wrong words, foreign sites, formats other than JSON."""
    assert v1.get(path, **query).status_code == status


def test_a_missing_parameter_is_a_tomcat_page(v1: SolarEdgeV1Client) -> None:
    """The 400 names the parameter, in HTML."""
    answer = v1.get(f"/site/{MAPLE}/energy")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Required parameter 'startDate' is not present" in answer.text


@pytest.mark.parametrize(
    ("path", "first", "last", "unit", "status"),
    [
        ("energy", "2026-05-01", "2026-05-31", "QUARTER_OF_AN_HOUR", 200),
        ("energy", "2026-05-01", "2026-06-02", "QUARTER_OF_AN_HOUR", 403),
        ("energy", "2026-05-01", "2026-06-02", "HOUR", 403),
        ("energy", "2025-06-20", "2026-06-19", "DAY", 200),
        ("energy", "2025-05-20", "2026-06-19", "DAY", 403),
        ("energy", "2020-01-01", "2026-06-19", "MONTH", 200),
        ("power", "2026-05-01", "2026-06-02", "", 403),
        ("powerDetails", "2026-05-01", "2026-06-02", "", 403),
        ("storageData", "2026-06-01", "2026-06-07", "", 200),
        ("storageData", "2026-06-01", "2026-06-09", "", 403),
    ],
)
def test_spans(
    v1: SolarEdgeV1Client, path: str, first: str, last: str, unit: str, status: int
) -> None:
    """A month, a year, a week; longer windows are 403."""
    words = {
        "startDate": first,
        "endDate": last,
        "startTime": f"{first} 00:00:00",
        "endTime": f"{last} 23:59:59",
    }
    if unit:
        words["timeUnit"] = unit
    assert v1.get(f"/site/{SAGUARO}/{path}", **words).status_code == status


def test_lists_are_searched_sorted_and_paged(v1: SolarEdgeV1Client) -> None:
    """Search, sort order, size and start index; unknown properties are refused."""

    def names(**query: Any) -> list[str]:
        return [site["name"] for site in v1.data("/sites/list", **query)["sites"]["site"]]

    assert names() == ["Maple Street 77", "Saguaro Court 5"]
    assert names(searchText="cactus") == ["Saguaro Court 5"]
    assert names(sortProperty="name", sortOrder="DESC") == ["Saguaro Court 5", "Maple Street 77"]
    assert names(sortProperty="State") == ["Saguaro Court 5", "Maple Street 77"]
    assert names(size=1, startIndex=1) == ["Saguaro Court 5"]
    assert names(status="Disabled") == []
    assert names(status="All", sortProperty="Amount") == names()
    for bad in ({"size": 101}, {"startIndex": -1}, {"size": "x"}, {"sortProperty": "mood"}):
        assert v1.get("/sites/list", **bad).status_code == 400


def test_list_shapes(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """The printed key of the list, and one site as an object."""
    simulator.switches.set("solaredge.v1_list", "list")
    assert len(v1.data("/sites/list")["sites"]["list"]) == 2
    simulator.switches.clear("solaredge.v1_list")
    simulator.switches.set("solaredge.v1_one_site_object", value=True)
    assert v1.data("/sites/list", size=1)["sites"]["site"]["id"] == 4100001


def test_bulk_equals_single(v1: SolarEdgeV1Client) -> None:
    """Each site's part of a bulk answer is its single answer, in its own zone."""
    both = f"/sites/{MAPLE},{SAGUARO}"
    body = v1.data(f"{both}/energy", **DATES)["sitesEnergy"]
    assert body["count"] == 2
    for item in body["siteEnergyList"]:
        single = v1.data(f"/site/{item['siteId']}/energy", **DATES)["energy"]
        assert item["energyValues"]["values"] == single["values"]
        assert body["unit"] == single["unit"]
    one = v1.data(f"/sites/{MAPLE}/overview")["sitesOverviews"]
    assert (
        one["siteEnergyList"][0]["siteOverview"] == v1.data(f"/site/{MAPLE}/overview")["overview"]
    )
    assert v1.get(f"{both},999/overview").status_code == 403
    many = ",".join(["4100001"] * 101)
    assert v1.get(f"/sites/{many}/overview").status_code == 400


def test_bulk_as_printed(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """By switch the document's own bulk shapes."""
    simulator.switches.set("solaredge.v1_bulk", "pdf")
    both = f"/sites/{MAPLE},{SAGUARO}"
    energy = v1.data(f"{both}/energy", **DATES)["energy"]
    assert set(energy) == {"timeUnit", "unit", "count", "list"}
    assert set(energy["list"][0]) == {"id", "values"}
    frame = v1.data(f"{both}/timeFrameEnergy", **DATES)["timeFrameEnergy"]["list"]
    assert set(frame[0]) == {"id", "energy"}
    period = v1.data(f"{both}/dataPeriod")["dataPeriod"]["list"]
    assert set(period[0]) == {"id", "startDate", "endDate"}
    simulator.switches.set("solaredge.v1_power_in_wh", value=True)
    assert v1.data(f"{both}/power", **TIMES)["power"]["unit"] == "Wh"


def test_other_shapes(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Nested records, scientific numbers, the flow in W, HTML refusals, no details."""
    path = f"/equipment/{SAGUARO}/7EDE0002-52/data"
    simulator.switches.set("solaredge.v1_nested_telemetry", value=True)
    nested = v1.data(path, **TIMES)["data"]["telemetries"][0]
    assert set(nested) == {"threePhaseInverterTelemetry"}
    plain = v1.data(f"/site/{MAPLE}/overview")["overview"]["lifeTimeData"]["energy"]
    simulator.switches.set("solaredge.v1_scientific", value=True)
    answer = v1.get(f"/site/{MAPLE}/overview")
    assert "E7" in answer.text
    assert answer.json()["overview"]["lifeTimeData"]["energy"] == plain
    kw = v1.data(f"/site/{MAPLE}/currentPowerFlow")["siteCurrentPowerFlow"]
    simulator.switches.set("solaredge.v1_flow_unit", "W")
    watts = v1.data(f"/site/{MAPLE}/currentPowerFlow")["siteCurrentPowerFlow"]
    assert watts["unit"] == "W"
    assert watts["LOAD"]["currentPower"] / 1000 == pytest.approx(
        kw["LOAD"]["currentPower"], abs=0.006
    )
    assert watts["connections"] == [{"from": "GRID", "to": "Load"}]
    simulator.switches.set("solaredge.v1_flow_case", "upper")
    upper = v1.data(f"/site/{MAPLE}/currentPowerFlow")["siteCurrentPowerFlow"]
    assert upper["connections"] == [{"from": "GRID", "to": "LOAD"}]
    simulator.switches.set("solaredge.v1_html_errors", value=True)
    simulator.switches.set("solaredge.v1_no_details", value=True, site=MAPLE)
    refused = v1.get(f"/site/{MAPLE}/details")
    assert refused.status_code == 403
    assert refused.headers["Content-Type"].startswith("text/html")
    assert v1.get(f"/site/{SAGUARO}/details").status_code == 200
    simulator.switches.set("solaredge.v1_alerts", value=True)
    assert v1.data(f"/site/{MAPLE}/alerts") == {"alerts": {"alert": []}}


@pytest.mark.parametrize(("reading", "list_calls"), [("A", 3), ("B", 1)])
def test_daily_quotas(
    simulator: SimulatorServer, v1: SolarEdgeV1Client, reading: str, list_calls: int
) -> None:
    """Reading A counts site calls on the site alone, reading B on the token too."""
    simulator.switches.set("limits", "documented")
    simulator.switches.set("solaredge.v1_calls_per_day", 3)
    simulator.switches.set("solaredge.v1_quota", reading)
    for _ in range(2):
        assert v1.get(f"/site/{MAPLE}/overview").status_code == 200
    found = [v1.get("/sites/list").status_code for _ in range(4)]
    assert found == [200] * list_calls + [429] * (4 - list_calls)
    expected = 200 if reading == "A" else 429
    assert v1.get(f"/site/{MAPLE}/overview").status_code == expected
    simulator.clock.set(datetime(2026, 7, 2, tzinfo=UTC))
    assert v1.get(f"/site/{MAPLE}/overview").status_code == 200


def test_a_bulk_call_costs_each_site_one(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """One bulk call is one unit of every site in it; a bare 429 has no body."""
    simulator.switches.set("limits", "documented")
    simulator.switches.set("solaredge.v1_calls_per_day", 2)
    simulator.switches.set("solaredge.v1_bare_429", value=True)
    assert v1.get(f"/site/{MAPLE}/overview").status_code == 200
    assert v1.get(f"/sites/{MAPLE},{SAGUARO}/overview").status_code == 200
    refused = v1.get(f"/sites/{MAPLE},{SAGUARO}/overview")
    assert (refused.status_code, refused.content) == (429, b"")


def test_a_rolling_day(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """By switch the quota is free 24 hours after the call, not at midnight."""
    simulator.switches.set("limits", "documented")
    simulator.switches.set("solaredge.v1_calls_per_day", 1)
    simulator.switches.set("solaredge.v1_day", "rolling")
    assert v1.get("/sites/list").status_code == 200
    simulator.clock.advance(timedelta(hours=23))
    assert v1.get("/sites/list").status_code == 429
    simulator.clock.advance(timedelta(hours=24, seconds=1))
    assert v1.get("/sites/list").status_code == 200


def test_three_calls_at_once(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """While three calls run, a fourth from the same address is refused; then all is free."""
    simulator.switches.set("limits", "documented")
    simulator.switches.set("solaredge.v1_concurrency", 0)
    refused = v1.get("/sites/list")
    assert refused.status_code == 429
    assert simulator.calls.matching(outcome="429 concurrency")
    simulator.switches.set("solaredge.v1_concurrency", 3)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(v1.get("/sites/list").status_code))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200, 200, 200]
    simulator.switches.set("solaredge.v1_concurrency", 1)
    assert v1.get("/sites/list").status_code == 200


def test_the_sunset(session: requests.Session) -> None:
    """Ten minutes before its end v1 answers; then every call is 410, and v2 goes on."""
    with SimulatorServer(load("sunset")) as server:
        v1 = SolarEdgeV1Client(server, session)
        assert v1.get("/sites/list").status_code == 200
        assert v1.get("/accounts/list").status_code == 410
        server.clock.advance(timedelta(minutes=10))
        for path in ("/sites/list", "/site/4400001/overview", "/accounts/list"):
            answer = v1.get(path)
            assert answer.status_code == 410
            assert answer.json()["title"] == "Gone"
        header = {"X-API-Key": server.credentials.solaredge_fleet_key}
        assert session.get(f"{server.solaredge_url}/sites", headers=header, timeout=30).ok
        server.switches.set("solaredge.v1_sunset", "alive")
        assert v1.get("/accounts/list").status_code == 200
        assert v1.get("/version/current").json() == {"version": {"release": "1.0.0"}}
        assert v1.get("/version/supported").ok
        v1.key = server.credentials.solaredge_v1_site_key("4400001")
        assert v1.get("/accounts/list").status_code == 403
        server.switches.set("solaredge.v1_sunset", "gone")
        server.clock.set(datetime(2026, 1, 1, tzinfo=UTC))
        assert v1.get("/sites/list").status_code == 410
