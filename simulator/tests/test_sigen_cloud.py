"""Login, lists and refusals of the Sigen cloud."""

import base64
import json
from datetime import timedelta

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN, KAROO


def post_login(server: SimulatorServer, session: requests.Session, way: str, body: object) -> dict:
    """The envelope of a login."""
    url = f"{server.sigen_url}/openapi/auth/login/{way}"
    answer: dict = session.post(url, json=body, timeout=30).json()
    return answer


@pytest.mark.parametrize("stripped", [False, True])
def test_login_by_key(
    simulator: SimulatorServer, session: requests.Session, *, stripped: bool
) -> None:
    """The base64 pair lets in, padded or not, and the token opens the list."""
    known = simulator.credentials
    pair = f"{known.sigen_app_key}:{known.sigen_app_secret}".encode()
    key = base64.b64encode(pair).decode()
    answer = post_login(simulator, session, "key", {"key": key.rstrip("=") if stripped else key})
    data = json.loads(answer["data"])
    assert data["tokenType"] == "Bearer"
    assert data["expiresIn"] == 43199
    header = {"Authorization": f"Bearer {data['accessToken']}"}
    url = f"{simulator.sigen_url}/openapi/system"
    assert session.get(url, headers=header, timeout=30).json()["code"] == 0


def test_wrong_passwords_lock_the_account(
    simulator: SimulatorServer, session: requests.Session
) -> None:
    """11003 five times, then 11002 even for the right one, until three minutes have passed."""
    known = simulator.credentials
    wrong = {"username": known.sigen_username, "password": "no"}
    right = {**wrong, "password": known.sigen_password}
    for _ in range(5):
        assert post_login(simulator, session, "password", wrong)["code"] == 11003
    assert post_login(simulator, session, "password", right)["code"] == 11002
    simulator.clock.advance(timedelta(minutes=3))
    assert post_login(simulator, session, "password", right)["code"] == 0


def test_old_failures_do_not_lock(simulator: SimulatorServer, session: requests.Session) -> None:
    """Only failures of the last hour count towards the lock."""
    wrong = {"username": simulator.credentials.sigen_username, "password": "no"}
    for _ in range(9):
        assert post_login(simulator, session, "password", wrong)["code"] == 11003
        simulator.clock.advance(timedelta(minutes=16))


def test_an_unreadable_login_is_1000(simulator: SimulatorServer, session: requests.Session) -> None:
    """A body that is no login gets code 1000."""
    assert post_login(simulator, session, "password", {"user": "x"})["code"] == 1000
    assert post_login(simulator, session, "key", ["x"])["code"] == 1000


