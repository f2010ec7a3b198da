"""SolarEdge's holes and impossible values: never `ok`, and the day keeps the vendor's own total."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from held_against_truth import QUANTITIES, naive
from raw_rows import Clouds, RawRows

from solar_simulator.site import Battery, Inverter
from solar_simulator.testing.sites import make_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from raw_warehouse import DuckDBLoader

    from solar_simulator.site import Site

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
JUNE_9 = dt.date(2026, 6, 9)
MIDNIGHT = dt.datetime(2026, 6, 8, 22, tzinfo=dt.UTC)
"""In Berlin."""

LIE_KWH, DAY_LIE_KWH = 0.02, 0.05


@dataclass(frozen=True)
class Case:
    """A site with trouble on 9 June, and what is right.

    Attributes:
        switches: By name; each strikes every interval from `first` to `end`, in hours of the day.
        pv: Quality of the day's PV.
        load: Quality of the day's load.
        charge: Quality of the day's charge.
        is_partial: Whether the day lacks something.
        settings: Of the tap.
    """

    switches: Mapping[str, Any] = field(default_factory=dict)
    first: float = 0.0
    end: float = 24.0
    pv: str = "ok"
    load: str = "ok"
    charge: str = "ok"
    is_partial: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)


PV, METERS, STORAGE = (f"solaredge.null_{what}" for what in ("pv", "meters", "storage"))
WITHOUT_TOTAL = {"solaredge.null_totals": True}
V1 = {"api_version": "v1"}

CASES = {
    "healthy": Case(is_partial=False),
    "pv null at noon": Case({PV: 1.0}, 11, 16, pv="bridged"),
    "pv null in half a block": Case({PV: 1.0}, 12, 12.25, pv="bridged"),
    "pv ends at noon": Case({PV: 1.0}, 12, 24, pv="bridged"),
    "pv null all day": Case({PV: 1.0}, pv="bridged"),
    "pv null by night": Case({PV: 1.0}, 0, 2, is_partial=False),
    "pv null at noon, no total": Case({PV: 1.0, **WITHOUT_TOTAL}, 11, 16, pv="suspect"),
    "pv ends at noon, no total": Case({PV: 1.0, **WITHOUT_TOTAL}, 12, 24, pv="suspect"),
    "pv null all day, no total": Case({PV: 1.0, **WITHOUT_TOTAL}, pv="missing"),
    "no total": Case(WITHOUT_TOTAL, is_partial=False),
    "meters null": Case({METERS: 1.0}, 11, 16, load="suspect"),
    "meters null by night": Case({METERS: 1.0}, 1, 1.25, load="suspect"),
    "meters null all day": Case({METERS: 1.0}, load="missing"),
    "battery null": Case({STORAGE: 1.0}, 11, 16, charge="suspect"),
    "pv impossible": Case({"solaredge.impossible_pv": 1.0}, 12, 12.25, pv="bridged"),
    "pv impossible, no total": Case(
        {"solaredge.impossible_pv": 1.0, **WITHOUT_TOTAL}, 12, 12.25, pv="suspect"
    ),
    "meters impossible": Case({"solaredge.impossible_meters": 1.0}, 12, 13, load="suspect"),
    "battery impossible": Case({"solaredge.impossible_storage": 1.0}, 12, 13, charge="suspect"),
    "energies negative": Case(
        {"solaredge.negative_energies": 1.0}, 12, 13, pv="bridged", load="suspect", charge="suspect"
    ),
    "soc impossible": Case({"solaredge.impossible_soc": 1.0}, 12, 13, is_partial=False),
    "v1 pv null": Case({PV: 1.0}, 11, 16, pv="estimated", charge="estimated", settings=V1),
    "v1 meters null": Case(
        {METERS: 1.0}, 11, 16, pv="estimated", load="suspect", charge="estimated", settings=V1
    ),
    "v1 pv impossible": Case(
        {"solaredge.impossible_pv": 1.0}, 12, 12.25, pv="estimated", charge="estimated", settings=V1
    ),
}  # fmt: skip
"""Kinds of trouble, by name; each happens to a site of its own."""


def a_site(number: int, name: str) -> Site:
    """Return an invented house in Berlin; its battery never buys."""
    return make_site(
        vendor="solaredge",
        site_id=str(4_710_000 + number),
        name=name,
        installed_at=dt.datetime(2025, 8, 10, 9, 12, tzinfo=dt.UTC),
        inverters=(Inverter(f"7EDE{number:04}-01", 8.0, 9.2, optimizers=14),),
        battery=Battery(f"48DEM0-{number:06}", 9.7, 4.8, 4.8),
    )


SITES = {name: a_site(number, name) for number, name in enumerate(CASES)}
BY_DAY = a_site(900, "by day")
"""A site that is fetched by days alone."""


@pytest.fixture(scope="module")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    """Serve the sites, each with its own trouble."""
    houses = (*SITES.values(), BY_DAY)
    with Clouds(houses, NOW, tmp_path_factory.mktemp("odd")) as running:
        for name, case in CASES.items():
            for switch, value in case.switches.items():
                whole = switch in WITHOUT_TOTAL
                first, end = (0.0, 24.0) if whole else (case.first, case.end)
                running.switches.set(
                    switch,
                    value,
                    site=SITES[name].site_id,
                    start=MIDNIGHT + dt.timedelta(hours=first),
                    end=MIDNIGHT + dt.timedelta(hours=end),
                )
        yield running


@pytest.fixture(scope="module")
def rows(clouds: Clouds) -> RawRows:
    """Return three days of all sites; the third settles the second."""
    found = RawRows()
    for settings in ({}, V1):
        ids = [SITES[name].site_id for name, case in CASES.items() if case.settings == settings]
        clouds.fetch(found, JUNE_9 - DAY, JUNE_9 + 2 * DAY, *ids, **settings)
    clouds.fetch(found, JUNE_9 - DAY, JUNE_9 + 2 * DAY, BY_DAY.site_id, resolution="day")
    return found


@pytest.fixture(scope="module")
def built(rows: RawRows, duckdb_loader: DuckDBLoader) -> DuckDBLoader:
    """Return a warehouse of all of them."""
    duckdb_loader.clear()
    rows.load_into(duckdb_loader)
    duckdb_loader.dbt("run", "--select", "+fct_energy_daily", "+fct_energy_monthly",
                      "+fct_reconciliation")  # fmt: skip
    return duckdb_loader


def read(warehouse: DuckDBLoader, table: str, key: str, site: Site, *more: str) -> dict[Any, Any]:
    """Return a mart's rows of 9 June by a column: values, qualities and more columns."""
    columns = [*(f"{name}_kwh" for name in QUANTITIES), *(f"{name}_quality" for name in QUANTITIES)]
    found = warehouse.query(
        f"select {', '.join([key, *columns, *more])} from analytics.{table} "
        f"where system_id = '{site.site_id}' and local_date = '{JUNE_9}'"
    )
    return {
        row[0]: (
            dict(zip(QUANTITIES, row[1:7], strict=True)),
            dict(zip(QUANTITIES, row[7:13], strict=True)),
            *row[13:],
        )
        for row in found
    }


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_never_ok(name: str, built: DuckDBLoader, clouds: Clouds) -> None:
    """Every half hour and the day that say ok are what flowed; the day says what it should."""
    case, site = CASES[name], SITES[name]
    real = {
        naive(row.start_utc): row.energies
        for row in clouds.truth.half_hours(site.site_id, JUNE_9, JUNE_9)
    }
    blocks = read(built, "fct_energy_30min", "block_start_utc", site, "soc_pct_avg")
    assert set(blocks) == set(real)
    for start, (values, qualities, soc) in blocks.items():
        assert soc is None or 0 <= soc <= 100
        for quantity, value in values.items():
            exact = getattr(real[start], f"{quantity}_kwh")
            if qualities[quantity] == "ok":
                assert value == pytest.approx(exact, abs=LIE_KWH), (start, quantity)
            if value is None:
                assert qualities[quantity] == "missing"
    ((values, qualities, coverage, partial),) = read(
        built, "fct_energy_daily", "local_date", site, "coverage_share", "is_partial"
    ).values()
    assert {q: qualities[q] for q in ("pv", "load", "charge")} == {
        "pv": case.pv, "load": case.load, "charge": case.charge
    }  # fmt: skip
    day = clouds.truth.day(site.site_id, JUNE_9)
    for quantity, value in values.items():
        if qualities[quantity] in ("ok", "bridged"):
            exact = getattr(day, f"{quantity}_kwh")
            assert value == pytest.approx(exact, abs=DAY_LIE_KWH), quantity
    assert partial is case.is_partial
    assert (coverage < 1) is case.is_partial


