"""SolarEdge v1 totals, units of time and clock changes against the truth."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SolarEdgeV1Client
from solar_simulator.testing.sites import MAPLE, SAGUARO

TIMES = {"startTime": "2026-06-20 00:00:00", "endTime": "2026-06-20 23:59:59"}
QUARTER = {"timeUnit": "QUARTER_OF_AN_HOUR"}


def test_a_pending_site_has_nulls(last_days: Any) -> None:
    """Listed as pending, without period, energy or report."""
    v1, _ = last_days
    sites = v1.data("/sites/list", status="Pending")["sites"]
    assert [site["id"] for site in sites["site"]] == [4400005]
    assert sites["site"][0]["status"] == "Pending Communication"
    period = v1.data("/site/4400005/dataPeriod")["dataPeriod"]
    assert period == {"startDate": None, "endDate": None}
    dates = {"startDate": "2026-10-01", "endDate": "2026-10-02"}
    values = v1.data("/site/4400005/energy", **dates)["energy"]["values"]
    assert [row["value"] for row in values] == [None, None]


def test_overview_so_far(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Lifetime, year, month and day to date, never growing towards the finer."""
    simulator.clock.set(datetime(2026, 6, 20, 20, 3, tzinfo=UTC))
    body = v1.data(f"/site/{SAGUARO}/overview")["overview"]
    names = ("lifeTimeData", "lastYearData", "lastMonthData", "lastDayData")
    energies = [body[name]["energy"] for name in names]
    assert energies == sorted(energies, reverse=True)
    truth = simulator.truth.energy(
        SAGUARO, datetime(2026, 6, 20, 7, tzinfo=UTC), datetime(2026, 6, 20, 20, 3, tzinfo=UTC)
    )
    assert energies[-1] == pytest.approx(truth.pv_kwh * 1000, abs=0.51)
    assert body["currentPower"]["power"] > 0
    assert body["lastUpdateTime"].startswith("2026-06-20 1")


