"""Every answer against a description of the recorded shape: keys, types, envelope.

The descriptions in ``shapes/`` were written from recordings of the real clouds and hold no
data of anybody's.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient, SolarEdgeV1Client
from solar_simulator.testing.shapes import differences
from solar_simulator.testing.sites import BERLIN, MAPLE, SAGUARO

FOLDER = Path(__file__).parent / "shapes"
SIGEN, V2, V1 = (
    json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("sigen", "solaredge_v2", "solaredge_v1")
)
DAY = {"level": "Day", "date": "2026-06-20"}
TIMES = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 23:59:59"}
SWAP = {"startTime": "2026-02-03 00:00:00", "endTime": "2026-02-03 23:59:59"}
DATES = {"startDate": "2026-06-18", "endDate": "2026-06-20"}


@pytest.mark.parametrize(
    ("shape", "path", "query"),
    [
        ("system list", "/system", {}),
        ("devices", f"/system/{BERLIN}/devices", {}),
        ("history day", f"/systems/{BERLIN}/history", DAY),
        ("history, coarse", f"/systems/{BERLIN}/history", {**DAY, "level": "Month"}),
        ("history, coarse", f"/systems/{BERLIN}/history", {"level": "Lifetime"}),
        ("realtime inverter", f"/systems/{BERLIN}/devices/110A900L0001/realtimeInfo", {}),
        ("error", "/systems/NOONE/history", DAY),
    ],
)
def test_sigen(sigen: SigenClient, shape: str, path: str, query: dict[str, str]) -> None:
    """The default envelopes of the Sigen cloud, strings within strings included."""
    assert differences(sigen.get(path, **query).json(), SIGEN[shape]) == []


@pytest.mark.parametrize(
    ("shape", "path", "query"),
    [
        ("system page", "/system/page", {"pageNum": 0}),
        ("history day, plain", f"/systems/{BERLIN}/history", DAY),
        ("realtime inverter, plain", f"/systems/{BERLIN}/devices/110A900L0001/realtimeInfo", {}),
        ("history v1", f"/systems/{BERLIN}/v1/history", DAY),
    ],
)
def test_sigen_as_documented(
    simulator: SimulatorServer, sigen: SigenClient, shape: str, path: str, query: dict[str, Any]
) -> None:
    """The vendor's printed samples, reached by switches."""
    for name, value in {
        "sigen.data_form": "object",
        "sigen.data_time": "iso" if shape.startswith("history day") else "compact",
        "sigen.totals": "plain",
        "sigen.realtime_keys": "lower",
    }.items():
        simulator.switches.set(name, value)
    assert differences(sigen.get(path, **query).json(), SIGEN[shape]) == []


def test_sigen_login_and_snapshots(
    simulator: SimulatorServer, sigen: SigenClient, session: requests.Session
) -> None:
    """The login's envelope, and the inner objects of summary and energy flow."""
    known = simulator.credentials
    answer = session.post(
        f"{sigen.url}/auth/login/password",
        json={"username": known.sigen_username, "password": known.sigen_password},
        timeout=30,
    )
    assert differences(answer.json(), SIGEN["login"]) == []
    pair = f"{known.sigen_app_key}:{known.sigen_app_secret}".encode()
    body = {"key": base64.b64encode(pair).decode()}
    answer = session.post(f"{sigen.url}/auth/login/key", json=body, timeout=30)
    header = {"Authorization": f"Bearer {json.loads(answer.json()['data'])['accessToken']}"}
    answer = session.post(f"{sigen.url}/board/onboard", json=["A"], headers=header, timeout=30)
    assert differences(answer.json(), SIGEN["board"]) == []
    assert differences(sigen.data(f"/systems/{BERLIN}/summary"), SIGEN["summary"]) == []
    assert differences(sigen.data(f"/systems/{BERLIN}/energyFlow"), SIGEN["energy flow"]) == []


@pytest.mark.parametrize("site", [MAPLE, SAGUARO])
@pytest.mark.parametrize(
    ("shape", "path", "query"),
    [
        ("inverter devices", "/devices", {}),
        ("meter devices", "/devices", {"types": "METER"}),
        ("battery devices", "/devices", {"types": "BATTERY"}),
        ("series", "/energy", {}),
        ("series", "/power", {"from_": "2026-06-20T06:00:00", "to": "2026-06-20T18:00:00"}),
        ("overview", "/overview", {}),
        ("inverters telemetry", "/inverters/telemetry", {}),
        ("meters telemetry", "/meters/telemetry", {}),
        ("storage telemetry", "/storage/telemetry", {}),
        ("alerts", "/alerts", {}),
        ("problem 404", "/nothing", {}),
        ("problem", "/energy", {"unit": "none"}),
    ],
)
def test_solaredge_v2(
    solaredge: SolarEdgeClient, site: str, shape: str, path: str, query: dict[str, str]
) -> None:
    """Recorded and documented shapes of v2, for a site with everything and one without."""
    answer = solaredge.get(f"/sites/{site}{path}", **query).json()
    assert differences(answer, V2[shape]) == []


def test_solaredge_v2_sites(solaredge: SolarEdgeClient) -> None:
    """The list of sites as recorded."""
    assert differences(solaredge.data("/sites"), V2["sites"]) == []