def test_tokens_age_with_the_virtual_clock(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """A token serves for 43199 virtual seconds; then, as without one, it is HTTP 401."""
    simulator.clock.advance(43198)
    assert sigen.get("/system").status_code == 200
    simulator.clock.advance(1)
    assert sigen.get("/system").status_code == 401
    sigen.token = "never given"  # noqa: S105
    assert sigen.get("/system").status_code == 401


def test_system_list(sigen: SigenClient) -> None:
    """The list is a JSON string with milliseconds and zones."""
    envelope = sigen.get("/system").json()
    assert isinstance(envelope["data"], str)
    systems = {entry["systemId"]: entry for entry in json.loads(envelope["data"])}
    assert set(systems) == {BERLIN, KAROO}
    assert systems[BERLIN]["timeZone"] == "Europe/Berlin"
    assert systems[BERLIN]["gridConnectedTime"] == 1741083600000
    late = json.loads(sigen.get("/system", startTime=1745000000).json()["data"])
    assert [entry["systemId"] for entry in late] == [KAROO]


def test_devices_are_strings_in_an_array(sigen: SigenClient) -> None:
    """Each device is a JSON string, and its attrMap one inside it."""
    data = sigen.get(f"/system/{KAROO}/devices").json()["data"]
    devices = [json.loads(text) for text in data]
    assert [device["deviceType"] for device in devices] == [
        "Inverter",
        "Inverter",
        "Battery",
        "Gateway",
    ]
    battery = json.loads(devices[2]["attrMap"])
    assert battery["dischargeEnergy"] + battery["chargeableEnergy"] == pytest.approx(8.06, abs=0.02)


def test_envelope_switches(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """Data as objects, no timestamp, seconds, other labels, other totals."""
    for name, value in {
        "sigen.data_form": "object",
        "sigen.timestamp": False,
        "sigen.connect_time": "connect_s",
        "sigen.data_time": "iso",
        "sigen.totals": "plain_zero",
    }.items():
        simulator.switches.set(name, value)
    envelope = sigen.get("/system").json()
    assert "timestamp" not in envelope
    assert envelope["data"][0]["gridConnectTime"] == 1741083600
    device = sigen.get(f"/system/{BERLIN}/devices").json()["data"][0]
    assert device["attrMap"]["pvStringNumber"] == 4
    day = sigen.history(BERLIN, "2026-06-20")
    assert day["itemList"][0]["dataTime"] == "2026-06-20 00:00"
    assert day["powerUse"] == 0.0
    assert day["powerUseKwh"] > 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"level": "Day", "date": "20260620"}, 1000),
        ({"level": "Day", "date": "2026-02-30"}, 1000),
        ({"level": "Day"}, 1000),
        ({"level": "Hour", "date": "2026-06-20"}, 1000),
        ({"date": "2026-06-20"}, 1000),
        ({"level": "lifetime"}, 0),
        ({"level": "DAY", "date": "2026-06-20"}, 0),
    ],
)
def test_parameters(sigen: SigenClient, query: dict[str, str], code: int) -> None:
    """Only yyyy-MM-dd and the five levels, in any case, are read."""
    assert sigen.get(f"/systems/{BERLIN}/history", **query).json()["code"] == code


def test_unknown_station_wrong_method_and_edge(
    simulator: SimulatorServer, sigen: SigenClient, session: requests.Session
) -> None:
    """1111 for an unknown station, HTTP 500 for POST, an HTML 403 from the edge."""
    assert sigen.get("/systems/NOONE0000000000/history", level="Day").json()["code"] == 1111
    assert sigen.get("/systems/4100001/history", level="Day").json()["code"] == 1111
    url = f"{simulator.sigen_url}/openapi/system"
    assert session.post(url, json={}, timeout=30).status_code == 500
    aiohttp = {"User-Agent": "Python aiohttp/3"}
    simulator.switches.set("sigen.refuse_aiohttp", value=True)
    for words in ({"json": {"x": 1}}, {"headers": aiohttp}):
        blocked = session.get(url, timeout=30, **words)
        assert blocked.status_code == 403
        assert blocked.headers["Content-Type"].startswith("text/html")


def test_the_app_key_sees_what_is_onboarded(
    simulator: SimulatorServer, sigen: SigenClient, session: requests.Session
) -> None:
    """Offboarding hides a station from the app key alone; only the app key may do it."""
    known = simulator.credentials
    key = base64.b64encode(f"{known.sigen_app_key}:{known.sigen_app_secret}".encode()).decode()
    token = json.loads(post_login(simulator, session, "key", {"key": key})["data"])["accessToken"]

    def change(way: str, token: str, body: object) -> dict:
        url = f"{simulator.sigen_url}/openapi/board/{way}"
        header = {"Authorization": f"Bearer {token}"}
        answer: dict = session.post(url, json=body, headers=header, timeout=30).json()
        return answer

    assert change("offboard", sigen.token, [BERLIN])["code"] == 1402
    changed = change("offboard", token, [BERLIN, "NOONE0000000000"])["data"]
    assert changed == [
        {"systemId": BERLIN, "result": True, "codeList": [0]},
        {"systemId": "NOONE0000000000", "result": False, "codeList": [1106]},
    ]
    assert len(sigen.data("/system")) == 2
    by_password, sigen.token = sigen.token, token
    assert [entry["systemId"] for entry in sigen.data("/system")] == [KAROO]
    assert sigen.get(f"/systems/{BERLIN}/summary").json()["code"] == 1111
    assert change("onboard", token, [BERLIN])["data"][0]["result"] is True
    assert len(sigen.data("/system")) == 2
    assert change("sideways", token, [BERLIN])["code"] == 1000
    assert change("onboard", token, {"id": BERLIN})["code"] == 1000
    assert by_password != token