def test_the_day_has_what_its_half_hours_lack(built: DuckDBLoader) -> None:
    """Half hours of a hole have no value; the day takes the vendor's total and says so."""
    site = SITES["pv null at noon"]
    ((day, placed, unplaced, method),) = built.query(
        "select days.pv_kwh, sum(blocks.pv_kwh), max(days.pv_unplaced_kwh), max(days.pv_method) "
        "from analytics.fct_energy_daily as days inner join analytics.fct_energy_30min as blocks "
        f"using (system_key, local_date) where days.system_id = '{site.site_id}' "
        f"and local_date = '{JUNE_9}' group by days.pv_kwh"
    )
    assert method == "vendor day total"
    assert unplaced > 5
    assert day == pytest.approx(placed + unplaced, abs=1e-6)
    verdicts = built.query(
        "select verdict, intervals_kwh from analytics.fct_reconciliation where grain = 'day' "
        f"and system_id = '{site.site_id}' and period_start = '{JUNE_9}'"
    )
    assert verdicts == [("incomplete", pytest.approx(placed, abs=1e-6))]


def test_days_known_by_their_total_alone(built: DuckDBLoader, clouds: Clouds) -> None:
    """`resolution: day`: PV of days and months, no half hours, and all of it said."""
    found = built.query(
        "select local_date, pv_kwh, pv_quality, pv_method, energy_method, load_kwh, is_partial "
        f"from analytics.fct_energy_daily where system_id = '{BY_DAY.site_id}' order by 1"
    )
    assert [row[0] for row in found] == [JUNE_9 - DAY, JUNE_9, JUNE_9 + DAY]
    for day, pv, *rest in found:
        exact = clouds.truth.day(BY_DAY.site_id, day).pv_kwh
        assert pv == pytest.approx(exact, abs=DAY_LIE_KWH)
        assert rest == ["ok", "vendor day total", "vendor day total", None, True]
    ((month,),) = built.query(
        f"select pv_kwh from analytics.fct_energy_monthly where system_id = '{BY_DAY.site_id}'"
    )
    assert month == pytest.approx(sum(row[1] for row in found), abs=1e-6)
    assert built.query(
        f"select count(*) from analytics.fct_energy_30min where system_id = '{BY_DAY.site_id}'"
    ) == [(0,)]
    assert built.query(
        "select distinct verdict from analytics.fct_reconciliation where vendor_stream = "
        f"'energy_days' and system_id = '{BY_DAY.site_id}'"
    ) == [("no intervals",)]


