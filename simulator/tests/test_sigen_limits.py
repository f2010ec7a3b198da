"""Access restrictions and refusals of the Sigen cloud, all on the virtual clock."""

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN, KAROO

DAY = {"level": "Day", "date": "2026-06-20"}
HISTORY = f"/systems/{BERLIN}/history"


def code(client: SigenClient, path: str = HISTORY, **query: str) -> int:
    """The code of an answer."""
    found: int = client.get(path, **(query or DAY)).json()["code"]
    return found


@pytest.fixture
def limited(simulator: SimulatorServer, sigen: SigenClient) -> SimulatorServer:
    """Documented limits, but as many calls a minute as one likes."""
    del sigen
    simulator.switches.set("limits", "documented")
    simulator.switches.set("sigen.calls_per_minute", 1000)
    return simulator


def test_without_limits_nothing_is_counted(sigen: SigenClient) -> None:
    """By default thirty calls in a row pass."""
    assert {code(sigen, "/system") for _ in range(30)} == {0}


def test_one_history_call_per_station_in_five_minutes(
    limited: SimulatorServer, sigen: SigenClient
) -> None:
    """The second call is 1201, whatever its level; another station and endpoint are free."""
    assert code(sigen) == 0
    assert code(sigen, level="Month", date="2026-06-20") == 1201
    assert code(sigen, f"/systems/{KAROO}/history", **DAY) == 0
    assert code(sigen, f"/systems/{BERLIN}/summary") == 0
    limited.clock.advance(301)
    assert code(sigen) == 0


def test_refused_calls_count_too(limited: SimulatorServer, sigen: SigenClient) -> None:
    """Hammering every 75 seconds never gets through; 310 seconds of quiet do."""
    assert code(sigen) == 0
    for _ in range(8):
        limited.clock.advance(75)
        assert code(sigen) == 1201
    limited.clock.advance(310)
    assert code(sigen) == 0


def test_burst_allowance(limited: SimulatorServer, sigen: SigenClient) -> None:
    """With a burst of three, three calls pass and the fourth is refused."""
    limited.switches.set("sigen.burst", 3)
    assert [code(sigen) for _ in range(4)] == [0, 0, 0, 1201]


def test_devices_are_counted_apart(limited: SimulatorServer, sigen: SigenClient) -> None:
    """Realtime values are limited per device, lists per account."""
    del limited
    first, second = (f"/systems/{KAROO}/devices/110A900K000{n}/realtimeInfo" for n in (1, 2))
    assert [code(sigen, path) for path in (first, second, first)] == [0, 0, 1201]
    assert [code(sigen, "/system") for _ in range(2)] == [0, 1201]


def test_a_clock_set_back_does_not_lock(limited: SimulatorServer, sigen: SigenClient) -> None:
    """Calls in what is now the future are forgotten."""
    limited.clock.advance(4000)
    assert code(sigen) == 0
    limited.clock.advance(-3600)
    assert code(sigen) == 0


@pytest.mark.parametrize(
    ("refusal", "status", "body_code"), [("1110", 200, 1110), ("429", 429, 429)]
)
def test_ten_calls_a_minute(
    simulator: SimulatorServer, sigen: SigenClient, refusal: str, status: int, body_code: int
) -> None:
    """The eleventh call of an account within a minute is refused, the login counted in."""
    simulator.clock.advance(60)
    simulator.switches.set("limits", "documented")
    simulator.switches.set("sigen.window_seconds", 0)
    simulator.switches.set("sigen.minute_refusal", refusal)
    for _ in range(10):
        assert code(sigen, "/system") == 0
    answer = sigen.get("/system")
    assert (answer.status_code, answer.json()["code"]) == (status, body_code)
    assert (answer.headers.get("Retry-After") is not None) == (status == 429)
    simulator.clock.advance(61)
    assert code(sigen, "/system") == 0


@pytest.mark.parametrize(
    ("value", "status", "body_code"), [("401", 401, 401), ("424", 424, 1), ("body_424", 200, 424)]
)
def test_token_refusals(
    simulator: SimulatorServer, sigen: SigenClient, value: str, status: int, body_code: int
) -> None:
    """An old token gets HTTP 401, HTTP 424 or a body code 424, by switch."""
    simulator.switches.set("sigen.token_refusal", value)
    simulator.clock.advance(50_000)
    answer = sigen.get("/system")
    assert (answer.status_code, answer.json()["code"]) == (status, body_code)


def test_troubled_stations(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """A disconnected station: the list says so, live endpoints 13008, history answers."""
    simulator.switches.set("sigen.disconnected", value=True, site=BERLIN)
    states = {entry["systemId"]: entry["status"] for entry in sigen.data("/system")}
    assert states == {BERLIN: "Disconnection", KAROO: "Normal"}
    assert code(sigen, f"/systems/{BERLIN}/summary") == 13008
    assert code(sigen, f"/systems/{KAROO}/summary") == 0
    assert code(sigen) == 0
    simulator.switches.set("sigen.not_found", value=True, site=BERLIN)
    assert code(sigen) == 13001
    simulator.switches.set("sigen.list_restricted", value=True)
    assert code(sigen, "/system") == 1201
    assert code(sigen, f"/systems/{KAROO}/history", **DAY) == 0


@pytest.mark.parametrize(
    ("switch", "status", "outcome"),
    [
        ("fail_1110", 200, "1110"),
        ("fail_1201", 200, "1201"),
        ("fail_1502", 200, "1502"),
        ("fail_424", 424, "1"),
        ("fail_429", 429, "429"),
        ("fail_500", 500, "fail_500"),
        ("fail_503", 503, "fail_503"),
        ("fail_html_403", 403, "fail_html_403"),
        ("fail_empty", 200, "fail_empty"),
    ],
)
def test_failures_by_rate(
    simulator: SimulatorServer, sigen: SigenClient, switch: str, status: int, outcome: str
) -> None:
    """At a rate of a half about half of forty calls fail, each as its switch says."""
    simulator.switches.set(f"sigen.{switch}", 0.5)
    for _ in range(40):
        sigen.get("/system")
    failed = simulator.calls.matching("sigen.systems", outcome=outcome)
    assert 5 <= len(failed) <= 35
    assert {call.status for call in failed} == {status}


def test_a_cut_connection_by_rate(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """A cut leaves the client without an answer."""
    simulator.switches.set("sigen.fail_cut", 1.0)
    with pytest.raises(requests.ConnectionError):
        sigen.get("/system")


def test_odd_successes(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Success with null data, and the whole answer inside a list."""
    simulator.switches.set("sigen.null_data", 1.0)
    assert sigen.get("/system").json()["data"] is None
    simulator.switches.clear("sigen.null_data")
    simulator.switches.set("sigen.array_envelope", value=True)
    assert sigen.get("/system").json()[0]["code"] == 0
