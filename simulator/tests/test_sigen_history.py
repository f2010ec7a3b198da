"""History answers against the truth, on ordinary days and on days of clock change."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from solar_simulator import SimulatorServer
from solar_simulator.testing.clients import SigenClient
from solar_simulator.testing.sites import BERLIN, KAROO, grid_charger, make_site

LATE = datetime(2026, 12, 1, tzinfo=UTC)
TOTALS = {
    "powerGenerationKwh": "pv_kwh",
    "powerUseKwh": "load_kwh",
    "powerFromGridKwh": "import_kwh",
    "powerToGridKwh": "export_kwh",
    "esChargingKwh": "charge_kwh",
    "esDischargingKwh": "discharge_kwh",
}


@pytest.mark.parametrize(
    ("site", "day", "rows"),
    [
        (BERLIN, date(2026, 6, 20), 288),
        (BERLIN, date(2026, 3, 29), 276),
        (BERLIN, date(2025, 10, 26), 300),
        (KAROO, date(2025, 10, 26), 288),
    ],
)
def test_day_totals_are_true(
    simulator: SimulatorServer, sigen: SigenClient, site: str, day: date, rows: int
) -> None:
    """On a plain site every total of a day is the truth, rounded to two decimals."""
    answer = sigen.history(site, day)
    assert len(answer["itemList"]) == rows
    truth = simulator.truth.day(site, day).as_dict()
    for name, column in TOTALS.items():
        assert answer[name] == pytest.approx(truth[column], abs=0.00501)
        assert answer[name.removesuffix("Kwh")] == answer[name]


@pytest.mark.parametrize("day", [date(2026, 6, 20), date(2026, 3, 29), date(2025, 10, 26)])
def test_counter_differences_are_true_by_half_hour(
    simulator: SimulatorServer, sigen: SigenClient, day: date
) -> None:
    """Differences of running counters give each local half hour within a rounding step."""
    answer = sigen.history(BERLIN, day)
    for name, column in TOTALS.items():
        plain = name.removesuffix("Kwh")
        counter = [row[plain] for row in answer["itemList"]] + [answer[name]]
        for index, row in enumerate(simulator.truth.half_hours(BERLIN, day, day)):
            found = counter[6 * index + 6] - counter[6 * index]
            assert found == pytest.approx(row.energies.as_dict()[column], abs=0.0101)


def test_powers_are_means_of_the_five_minutes_before(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """The row at 12:30 holds the mean power of 12:25 to 12:30."""
    row = next(
        row
        for row in sigen.history(BERLIN, "2026-06-22")["itemList"]
        if row["dataTime"] == "20260622 12:30"
    )
    end = datetime(2026, 6, 22, 10, 30, tzinfo=UTC)
    truth = simulator.truth.energy(BERLIN, end - timedelta(minutes=5), end)
    assert row["pvTotalPower"] == pytest.approx(truth.pv_kwh * 12, abs=0.0005)
    assert row["loadPower"] == pytest.approx(truth.load_kwh * 12, abs=0.0005)
    assert row["batSoc"] == pytest.approx(simulator.truth.soc_pct(BERLIN, end), abs=0.05)


def test_labels_on_days_of_clock_change(sigen: SigenClient) -> None:
    """Labels follow the wall in order of time: an hour is missing, or comes twice."""
    spring = [row["dataTime"][9:] for row in sigen.history(BERLIN, "2026-03-29")["itemList"]]
    assert spring[23:25] == ["01:55", "03:00"]
    autumn = [row["dataTime"][9:] for row in sigen.history(BERLIN, "2025-10-26")["itemList"]]
    assert autumn[35:37] == ["02:55", "02:00"]
    assert autumn.count("02:30") == 2


@pytest.mark.parametrize(
    ("switch", "value", "day", "rows"),
    [
        ("sigen.autumn_rows", "first_pass", "2025-10-26", 288),
        ("sigen.autumn_rows", "second_pass", "2025-10-26", 288),
        ("sigen.spring_rows", "filled", "2026-03-29", 288),
    ],
)
def test_days_of_288_rows_by_switch(
    simulator: SimulatorServer, sigen: SigenClient, switch: str, value: str, day: str, rows: int
) -> None:
    """By switch a day of clock change has 288 distinct labels and rising counters."""
    simulator.switches.set(switch, value)
    items = sigen.history(BERLIN, day)["itemList"]
    labels = [row["dataTime"] for row in items]
    assert len(labels) == rows
    assert len(set(labels)) == rows
    assert labels == sorted(labels)
    use = [row["powerUse"] for row in items]
    assert use == sorted(use)


def test_today_grows_and_starts_empty(simulator: SimulatorServer, sigen: SigenClient) -> None:
    """A row appears a minute after its stamp; just after midnight there is none yet."""
    midnight = datetime(2026, 6, 30, 22, tzinfo=UTC)
    simulator.clock.set(midnight + timedelta(seconds=30))
    assert sigen.history(BERLIN, "2026-07-01")["itemList"] == []
    simulator.clock.set(midnight + timedelta(seconds=60))
    assert [row["dataTime"] for row in sigen.history(BERLIN, "2026-07-01")["itemList"]] == [
        "20260701 00:00"
    ]
    simulator.clock.set(midnight + timedelta(hours=15, minutes=5, seconds=17))
    assert sigen.history(BERLIN, "2026-07-01")["itemList"][-1]["dataTime"] == "20260701 15:00"
    simulator.clock.set(midnight + timedelta(hours=15, minutes=7, seconds=31))
    answer = sigen.history(BERLIN, "2026-07-01")
    assert answer["itemList"][-1]["dataTime"] == "20260701 15:05"
    assert answer["powerUseKwh"] == answer["itemList"][-1]["powerUse"]


def test_before_the_installation_and_in_the_future(
    simulator: SimulatorServer, sigen: SigenClient
) -> None:
    """Without data the list is empty and the totals are 0; by switch it is an error code."""
    for day in ("2024-05-05", "2026-08-01"):
        answer = sigen.history(BERLIN, day)
        assert answer["itemList"] == []
        assert answer["powerUseKwh"] == 0.0
        for code in (1201, 13001):
            simulator.switches.set("sigen.outside_dates", str(code))
            words = {"level": "Day", "date": day}
            assert sigen.get(f"/systems/{BERLIN}/history", **words).json()["code"] == code
        simulator.switches.clear("sigen.outside_dates")
    first = sigen.history(BERLIN, "2025-03-04")["itemList"]
    assert first[0]["dataTime"] == "20250304 11:20"


@pytest.mark.parametrize(
    ("level", "day", "labels"),
    [
        ("Week", "2026-06-24", [f"202606{n} 00:00" for n in range(22, 29)]),
        ("Month", "2026-05-17", [f"202605{n:02} 00:00" for n in range(1, 32)]),
        ("Year", "2026-02-02", [f"2026{n:02}01 00:00" for n in range(1, 8)]),
        ("Lifetime", "", ["20250101 00:00", "20260101 00:00"]),
    ],
)
def test_coarse_levels(
    simulator: SimulatorServer, sigen: SigenClient, level: str, day: str, labels: list[str]
) -> None:
    """Rows are sub-periods with their own totals, and add up to the period's."""
    answer = sigen.history(BERLIN, day, level)
    items = answer["itemList"]
    assert [row["dataTime"] for row in items] == labels
    total = sum(row["powerUse"] for row in items)
    assert total == pytest.approx(answer["powerUseKwh"], abs=0.005 * len(items) + 0.005)
    if level == "Month":
        truth = simulator.truth.day(BERLIN, date(2026, 5, 17))
        assert items[16]["powerGeneration"] == pytest.approx(truth.pv_kwh, abs=0.00501)