MODELS = ("int_solaredge__30min", "fct_energy_daily")


def test_totals_and_nameplates_that_come_later(rows: RawRows, built: DuckDBLoader) -> None:
    """A day is judged anew when its total or the equipment changes; as a full refresh does."""
    fixed, bounded = SITES["no total"], SITES["healthy"]
    built.execute(
        "update tap_solaredge.energy_days set energy = 1000 + (select sum(energy) from "
        f"tap_solaredge.site_energy where site_id = '{fixed.site_id}' and local_date = '{JUNE_9}') "
        f"where site_id = '{fixed.site_id}' and local_date = '{JUNE_9}'",
        "update tap_solaredge.sync_days set status = 'complete' where stream = 'energy_days' "
        f"and site_id = '{fixed.site_id}'",
        f"update tap_solaredge.sites set peak_power = 1.0 where site_id = '{bounded.site_id}'",
    )
    select = ("run", "--select", "+fct_energy_daily")
    built.dbt(*select)
    kept = {model: sorted(map(str, built.query(f"from analytics.{model}"))) for model in MODELS}
    qualities = dict(
        built.query(
            "select system_id, pv_quality from analytics.fct_energy_daily "
            f"where local_date = '{JUNE_9}'"
        )
    )
    assert qualities[fixed.site_id] == "bridged", "the total holds a kilowatt-hour more"
    assert qualities[bounded.site_id] == "suspect", "the total confirms what the nameplate denies"
    built.dbt(*select, "--full-refresh")
    for model in MODELS:
        assert sorted(map(str, built.query(f"from analytics.{model}"))) == kept[model], model
    rows.load_into(built)
