"""The status page, read as a browser's user does: tables, links, buttons."""

import json
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
import requests

from solar_simulator import SimulatorServer, load
from solar_simulator.status import _SITES_SHOWN
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient, SolarEdgeV1Client
from solar_simulator.testing.sites import BERLIN, MAPLE, SAGUARO

Table = list[list[str]]


class Page(HTMLParser):
    """The tables of a page by id, its links and buttons.

    Args:
        text: The page.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tables: dict[str, Table] = {}
        self.links: list[str] = []
        self.buttons: list[tuple[str, object]] = []
        self._table = ""
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a table, a row or a cell begins."""
        words = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._table = words.get("id", "")
            self.tables[self._table] = []
        elif tag == "tr":
            self.tables[self._table].append([])
        elif tag in {"td", "th"}:
            self.tables[self._table][-1].append("")
        elif tag == "a":
            self.links.append(words["href"])
        elif tag == "button":
            self.buttons.append((words["data-post"], json.loads(words["data-body"])))
        self._inside = tag in {"td", "th"} or (self._inside and tag not in {"table", "tr"})

    def handle_endtag(self, tag: str) -> None:
        """Note where a cell ends."""
        if tag in {"td", "th"}:
            self._inside = False

    def handle_data(self, data: str) -> None:
        """Text of a cell."""
        if self._inside:
            self.tables[self._table][-1][-1] += data


