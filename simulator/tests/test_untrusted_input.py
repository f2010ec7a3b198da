"""Whatever a client sends, the answer is a refusal or data, never a broken server."""

from itertools import product

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient, SolarEdgeV1Client
from solar_simulator.testing.sites import BERLIN, MAPLE

UNREADABLE = ("", "x", "0001-01-01", "1969-12-31", "2026-02-30", "9999-12-31", "-5")
READABLE = (
    "2026-06-20",
    "2026-06-20T00:00:00+14:00",
    "2026-06-20T12:34:56.123456789+02:00",
    "2026-11-01 01:30:00",
    "2026-W25-6",
)
TIMES = (*UNREADABLE, *READABLE)
# Of two unreadable times one decides, so each is paired with itself for all of them.
PAIRS = tuple(
    (begin, end)
    for begin, end in product(TIMES, TIMES)
    if begin in READABLE or end in READABLE or begin == end
)


@pytest.mark.parametrize("path", ["energy", "meters/telemetry", "storage/telemetry", "overview"])
def test_solaredge_v2(solaredge: SolarEdgeClient, path: str) -> None:
    """Any pair of times."""
    for begin, end in PAIRS:
        answer = solaredge.get(f"/sites/{MAPLE}/{path}", from_=begin, to=end)
        assert answer.status_code in {200, 400}, (begin, end)


@pytest.mark.parametrize("path", ["energy", "powerDetails", "meters", "storageData"])
def test_solaredge_v1(simulator: SimulatorServer, session: requests.Session, path: str) -> None:
    """Any pair of times and dates."""
    client = SolarEdgeV1Client(simulator, session)
    for begin, end in PAIRS:
        words = {"startDate": begin, "startTime": begin, "endDate": end, "endTime": end}
        answer = client.get(f"/site/{MAPLE}/{path}", **words)
        assert answer.status_code in {200, 400, 403}, (begin, end)


@pytest.mark.parametrize("level", ["Day", "Week", "Month", "Year", "Lifetime", "x"])
def test_sigen(sigen: SigenClient, level: str) -> None:
    """Any date at any level."""
    for day in TIMES:
        answer = sigen.get(f"/systems/{BERLIN}/history", level=level, date=day)
        assert answer.json()["code"] in {0, 1000}, day


@pytest.mark.parametrize("table", ["energy", "hours", "days", "half-hours", "state"])
def test_truth(simulator: SimulatorServer, session: requests.Session, table: str) -> None:
    """Any instants and dates; seconds are refused with a reason."""
    for begin, end in product(TIMES, ("2026-06-20T00:00:30Z", "2026-06-21", *TIMES[:3])):
        words = {"start": begin, "end": end, "first": begin, "last": end, "at": begin}
        url = f"{simulator.url}/_sim/truth/{BERLIN}/{table}"
        answer = session.get(url, params=words, timeout=30)
        assert answer.status_code in {200, 400}, (begin, end)
        assert answer.status_code == 200 or answer.json()["error"]
