"""Every answer with energies against the truth, on every kind of clock change.

North and south, by an hour and by half an hour, at midnight, half-hour zones, never.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient, SolarEdgeClient, SolarEdgeV1Client
from solar_simulator.zones import day_bounds

SIGEN = {
    "PARIS1735689600": (date(2026, 3, 29), date(2026, 10, 25)),
    "SYDNE1735689600": (date(2026, 4, 5), date(2026, 10, 4)),
    "LHOWE1735689600": (date(2026, 4, 5), date(2026, 10, 4)),
    "PUNEX1735689600": (date(2026, 3, 29),),
}
SOLAREDGE = {
    "4300001": (date(2026, 3, 29), date(2026, 10, 25)),
    "4300002": (date(2026, 3, 8), date(2026, 11, 1)),
    "4300003": (date(2026, 4, 5), date(2026, 10, 4)),
    "4300004": (date(2026, 3, 8), date(2026, 11, 1)),
}


def cases(days: dict[str, tuple[date, ...]]) -> list[tuple[str, date]]:
    """Each site with each of its days."""
    return [(site, day) for site, found in days.items() for day in found]


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    """The scenario, with whole days at a time and v1 alive."""
    with SimulatorServer("clock-change") as running:
        running.switches.set("solaredge.span_limits", "none")
        running.switches.set("solaredge.v1_sunset", "alive")
        yield running


@pytest.mark.parametrize(("site", "day"), cases(SIGEN))
def test_sigen(server: SimulatorServer, session: requests.Session, site: str, day: date) -> None:
    """As many rows as the day has five minutes, totals true, counters end where they must."""
    answer = SigenClient(server, session).history(site, day)
    zone = server.world.scenario.sites[site].zone
    start, end = day_bounds(zone, day)
    assert len(answer["itemList"]) == (end - start) // 5
    truth = server.truth.day(site, day)
    assert answer["powerUseKwh"] == pytest.approx(truth.load_kwh, abs=0.00501)
    assert answer["powerGenerationKwh"] == pytest.approx(truth.pv_kwh, abs=0.00501)
    use = [row["powerUse"] for row in answer["itemList"]]
    assert use == sorted(use)
    means = sum(row["loadPower"] for row in answer["itemList"][1:]) / 12
    assert means == pytest.approx(use[-1], abs=0.02)


@pytest.mark.parametrize(("site", "day"), cases(SOLAREDGE))
def test_solaredge_v2(
    server: SimulatorServer, session: requests.Session, site: str, day: date
) -> None:
    """Quarter-hours and hours of the day, its meters, and the day itself are the truth."""
    client = SolarEdgeClient(server, session)
    words = {"from_": f"{day}T00:00:00", "to": f"{day + timedelta(days=1)}T00:00:00"}
    truth = server.truth.day(site, day)
    zone = server.world.scenario.sites[site].zone
    start, end = day_bounds(zone, day)
    for resolution, minutes in (("QUARTER_HOUR", 15), ("HOUR", 60), ("DAY", end - start)):
        values = client.data(f"/sites/{site}/energy", resolution=resolution, **words)["values"]
        assert len(values) == (end - start) // minutes
        total = sum(point["value"] or 0 for point in values) / 1000
        assert total == pytest.approx(truth.pv_kwh, abs=0.005)
    meters = client.data(f"/sites/{site}/meters/telemetry", **words)["meters"]
    series = {name: body["values"] for meter in meters.values() for name, body in meter.items()}
    for name, expected in (("importEnergy", truth.import_kwh), ("exportEnergy", truth.export_kwh)):
        total = sum(point["value"] for point in series[name]) / 1000
        assert total == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("mode", ["collapse", "duplicate"])
@pytest.mark.parametrize(("site", "day"), cases(SOLAREDGE))
def test_solaredge_v1(
    server: SimulatorServer, session: requests.Session, site: str, day: date, mode: str
) -> None:
    """The same by v1, whether the hour that comes twice has one row or two."""
    server.switches.set("solaredge.v1_autumn", mode)
    client = SolarEdgeV1Client(server, session)
    truth = server.truth.day(site, day)
    words = {"startTime": f"{day} 00:00:00", "endTime": f"{day} 23:59:59"}
    body = client.data(f"/site/{site}/energyDetails", timeUnit="QUARTER_OF_AN_HOUR", **words)
    rows = {meter["type"]: meter["values"] for meter in body["energyDetails"]["meters"]}
    for kind, expected in (("Purchased", truth.import_kwh), ("FeedIn", truth.export_kwh)):
        total = sum(row["value"] for row in rows[kind]) / 1000
        assert total == pytest.approx(expected, abs=0.001)
    values = client.data(f"/site/{site}/energy", startDate=str(day), endDate=str(day))["energy"]
    ac_kwh = truth.pv_kwh + truth.discharge_kwh - truth.charge_kwh
    assert values["values"][0]["value"] == pytest.approx(ac_kwh * 1000, abs=0.51)