def test_green_accounting_differs_from_meters(
    serve: Callable[..., SimulatorServer], session: requests.Session
) -> None:
    """With grid charging and battery export the grid counters are no meters; powers are."""
    site = grid_charger()
    server = serve(site, now=LATE)
    client = SigenClient(server, session)
    answer = client.history(site.site_id, "2026-06-20")
    truth = server.truth.day(site.site_id, date(2026, 6, 20))
    assert answer["powerFromGridKwh"] < truth.import_kwh - 1
    assert answer["powerToGridKwh"] < truth.export_kwh - 1
    imported = sum(row["fromGridPower"] for row in answer["itemList"][1:]) / 12
    assert imported == pytest.approx(truth.import_kwh, abs=0.2)
    for row in (*answer["itemList"], answer):
        made = row["powerToGrid"] + row["powerSelfConsumption"]
        assert made == pytest.approx(row["powerGeneration"], abs=0.001)
        used = row["powerFromGrid"] + row["powerOneself"]
        assert used == pytest.approx(row["powerUse"], abs=0.001)


def test_half_hour_zone(serve: Callable[..., SimulatorServer], session: requests.Session) -> None:
    """A zone of half an hour, and one whose clock changes by half an hour."""
    kolkata = make_site(site_id="A", zone="Asia/Kolkata")
    howe = make_site(site_id="B", zone="Australia/Lord_Howe")
    server = serve(kolkata, howe, now=LATE)
    client = SigenClient(server, session)
    for site, day, rows in (
        ("A", "2026-04-05", 288),
        ("B", "2026-04-05", 294),
        ("B", "2026-10-04", 282),
    ):
        answer: Any = client.history(site, day)
        assert len(answer["itemList"]) == rows
        truth = server.truth.day(site, date.fromisoformat(day))
        assert answer["powerUseKwh"] == pytest.approx(truth.load_kwh, abs=0.00501)