def page_of(server: SimulatorServer, session: requests.Session) -> Page:
    """The page as it is now."""
    answer = session.get(f"{server.url}/_sim/", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    return Page(answer.text)


def test_sites_and_clock(simulator: SimulatorServer, session: requests.Session) -> None:
    """Each site with its own time, and today's energies as the truth has them."""
    simulator.clock.advance(4 * 3600)
    page = page_of(simulator, session)
    assert "2026-07-01 10:00:00 UTC" in page.text
    assert simulator.solaredge_url in page.text
    head, *rows = page.tables["sites"]
    assert [row[0] for row in rows] == list(simulator.world.scenario.sites)
    linden = dict(zip(head, rows[0], strict=True))
    assert (linden["name"], linden["cloud"]) == ("Linden Lane 4", "Sigen")
    assert linden["local time"] == "2026-07-01 12:00Europe/Berlin"
    today = session.get(
        f"{simulator.url}/_sim/truth/{BERLIN}/energy",
        params={"start": "2026-06-30T22:00:00Z", "end": "2026-07-01T10:00:00Z"},
        timeout=30,
    ).json()
    for name in ("pv", "load", "import", "export", "charge", "discharge"):
        shown = linden["PV" if name == "pv" else name]
        assert float(shown) == pytest.approx(today[f"{name}_kwh"], abs=0.00501)
    assert dict(zip(head, rows[3], strict=True))["SoC %"] == "-"
    assert "http-equiv" not in page.text
    simulator.clock.run(60)
    running = page_of(simulator, session)
    assert "running at 60 times real time" in running.text
    assert 'http-equiv="refresh"' in running.text


def test_every_link_leads_somewhere(simulator: SimulatorServer, session: requests.Session) -> None:
    """Links to truth, calls and switches answer with JSON."""
    session.get(f"{simulator.solaredge_url}/sites/{MAPLE}/energy", timeout=30)
    page = page_of(simulator, session)
    assert len(page.links) == len(set(page.links)) == 4 * 3 + 3
    for link in page.links:
        answer = session.get(f"{simulator.url}/_sim/{unescape(link)}", timeout=30)
        assert answer.status_code == 200, link
        assert answer.json(), link
    days = session.get(f"{simulator.url}/_sim/{page.links[1]}", timeout=30).json()
    assert days[0]["local_date"] == "2026-07-01"
    assert days[0]["pv_kwh"] == simulator.truth.day(BERLIN, date(2026, 7, 1)).pv_kwh


def test_every_button_does_what_it_says(
    simulator: SimulatorServer, session: requests.Session
) -> None:
    """What a click posts is understood, and the clock has moved by just that."""
    moved = 0.0
    start = simulator.clock.now()
    for path, body in page_of(simulator, session).buttons:
        answer = session.post(f"{simulator.url}/_sim/{path}", json=body, timeout=30)
        assert answer.status_code == 200
        assert isinstance(body, dict)
        moved += body.get("advance_seconds", 0)
        if "advance_seconds" in body:
            assert (simulator.clock.now() - start).total_seconds() == moved
    assert moved == 310 + 3600 + 86400
    assert simulator.clock.now() == start


def test_calls_by_endpoint_and_outcome(
    simulator: SimulatorServer, session: requests.Session, sigen: SigenClient
) -> None:
    """Counts by endpoint, site and outcome; the newest call first; no secret anywhere."""
    for _ in range(3):
        session.get(f"{simulator.solaredge_url}/sites/{MAPLE}/energy?api_key=HUSH", timeout=30)
    sigen.history(BERLIN, "2026-06-20")
    sigen.get("/systems/<b>NOONE<b>/history", level="Day", date="2026-06-20")
    page = page_of(simulator, session)
    assert page.tables["endpoints"][1:] == [
        ["sigen.history", "2", "1", "1111 (1)"],
        ["sigen.login", "1", "1", ""],
        ["solaredge.v2.energy", "3", "0", "401 (3)"],
    ]
    calls = {row[0]: row[-1] for row in page.tables["sites"][1:]}
    assert calls[BERLIN] == "1"
    assert calls[MAPLE] == "3, 3 not ok"
    assert calls[SAGUARO] == "0"
    newest = page.tables["last"][1]
    assert newest[2:4] == ["sigen.history", "<b>NOONE<b>"]
    assert newest[-1] == "1111"
    assert len(page.tables["last"]) == 7
    assert "HUSH" not in page.text
    assert sigen.token not in page.text
    simulator.world.reset()
    assert "None so far" in page_of(simulator, session).text


def test_what_is_left_of_quotas(
    simulator: SimulatorServer, session: requests.Session, sigen: SigenClient
) -> None:
    """Used, left and free again for every cloud, whether enforced or not."""
    v1, v2 = SolarEdgeV1Client(simulator, session), SolarEdgeClient(simulator, session)
    simulator.switches.set("solaredge.v1_calls_per_day", 3)
    sigen.history(BERLIN, "2026-06-20")
    for _ in range(3):
        v1.data(f"/site/{MAPLE}/overview")
    v1.data("/sites/list")
    v2.data("/sites")
    v2.get("/nothing")
    page = page_of(simulator, session)
    assert "Counted, but not enforced" in page.text
    rows = {tuple(row[:3]): [row[3], row[4], row[6]] for row in page.tables["quotas"][1:]}
    v1_site = f"site {MAPLE} from 127.0.0.1"
    assert rows == {
        ("Sigen", f"history {BERLIN}", "300 s"): ["1 of 1", "0", "07-01 06:05:00"],
        ("Sigen", "demo@example.com", "minute"): ["2 of 10", "8", ""],
        ("SolarEdge v1", v1_site, "day"): ["3 of 3", "0", "07-02 00:00:00"],
        ("SolarEdge v1", "list calls of a key", "day"): ["1 of 3", "2", ""],
        ("SolarEdge v2", "fleet key", "minute"): ["2 of 10", "8", ""],
        # The unknown path is a call of the minute, but no credit.
        ("SolarEdge v2", "fleet key", "month"): ["1 of 2000", "1999", ""],
    }
    assert v1.key not in re.sub(r"api_key=\w+", "", page.text)
    simulator.switches.set("solaredge.v1_day", "rolling")
    simulator.clock.advance(61)
    told = session.get(f"{simulator.url}/_sim/quotas", timeout=30).json()
    by_name = {(quota["whose"], quota["period"]): quota for quota in told}
    assert ("fleet key", "minute") not in by_name
    assert by_name[v1_site, "day"]["free_at"] == "2026-07-02T06:00:00+00:00"
    simulator.switches.set("solaredge.calls_per_minute", 1)
    v2.get("/sites")
    month = [q for q in simulator.world.quotas() if q.whose == "fleet key"]
    assert [(q.period, q.left) for q in month] == [("minute", 0), ("month", 1998)]
    assert str(month[0].free_at) == "2026-07-01 06:02:00+00:00"


def test_switches_and_faults(simulator: SimulatorServer, session: requests.Session) -> None:
    """What is set, for whom, and what is armed."""
    simulator.switches.set("sigen.missing_rows", 0.5, site=BERLIN)
    simulator.faults.add(endpoint="sigen.summary", nth=3, times=2, status=500)
    simulator.switches.set("limits", "documented")
    page = page_of(simulator, session)
    assert page.tables["switches"][1:] == [
        ["limits", "documented", "all", "", ""],
        ["sigen.missing_rows", "0.5", BERLIN, "", ""],
    ]
    assert page.tables["faults"][1] == ["sigen.summary", "all", "3 to 4", "fault status 500", "0"]
    assert "Enforced as documented" in page.text


def test_a_fleet_fits_the_page(session: requests.Session) -> None:
    """Of thousands of sites the first are shown, and where the others are."""
    with SimulatorServer(load("fleet")) as server:
        page = page_of(server, session)
    assert len(page.tables["sites"]) == _SITES_SHOWN + 1
    assert "of 4000" in page.text
    assert "truth" in page.links
