"""The server itself: connections, clock, calls, switches, command."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests

from solar_simulator import ScenarioError, SimulatorServer, VirtualClock, cli, load
from solar_simulator.catalogue import CATALOGUE, SwitchError
from solar_simulator.model import Model
from solar_simulator.scenario import parse
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient
from solar_simulator.testing.sites import BERLIN, MAPLE

NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)


def test_connections_stay_open(simulator: SimulatorServer) -> None:
    """Three requests over one socket get three answers, a POST with a body among them."""
    host, port = simulator.url.removeprefix("http://").split(":")
    get = f"GET /_sim/health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    body = b'{"username":"x","password":"y"}'
    post = (
        f"POST /sigen/openapi/auth/login/password HTTP/1.1\r\nHost: {host}\r\nUser-Agent: t\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    last = get.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(get + post + last)
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.count(b"HTTP/1.1 200") == 3
    assert b'"code":11003' in received


def test_a_session_reuses_its_connection(
    simulator: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """Twenty calls of a requests session come from one client port."""
    del simulator
    for _ in range(20):
        assert solaredge.get("/sites").status_code == 200
    pools = solaredge.session.get_adapter("http://").poolmanager.pools
    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118


def test_several_clients_at_once(simulator: SimulatorServer, session: requests.Session) -> None:
    """Threads that ask for different days get the answers that one thread gets."""
    client = SigenClient(simulator, session)
    days = [f"2026-06-{n:02}" for n in range(1, 9)]
    found: dict[str, object] = {}

    def ask(day: str) -> None:
        header = {"Authorization": f"Bearer {client.token}"}
        url = f"{client.url}/systems/{BERLIN}/history"
        answer = requests.get(url, {"level": "Day", "date": day}, headers=header, timeout=60)
        found[day] = answer.json()["data"]

    threads = [threading.Thread(target=ask, args=(day,)) for day in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with SimulatorServer("home") as other:
        again = SigenClient(other, session)
        for day in days:
            answer = again.get(f"/systems/{BERLIN}/history", level="Day", date=day)
            assert answer.json()["data"] == found[day]


def test_the_clock_stands_runs_and_jumps() -> None:
    """The clock moves only as told: at a speed of real time, by jumps, or not at all."""
    real = [100.0]
    clock = VirtualClock(NOW, real_seconds=lambda: real[0])
    real[0] += 50
    assert clock.now() == NOW
    clock.run(speed=60)
    real[0] += 2
    assert clock.now() == NOW + timedelta(minutes=2)
    clock.advance(timedelta(days=1))
    real[0] += 1
    assert clock.now() == NOW + timedelta(days=1, minutes=3)
    clock.set(NOW)
    clock.run(speed=0)
    clock.advance(310)
    assert clock.now() == NOW + timedelta(seconds=310)
    with pytest.raises(ValueError, match="offset"):
        clock.set(datetime(2026, 7, 1))  # noqa: DTZ001


def test_the_clock_can_follow_the_machine() -> None:
    """Without an instant of its own the clock shows the machine's, or that plus an offset."""
    real = [0.0]
    clock = VirtualClock(real_seconds=lambda: real[0])
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=5)
    clock.follow_machine(timedelta(days=-400))
    assert abs(clock.now() + timedelta(days=400) - datetime.now(UTC)) < timedelta(minutes=5)
    assert clock.speed == 1.0


def test_the_clock_over_http(simulator: SimulatorServer, session: requests.Session) -> None:
    """Set, advance and run over HTTP; nonsense is refused with a reason."""
    url = f"{simulator.url}/_sim/clock"
    moved = session.post(
        url, json={"now": "2026-07-02T00:00:00Z", "advance_seconds": 90}, timeout=30
    )
    assert moved.json() == {"now_utc": "2026-07-02T00:01:30+00:00", "speed": 0.0}
    assert simulator.clock.now() == datetime(2026, 7, 2, 0, 1, 30, tzinfo=UTC)
    for body in ({}, {"now": "2026-07-02"}, {"pace": 1}, {"speed": "fast"}, ["now"]):
        refused = session.post(url, json=body, timeout=30)
        assert refused.status_code == 400
        assert refused.json()["error"]


def test_calls_are_logged_without_secrets(
    simulator: SimulatorServer, sigen: SigenClient, session: requests.Session
) -> None:
    """Endpoint, site, query, outcome and virtual time are kept; keys and tokens are not."""
    sigen.history(BERLIN, "2026-06-20")
    sigen.get("/systems/NOONE/history", level="Day", date="2026-06-20")
    session.get(f"{simulator.solaredge_url}/sites/{MAPLE}/energy?api_key=HUSH", timeout=30)
    history, refused = simulator.calls.matching(endpoint="sigen.history")
    assert (history.site, history.outcome, history.status) == (BERLIN, "ok", 200)
    assert history.query == {"level": "Day", "date": "2026-06-20"}
    assert history.at_utc == NOW
    assert (refused.site, refused.outcome, refused.status) == ("NOONE", "1111", 200)
    last = simulator.calls.matching(endpoint="solaredge.v2.energy")[0]
    assert (last.outcome, last.query) == ("401", {})
    page = session.get(f"{simulator.url}/_sim/calls", params={"site": BERLIN}, timeout=30)
    assert page.json()["total"] == 4
    assert [call["endpoint"] for call in page.json()["calls"]] == ["sigen.history"]
    assert sigen.token not in page.text
    assert "HUSH" not in page.text


