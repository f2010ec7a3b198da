"""SolarEdge v2 answers against the truth, and its refusals."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.site import Inverter
from solar_simulator.testing.clients import SolarEdgeClient
from solar_simulator.testing.sites import MAPLE, SAGUARO, make_site

LATE = datetime(2026, 12, 20, tzinfo=UTC)
AUTUMN = ("2026-11-01T00:00:00", "2026-11-02T00:00:00")
SPRING = ("2026-03-08T00:00:00", "2026-03-09T00:00:00")
PLAIN = ("2026-06-20T00:00:00", "2026-06-21T00:00:00")


@pytest.fixture(autouse=True)
def open_spans(simulator: SimulatorServer) -> None:
    """A later day, and whole days at a time."""
    simulator.clock.set(LATE)
    simulator.switches.set("solaredge.span_limits", "none")


def values(points: list[dict[str, Any]]) -> list[Any]:
    """Only the values."""
    return [point["value"] for point in points]


def total_kwh(points: list[dict[str, Any]]) -> float:
    """Watt-hours added up."""
    return sum(value or 0.0 for value in values(points)) / 1000


@pytest.mark.parametrize(
    ("window", "rows"), [(PLAIN, 96), (SPRING, 92), (AUTUMN, 100)], ids=["24", "23", "25"]
)
@pytest.mark.parametrize("site", [MAPLE, SAGUARO])
def test_energy_of_a_day_is_true(
    simulator: SimulatorServer,
    solaredge: SolarEdgeClient,
    site: str,
    window: tuple[str, str],
    rows: int,
) -> None:
    """Quarter-hours of PV add up to the truth within 5 Wh on days of 23, 24 and 25 hours."""
    answer = solaredge.data(f"/sites/{site}/energy", from_=window[0], to=window[1])
    day = date.fromisoformat(window[0][:10])
    if site == MAPLE:
        assert len(answer["values"]) == rows
        stamps = [point["timestamp"] for point in answer["values"]]
        assert len(set(stamps)) == rows
    instants = [datetime.fromisoformat(point["timestamp"]) for point in answer["values"]]
    assert all(b - a == timedelta(minutes=15) for a, b in pairwise(instants))
    truth = simulator.truth.day(site, day).pv_kwh
    assert total_kwh(answer["values"]) == pytest.approx(truth, abs=0.005)
    whole = solaredge.data(f"/sites/{site}/energy", from_=window[0], to=window[1], resolution="DAY")
    assert whole["values"][0]["value"] == pytest.approx(truth * 1000, abs=0.51)


@pytest.mark.parametrize("window", [PLAIN, SPRING, AUTUMN], ids=["24", "23", "25"])
def test_meters_are_true_and_balance(
    simulator: SimulatorServer, solaredge: SolarEdgeClient, window: tuple[str, str]
) -> None:
    """Each meter's day is the truth; in each bucket, what comes in goes out to the digit."""
    answer = solaredge.data(f"/sites/{MAPLE}/meters/telemetry", from_=window[0], to=window[1])
    series = {
        name: body["values"] for meter in answer["meters"].values() for name, body in meter.items()
    }
    truth = simulator.truth.day(MAPLE, date.fromisoformat(window[0][:10]))
    ac = truth.pv_kwh + truth.discharge_kwh - truth.charge_kwh
    for name, expected in {
        "importEnergy": truth.import_kwh,
        "exportEnergy": truth.export_kwh,
        "consumptionEnergy": truth.load_kwh,
        "productionEnergy": ac,
    }.items():
        assert total_kwh(series[name]) == pytest.approx(expected, abs=0.001)
    for unit in ("Energy", "Power"):
        rows = zip(
            *(
                values(series[name + unit])
                for name in ("production", "import", "consumption", "export")
            ),
            strict=True,
        )
        for made, bought, used, sold in rows:
            assert made + bought == pytest.approx(used + sold, abs=1e-6)