@pytest.mark.parametrize("site", [MAPLE, SAGUARO])
@pytest.mark.parametrize(
    ("shape", "path", "query"),
    [
        ("list", "/sites/list", {}),
        ("details", "/site/{site}/details", {}),
        ("data period", "/site/{site}/dataPeriod", {}),
        ("energy", "/site/{site}/energy", DATES),
        ("energy", "/site/{site}/energy", {**DATES, "timeUnit": "WEEK"}),
        ("time frame", "/site/{site}/timeFrameEnergy", DATES),
        ("power", "/site/{site}/power", TIMES),
        ("overview", "/site/{site}/overview", {}),
        ("power details", "/site/{site}/powerDetails", TIMES),
        ("energy details", "/site/{site}/energyDetails", TIMES),
        ("storage", "/site/{site}/storageData", TIMES),
        ("benefits", "/site/{site}/envBenefits", {}),
        ("inventory", "/site/{site}/inventory", {}),
        ("meters", "/site/{site}/meters", TIMES),
        ("equipment", "/equipment/{site}/list", {}),
        ("bulk energy", "/sites/{site}/energy", DATES),
        ("bulk power", "/sites/{site}/power", TIMES),
        ("bulk overview", "/sites/{site}/overview", {}),
        ("bulk data period", "/sites/{site}/dataPeriod", {}),
        ("bulk time frame", "/sites/{site}/timeFrameEnergy", DATES),
    ],
)
def test_solaredge_v1(
    simulator: SimulatorServer,
    session: requests.Session,
    site: str,
    shape: str,
    path: str,
    query: dict[str, str],
) -> None:
    """Recorded shapes of v1, single and bulk."""
    words = {**query, "api_key": simulator.credentials.solaredge_v1_account_key}
    url = simulator.solaredge_v1_url + path.format(site=site)
    answer = session.get(url, params=words, timeout=30)
    assert answer.status_code == 200, answer.text
    assert differences(answer.json(), V1[shape]) == []


def test_solaredge_v1_equipment(simulator: SimulatorServer, session: requests.Session) -> None:
    """Inverter records, the change log (withdrawn early) and the live flow."""
    words = {"api_key": simulator.credentials.solaredge_v1_account_key}
    base = simulator.solaredge_v1_url
    simulator.switches.set("solaredge.v1_sunset", "alive")
    for shape, path, query in (
        ("inverter data", f"/equipment/{MAPLE}/7EDE0001-41/data", TIMES),
        ("inverter data", f"/equipment/{SAGUARO}/7EDE0002-52/data", TIMES),
        ("change log", f"/equipment/{MAPLE}/7EDE0001-41/changeLog", {}),
        ("power flow", f"/site/{MAPLE}/currentPowerFlow", {}),
    ):
        answer = session.get(base + path, params={**words, **query}, timeout=30).json()
        assert differences(answer, V1[shape]) == []


@pytest.mark.parametrize(
    ("shape", "path", "query"),
    [
        ("inventory", "/site/4500001/inventory", {}),
        ("storage", "/site/4500001/storageData", SWAP),
        ("meters", "/site/4500001/meters", SWAP),
        ("change log", "/equipment/4500001/706000451/changeLog", {}),
        ("sensor list", "/equipment/4500001/sensors", {}),
        (
            "sensor data",
            "/site/4500001/sensors",
            {"startDate": "2026-02-03", "endDate": "2026-02-03"},
        ),
    ],
)
def test_solaredge_v1_with_more_equipment(
    equipment: SimulatorServer,
    session: requests.Session,
    shape: str,
    path: str,
    query: dict[str, str],
) -> None:
    """Replaced devices, sensors and gateways do not change a shape."""
    answer = SolarEdgeV1Client(equipment, session).data(path, **query)
    assert differences(answer, V1[shape]) == []


def test_sigen_and_v2_with_more_equipment(
    equipment: SimulatorServer, session: requests.Session
) -> None:
    """Chargers, meters and old serials have the keys of every other device."""
    devices = SigenClient(equipment, session).get("/system/BIRCH1748736000/devices").json()
    assert differences(devices, SIGEN["devices"]) == []
    client = SolarEdgeClient(equipment, session)
    words = {"from_": "2026-02-03T06:00:00", "to": "2026-02-03T12:00:00"}
    for shape, path, query in (
        ("battery devices", "/devices", {"types": ["BATTERY", "EV_CHARGER", "GATEWAY"]}),
        ("storage telemetry", "/storage/telemetry", words),
        ("meters telemetry", "/meters/telemetry", words),
    ):
        assert differences(client.data(f"/sites/4500001{path}", **query), V2[shape]) == []


def test_the_comparison_finds_what_differs() -> None:
    """A missing key, an unknown key, another type, a wrong text: each is one line."""
    shape = {"a": "int", "b?": "str:x+", "c": [{"$json": {"d": "number|null"}}], "e": {"*": "bool"}}
    good = {"a": 1, "c": ['{"d":null}'], "e": {"any": True}}
    assert differences(good, shape) == []
    for bad in (
        {**good, "a": 1.5},
        {**good, "a": True},
        {**good, "b": "xy"},
        {**good, "c": ["d"]},
        {**good, "c": ['{"d":"1"}']},
        {**good, "c": {}},
        {**good, "e": {"any": 0}},
        {**good, "f": 1},
        {"a": 1, "e": {}},
        [],
    ):
        assert len(differences(bad, shape)) == 1