def test_switches_over_http(simulator: SimulatorServer, session: requests.Session) -> None:
    """A switch can be read, set for a site and a period, and cleared."""
    url = f"{simulator.url}/_sim/switches"
    assert session.get(url, timeout=30).json()["sigen.totals"]["default"] == "both"
    body = {"value": "plain", "site": BERLIN, "start": "2026-06-01T00:00:00Z"}
    session.post(f"{url}/sigen.totals", json=body, timeout=30)
    june = int(datetime(2026, 6, 2, tzinfo=UTC).timestamp()) // 60
    assert simulator.switches.get("sigen.totals", BERLIN, june) == "plain"
    assert simulator.switches.get("sigen.totals", BERLIN, june - 9999) == "both"
    assert simulator.switches.get("sigen.totals", "other", june) == "both"
    session.delete(f"{url}/sigen.totals", timeout=30)
    assert simulator.switches.get("sigen.totals", BERLIN, june) == "both"
    for name, sent in (
        ("sigen.totals", {"value": "odd"}),
        ("none", {"value": 1}),
        ("sigen.totals", {}),
    ):
        assert session.post(f"{url}/{name}", json=sent, timeout=30).status_code == 400


def test_switch_values_are_checked(simulator: SimulatorServer) -> None:
    """A switch takes only its own kind of value."""
    for name, value in (("sigen.edge", 1), ("sigen.row_lag_seconds", True), ("nothing", 1)):
        with pytest.raises(SwitchError):
            simulator.switches.set(name, value)


def test_reset(simulator: SimulatorServer, session: requests.Session) -> None:
    """Reset brings back clock, switches and an empty log."""
    simulator.clock.advance(1e6)
    simulator.switches.set("sigen.edge", value=False)
    session.get(f"{simulator.solaredge_url}/sites", timeout=30)
    session.post(f"{simulator.url}/_sim/reset", timeout=30)
    assert simulator.clock.now() == NOW
    assert simulator.switches.get("sigen.edge") is True
    assert len(simulator.calls) == 0


def test_two_servers_same_bytes(session: requests.Session) -> None:
    """Two runs of one scenario answer with the same bytes."""
    texts = []
    for _ in range(2):
        with SimulatorServer("home") as server:
            sigen, solaredge = SigenClient(server, session), SolarEdgeClient(server, session)
            history = sigen.get(f"/systems/{BERLIN}/history", level="Day", date="2026-06-20")
            energy = solaredge.get(f"/sites/{MAPLE}/energy")
            refused = solaredge.get("/sites/1/energy")
            texts.append((history.content, energy.content, refused.content))
    assert texts[0] == texts[1]


def test_scenarios_are_checked() -> None:
    """Unknown names, keys and zones are refused in one line that says where."""
    for text, complaint in {
        "now = 2026-01-01T00:00:00Z": "seed is missing",
        "seed = 1\nnow = 2026-01-01": "date-time with offset",
        "seed = 1\nnow = 2026-01-01T00:00:00Z\ncolour = 1": "unknown colour",
        "seed = 1\nnow = 2026-01-01T00:00:00Z\n[[sites]]\nroof = 1": "unknown roof",
        "seed = 1\nnow = 2026-01-01T00:00:00Z\n[[sites]]\nname = 'x'": "missing",
        "seed =": "scenario bad",
    }.items():
        with pytest.raises(ScenarioError, match=complaint):
            parse("bad", text)
    with pytest.raises(ScenarioError, match="home"):
        load("nowhere")


def test_help_shows_the_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    """The command's help names every invented credential."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    for word in (
        "demo@example.com",
        "demo-password",
        "demo-app-key",
        "DEMO-FLEET-KEY",
        "demo-refresh-SITEID",
    ):
        assert word in shown


def test_command_lists_the_switches(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each switch, with its default."""
    assert cli.main(["--list-switches"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CATALOGUE)
    assert any(line.startswith("limits  (off | documented, default off)") for line in lines)


@pytest.mark.slow
def test_command_serves_until_told_to_end() -> None:
    """The command prints where it listens, answers, and ends with 0 on SIGTERM."""
    words = [sys.executable, "-m", "solar_simulator", "--port", "0", "--speed", "60"]
    words += ["--now", "2026-07-02T00:00:00Z"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(6)]
        url = said[-1].split()[-1].removesuffix("/_sim/")
        health = requests.get(f"{url}/_sim/health", timeout=30).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert health["now_utc"].startswith("2026-07-02T00:")
    assert health["speed"] == 60


@pytest.mark.slow
def test_other_processes_give_the_same_bytes() -> None:
    """Neither the process nor its hash seed has a part in the numbers."""
    script = (
        "from solar_simulator.model import Model; from solar_simulator.scenario import load;"
        "import hashlib; s = load('home'); m = Model(s.seed, s.sites);"
        "d = [m.steps(i, 29_600_000, 29_602_880).flows.tobytes() for i in s.sites];"
        "print(hashlib.sha256(b''.join(d)).hexdigest())"
    )
    other_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    elsewhere = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": other_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    home = load("home")
    model = Model(home.seed, home.sites)
    here = [model.steps(site, 29_600_000, 29_602_880).flows.tobytes() for site in home.sites]
    assert hashlib.sha256(b"".join(here)).hexdigest() == elsewhere.strip()


def test_command_refuses_in_one_line(
    simulator: SimulatorServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown scenario or a taken port is one line and exit code 2."""
    assert cli.main(["--scenario", "nowhere"]) == 2
    port = simulator.url.rpartition(":")[2]
    assert cli.main(["--port", port]) == 2
    said = capsys.readouterr().err.splitlines()
    assert all(line.startswith("solar-simulator: ") for line in said if "scenario" in line)
    with pytest.raises(SystemExit):
        cli.main(["--now", "yesterday"])