def test_inverter_and_storage_are_true(
    simulator: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """The inverter gives PV plus discharge less charge; the battery's two sides are its own."""
    words = {"from_": PLAIN[0], "to": PLAIN[1]}
    truth = simulator.truth.day(MAPLE, date(2026, 6, 20))
    inverters = solaredge.data(f"/sites/{MAPLE}/inverters/telemetry", **words)["inverters"]
    assert set(inverters) == {"7EDE0001-41"}
    ac = truth.pv_kwh + truth.discharge_kwh - truth.charge_kwh
    assert total_kwh(inverters["7EDE0001-41"]["energy"]["values"]) == pytest.approx(ac, abs=0.001)
    battery = solaredge.data(f"/sites/{MAPLE}/storage/telemetry", **words)["storage"][
        "48DEM0-000041"
    ]
    assert total_kwh(battery["chargeEnergy"]["values"]) == pytest.approx(
        truth.charge_kwh, abs=0.001
    )
    assert total_kwh(battery["dischargeEnergy"]["values"]) == pytest.approx(
        truth.discharge_kwh, abs=0.001
    )
    at_noon = battery["stateOfEnergy"]["values"][48]
    assert at_noon["timestamp"] == "2026-06-20T12:00:00-04:00"
    soc = simulator.truth.soc_pct(MAPLE, datetime(2026, 6, 20, 16, tzinfo=UTC))
    assert at_noon["value"] == pytest.approx(soc, abs=0.05)


@pytest.mark.parametrize("resolution", ["QUARTER_HOUR", "DAY"])
@pytest.mark.parametrize(
    "path", ["energy", "power", "inverters/telemetry", "meters/telemetry", "storage/telemetry"]
)
def test_a_window_in_the_future_is_empty(
    solaredge: SolarEdgeClient, path: str, resolution: str
) -> None:
    """A window that has not begun answers without a row."""
    words = {"from_": "2026-12-21T00:00:00", "to": "2026-12-21T12:00:00", "resolution": resolution}
    answer = solaredge.data(f"/sites/{MAPLE}/{path}", **words)

    def lists(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [value]
        parts = value.values() if isinstance(value, dict) else ()
        return [found for part in parts for found in lists(part)]

    found = lists(answer)
    assert found
    assert all(values == [] for values in found)


def test_inverters_add_up(serve: Callable[..., SimulatorServer], session: requests.Session) -> None:
    """Several inverters give together what the site generates."""
    pair = (Inverter("7E000001-01", 5.0, 5.5, 30, 90), Inverter("7E000001-02", 3.0, 5.5, 30, 270))
    site = make_site(vendor="solaredge", site_id="42", battery=None, inverters=pair)
    server = serve(site, now=LATE)
    server.switches.set("solaredge.span_limits", "none")
    client = SolarEdgeClient(server, session)
    words = {"from_": PLAIN[0], "to": PLAIN[1]}
    found = client.data("/sites/42/inverters/telemetry", **words)["inverters"]
    truth = server.truth.day("42", date(2026, 6, 20))
    added = sum(total_kwh(body["energy"]["values"]) for body in found.values())
    assert added == pytest.approx(truth.pv_kwh, abs=0.001)
    assert max(values(found["7E000001-02"]["power"]["values"])[30:60]) <= 3.0


def test_nulls_zeros_and_the_running_bucket(
    simulator: SimulatorServer, solaredge: SolarEdgeClient
) -> None:
    """Null at night and for the running quarter-hour; awake without sun is 0."""
    simulator.clock.set(datetime(2026, 6, 20, 20, 5, 45, tzinfo=UTC))
    answer = solaredge.data(f"/sites/{SAGUARO}/energy")
    found = {point["timestamp"][11:16]: point["value"] for point in answer["values"]}
    assert found["02:00"] is None
    assert 0.0 in found.values()
    assert found["12:45"] > 0
    assert found["13:00"] is None
    assert list(found)[-1] == "13:00"
    assert answer["period"]["from"] == "2026-06-20T00:00:00-07:00"
    assert answer["period"]["to"].startswith("2026-06-20T13:05:45.")
    assert len(answer["period"]["to"]) == 35


def test_power_is_mean_energy(solaredge: SolarEdgeClient) -> None:
    """Mean power times a quarter of an hour is the bucket's energy, to the watt-hour."""
    words = {"from_": "2026-06-20T10:00:00", "to": "2026-06-20T16:00:00"}
    energy = values(solaredge.data(f"/sites/{SAGUARO}/energy", **words)["values"])
    power = values(solaredge.data(f"/sites/{SAGUARO}/power", **words)["values"])
    assert len(energy) == 24
    for wh, watt in zip(energy, power, strict=True):
        assert wh == pytest.approx(watt / 4, abs=1.01)


def test_windows_overlap_with_equal_values(solaredge: SolarEdgeClient) -> None:
    """A bucket has one value, whatever window it is asked in."""
    whole = solaredge.data(f"/sites/{SAGUARO}/energy", from_=PLAIN[0], to=PLAIN[1])["values"]
    part = solaredge.data(
        f"/sites/{SAGUARO}/energy", from_="2026-06-20T17:00:00Z", to="2026-06-20T23:00:00Z"
    )["values"]
    assert part == [point for point in whole if point in part]
    assert part[0]["timestamp"] == "2026-06-20T10:00:00-07:00"
    assert len(part) == 24


@pytest.mark.parametrize(("unit", "size"), [("WH", 1), ("KWH", 1e3), ("MWH", 1e6), ("GWH", 1e9)])
def test_units(solaredge: SolarEdgeClient, unit: str, size: float) -> None:
    """The unit asked for scales the values and nothing else."""
    words = {"from_": "2026-06-20T12:00:00", "to": "2026-06-20T12:15:00"}
    base = solaredge.data(f"/sites/{SAGUARO}/energy", **words)["values"][0]["value"]
    answer = solaredge.data(f"/sites/{SAGUARO}/energy", unit=unit, **words)
    assert answer["unit"] == unit
    assert answer["values"][0]["value"] == pytest.approx(base / size, rel=1e-9)


def test_stamps_of_voltage_and_frequency_are_ends(solaredge: SolarEdgeClient) -> None:
    """Voltage and frequency carry the end of the bucket, all else its start."""
    words = {"from_": "2026-06-20T12:00:00", "to": "2026-06-20T12:15:00"}
    found = solaredge.data(f"/sites/{MAPLE}/inverters/telemetry", **words)["inverters"]
    metrics = next(iter(found.values()))
    stamps = {name: body["values"][0]["timestamp"][11:16] for name, body in metrics.items()}
    assert stamps == {
        "power": "12:00",
        "energy": "12:00",
        "current": "12:00",
        "voltage": "12:15",
        "frequency": "12:15",
    }


@pytest.mark.parametrize(
    ("resolution", "count", "first"),
    [
        ("HOUR", 24 * 31 - 1, "2026-03-01T00:00:00-05:00"),
        ("DAY", 31, "2026-03-01T00:00:00-05:00"),
        ("WEEK", 6, "2026-02-23T00:00:00-05:00"),
        ("MONTH", 1, "2026-03-01T00:00:00-05:00"),
        ("YEAR", 1, "2026-01-01T00:00:00-05:00"),
        ("TOTAL", 1, "2026-03-01T00:00:00-05:00"),
    ],
)
def test_resolutions(
    simulator: SimulatorServer,
    solaredge: SolarEdgeClient,
    resolution: str,
    count: int,
    first: str,
) -> None:
    """Buckets follow the site's calendar, the month with a clock change included."""
    words = {"from_": "2026-03-01T00:00:00", "to": "2026-04-01T00:00:00"}
    answer = solaredge.data(f"/sites/{MAPLE}/energy", resolution=resolution, **words)
    assert len(answer["values"]) == count
    assert answer["values"][0]["timestamp"] == first
    truth = simulator.truth.energy(
        MAPLE, datetime(2026, 3, 1, 5, tzinfo=UTC), datetime(2026, 4, 1, 4, tzinfo=UTC)
    )
    if resolution in {"HOUR", "DAY", "MONTH", "TOTAL"}:
        assert total_kwh(answer["values"]) == pytest.approx(truth.pv_kwh, abs=0.02)


def test_an_unmetered_site(solaredge: SolarEdgeClient) -> None:
    """No meters is an empty object, not an error; no battery likewise."""
    assert solaredge.data(f"/sites/{SAGUARO}/meters/telemetry")["meters"] == {}
    assert solaredge.data(f"/sites/{SAGUARO}/storage/telemetry")["storage"] == {}
    assert solaredge.data(f"/sites/{SAGUARO}/devices", types="METER") == []


def test_devices(solaredge: SolarEdgeClient) -> None:
    """Inverters by default; import and export share a serial, consumption has none."""
    assert {d["type"] for d in solaredge.data(f"/sites/{MAPLE}/devices")} == {"INVERTER"}
    meters = solaredge.data(f"/sites/{MAPLE}/devices", types=["METER", "BATTERY"])
    by_type = {device.get("meterType"): device for device in meters}
    assert by_type["FeedIn"]["serialNumber"] == by_type["Purchased"]["serialNumber"]
    assert by_type["Consumption"]["serialNumber"] is None
    assert by_type["Consumption"]["form"] == "virtual"
    assert by_type[None]["type"] == "BATTERY"


def test_site_pages(solaredge: SolarEdgeClient) -> None:
    """Pages count from 1; the count is of all sites."""
    first = solaredge.data("/sites", **{"sites-in-page": 1})["sites"]
    second = solaredge.data("/sites", page=2, **{"sites-in-page": 1})["sites"]
    assert first["count"] == second["count"] == 2
    assert [first["site"][0]["siteId"], second["site"][0]["siteId"]] == [4100001, 4100002]
    assert solaredge.data("/sites", page=3, **{"sites-in-page": 1})["sites"]["site"] == []
    one = solaredge.data(f"/sites/{MAPLE}")
    assert one["lastUpdateTime"] == "2026-12-19T19:00:00-05:00"


@pytest.mark.parametrize(
    ("resolution", "hours", "status"),
    [
        ("QUARTER_HOUR", 12, 200),
        ("QUARTER_HOUR", 12.25, 400),
        ("HOUR", 24, 200),
        ("HOUR", 25, 400),
        ("DAY", 24 * 31, 200),
        ("DAY", 24 * 33, 400),
        ("YEAR", 24 * 500, 200),
    ],
)
def test_documented_spans(
    simulator: SimulatorServer,
    solaredge: SolarEdgeClient,
    resolution: str,
    hours: float,
    status: int,
) -> None:
    """A window longer than the resolution allows is a 400."""
    simulator.switches.clear("solaredge.span_limits")
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    words = {"from_": begin.isoformat(), "to": (begin + timedelta(hours=hours)).isoformat()}
    answer = solaredge.get(f"/sites/{MAPLE}/energy", resolution=resolution, **words)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/sites/999/energy", {}, 403),
        ("/sites/LINDE1709625600/energy", {}, 403),
        ("/nonsense", {}, 404),
        (f"/sites/{MAPLE}/summary", {}, 404),
        (f"/sites/{MAPLE}/energy", {"resolution": "MINUTE"}, 400),
        (f"/sites/{MAPLE}/energy", {"unit": "J"}, 400),
        (f"/sites/{MAPLE}/energy", {"from_": "yesterday"}, 400),
        (f"/sites/{MAPLE}/energy", {"from_": "2026-06-20", "to": "2026-06-19"}, 400),
        (f"/sites/{MAPLE}/devices", {"types": "ROOF"}, 400),
        ("/sites", {"page": 0}, 400),
    ],
)
def test_refusals(
    solaredge: SolarEdgeClient, path: str, query: dict[str, Any], status: int
) -> None:
    """Refusals are problem documents with the status inside."""
    answer = solaredge.get(path, **query)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_wrong_key_is_401(solaredge: SolarEdgeClient) -> None:
    """A key of another spelling does not open anything."""
    solaredge.key = "demo-fleet-key"
    for path in ("/sites", f"/sites/{MAPLE}/energy"):
        answer = solaredge.get(path)
        assert answer.status_code == 401
        assert answer.json()["detail"] == "Invalid API key"