def test_overview_oddities(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """Each oddity changes its own number and no other."""
    path = f"/site/{SAGUARO}/overview"
    simulator.clock.set(datetime(2026, 6, 20, 20, 3, tzinfo=UTC))
    good = v1.data(path)["overview"]
    changes: dict[str, Any] = {
        "solaredge.v1_lifetime_zero": lambda b: b["lifeTimeData"]["energy"] == 0,
        "solaredge.v1_incident": lambda b: (
            b["lastDayData"]["energy"] == 0
            and b["measuredBy"] == ""
            and b["currentPower"] == good["currentPower"]
        ),
        "solaredge.v1_day_resets_utc": lambda b: (
            b["lastDayData"]["energy"] > good["lastDayData"]["energy"]
        ),
    }
    for name, holds in changes.items():
        simulator.switches.set(name, value=True)
        assert holds(v1.data(path)["overview"]), name
        simulator.switches.clear(name)
    simulator.switches.set("solaredge.v1_lifetime_dip", 1.0)
    dipped = v1.data(path)["overview"]["lifeTimeData"]["energy"]
    assert dipped == pytest.approx(good["lifeTimeData"]["energy"] * 0.95, abs=1)
    simulator.clock.set(datetime(2026, 6, 21, 7, 5, tzinfo=UTC))
    assert v1.data(path)["overview"]["lastDayData"]["energy"] == 0
    simulator.switches.set("solaredge.v1_day_lingers", value=True)
    assert v1.data(path)["overview"]["lastDayData"]["energy"] > 10_000


def test_time_frame_is_a_difference_of_readings(v1: SolarEdgeV1Client) -> None:
    """Energy is end minus start, and the sum of the days between."""
    dates = {"startDate": "2026-06-01", "endDate": "2026-06-10"}
    body = v1.data(f"/site/{SAGUARO}/timeFrameEnergy", **dates)["timeFrameEnergy"]
    moved = body["endLifetimeEnergy"]["energy"] - body["startLifetimeEnergy"]["energy"]
    assert body["energy"] == moved
    days = v1.data(f"/site/{SAGUARO}/energy", **dates)["energy"]["values"]
    assert sum(row["value"] for row in days) == pytest.approx(moved, abs=10)


@pytest.mark.parametrize(
    ("mode", "rows", "distinct"), [("collapse", 96, 96), ("duplicate", 100, 96)]
)
def test_autumn(
    simulator: SimulatorServer, v1: SolarEdgeV1Client, mode: str, rows: int, distinct: int
) -> None:
    """The hour that comes twice: one value for both, or all rows in order of time."""
    simulator.clock.set(datetime(2026, 11, 2, 12, tzinfo=UTC))
    simulator.switches.set("solaredge.v1_autumn", mode)
    dates = {"startDate": "2026-11-01", "endDate": "2026-11-01"}
    values = v1.data(f"/site/{MAPLE}/energy", **dates, **QUARTER)["energy"]["values"]
    assert len(values) == rows
    assert len({row["date"] for row in values}) == distinct
    details = v1.data(
        f"/site/{MAPLE}/energyDetails",
        **QUARTER,
        startTime="2026-11-01 00:00:00",
        endTime="2026-11-01 23:59:59",
        meters="Purchased",
    )["energyDetails"]["meters"][0]["values"]
    truth = simulator.truth.day(MAPLE, date(2026, 11, 1))
    assert sum(row["value"] for row in details) == pytest.approx(truth.import_kwh * 1000, abs=0.1)


@pytest.mark.parametrize(("mode", "rows"), [("skip", 92), ("null", 96)])
def test_spring(simulator: SimulatorServer, v1: SolarEdgeV1Client, mode: str, rows: int) -> None:
    """The skipped hour: no rows, or rows with null."""
    simulator.switches.set("solaredge.v1_spring", mode)
    dates = {"startDate": "2026-03-08", "endDate": "2026-03-08"}
    values = v1.data(f"/site/{MAPLE}/energy", **dates, **QUARTER)["energy"]["values"]
    assert len(values) == rows
    gap = [row for row in values if "02:00" <= row["date"][11:16] < "03:00"]
    assert [row["value"] for row in gap] == [None] * (rows - 92)


@pytest.mark.parametrize(
    ("unit", "dates", "first", "count"),
    [
        ("DAY", ("2026-05-30", "2026-06-02"), "2026-05-30", 4),
        ("WEEK", ("2026-06-14", "2026-06-22"), "2026-06-08", 3),
        ("MONTH", ("2026-03-15", "2026-05-01"), "2026-03-01", 3),
        ("YEAR", ("2025-12-31", "2026-01-01"), "2025-01-01", 2),
        ("HOUR", ("2026-06-20", "2026-06-20"), "2026-06-20", 24),
    ],
)
def test_units_of_time(
    v1: SolarEdgeV1Client, unit: str, dates: tuple[str, str], first: str, count: int
) -> None:
    """Buckets begin on or before the start; weeks on Mondays; the end is included."""
    words = {"startDate": dates[0], "endDate": dates[1], "timeUnit": unit}
    values = v1.data(f"/site/{SAGUARO}/energy", **words)["energy"]["values"]
    assert values[0]["date"] == f"{first} 00:00:00"
    assert len(values) == count


def test_late_data_on_v1(simulator: SimulatorServer, v1: SolarEdgeV1Client) -> None:
    """With a delay the youngest quarter-hours have no value yet."""
    simulator.clock.set(datetime(2026, 6, 20, 20, 1, tzinfo=UTC))
    before = v1.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"]
    simulator.switches.set("solaredge.data_delay_minutes", 60)
    after = v1.data(f"/site/{SAGUARO}/power", **TIMES)["power"]["values"]
    assert before[47]["value"] is not None
    assert after[49]["value"] is None
