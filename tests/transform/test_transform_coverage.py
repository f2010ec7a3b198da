"""What is missing is told, and nothing else: a healthy fleet around the world has no gaps."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from raw_rows import Clouds, RawRows
from raw_warehouse import DuckDBLoader

from solar_simulator.site import Battery, Inverter
from solar_simulator.testing.sites import make_site

if TYPE_CHECKING:
    from pathlib import Path

    from solar_simulator.site import Site

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 7, 1, 12, 30, tzinfo=dt.UTC)
"""A Thursday morning in Auckland, the night to Wednesday in Honolulu."""

INSTALLED = dt.datetime(2026, 6, 24, 21, 42, tzinfo=dt.UTC)
"""The 25th in Auckland, the 24th in Honolulu."""

START = dt.date(2026, 6, 23)
ZONES = {
    "Pacific/Auckland": (-36.8, 174.8),
    "Europe/Berlin": (52.5, 13.4),
    "America/St_Johns": (47.6, -52.7),
    "Pacific/Honolulu": (21.3, -157.9),
}
AUCKLAND, BERLIN, ST_JOHNS, HONOLULU = (f"ROUND{1_700_000_000 + n}" for n in range(len(ZONES)))
HOLES = (
    "select system_id, stream, cast(local_date as varchar(10)), status "
    "from analytics.fct_day_coverage where is_hole and status <> 'before_start' order by 1, 2, 3"
)


def house(vendor: str, number: int, zone: str) -> Site:
    """Return a new house; every other one has no battery, SolarEdge's then no meters either."""
    latitude, longitude = ZONES[zone]
    stores = number % 2 == 0
    return make_site(
        vendor=vendor,
        site_id=f"ROUND{1_700_000_000 + number}" if vendor == "sigen" else str(4_500_000 + number),
        name=f"House {number}",
        zone=zone,
        latitude=latitude,
        longitude=longitude,
        installed_at=INSTALLED,
        inverters=(Inverter(f"7E{number:06}-01", 8.0, 9.2),),
        battery=Battery(f"48DEM0-{number:06}", 9.7, 4.8, 4.8) if stores else None,
        metered=stores or vendor == "sigen",
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DuckDBLoader:
    """Return a warehouse with a week of eight new houses, fetched as every night."""
    sites = tuple(
        house(vendor, number, zone)
        for vendor in ("sigen", "solaredge")
        for number, zone in enumerate(ZONES)
    )
    folder: Path = tmp_path_factory.mktemp("coverage")
    rows = RawRows()
    with Clouds(sites, NOW, folder / "taps") as clouds:
        # No end: up to each system's own yesterday.
        clouds.fetch(rows, START, dt.date(2026, 7, 3), end_date=str(dt.date(2026, 7, 2)))
    warehouse = DuckDBLoader(folder / "warehouse.duckdb")
    rows.load_into(warehouse)
    warehouse.dbt("run", "--select", "+fct_day_coverage", "+fct_energy_total", "+v_sync_status")
    return warehouse


def test_a_healthy_fleet_has_no_gaps(built: DuckDBLoader) -> None:
    """Eve and day of the installation, the running day and absent devices are no holes."""
    assert built.query(HOLES) == []
    assert built.query("select distinct status from analytics.v_sync_status") == [("success",)]
    due = built.query(
        "select systems.timezone, cast(max(coverage.local_date) as varchar(10)) "
        "from analytics.fct_day_coverage as coverage "
        "inner join analytics.dim_systems as systems on coverage.system_key = systems.system_key "
        "where stream = 'history_intervals' and coverage.status = 'complete' group by 1"
    )
    assert dict(due) == {
        "Pacific/Auckland": "2026-07-01",
        "Europe/Berlin": "2026-06-30",
        "America/St_Johns": "2026-06-30",
        "Pacific/Honolulu": "2026-06-30",
    }
    installed = built.query(
        "select timezone, cast(installed_on as varchar(10)) from analytics.dim_systems "
        "where vendor = 'sigen'"
    )
    assert dict(installed) == {
        "Pacific/Auckland": "2026-06-25",
        "Europe/Berlin": "2026-06-24",
        "America/St_Johns": "2026-06-24",
        "Pacific/Honolulu": "2026-06-24",
    }
    whole = built.query(
        "select status, coverage_share from analytics.fct_day_coverage "
        f"where system_id = '{HONOLULU}' and local_date = date '2026-06-24'"
    )
    assert whole == [("complete", 1.0)], "the day of the installation is whole from its hour on"


def test_a_date_of_installation_without_an_hour_excuses_its_day(built: DuckDBLoader) -> None:
    """v1 gives a date alone: what is missing on it may be from before."""
    built.execute(
        "update tap_solaredge.sites set installation_date = '2026-06-25' where site_id = '4500000'"
    )
    assert built.query(HOLES) == []


def test_a_real_hole_is_one(built: DuckDBLoader) -> None:
    """A day that was never fetched, an empty day between others, a partial day."""
    ledger = "tap_sigen.history_days"
    built.execute(
        "create table kept as select * from tap_sigen.history_days",
        f"delete from {ledger} where system_id = '{HONOLULU}' and local_date = date '2026-06-27'",
        f"update {ledger} set n_points = 0, status = 'empty' "
        f"where system_id = '{HONOLULU}' and local_date = date '2026-06-28'",
        f"update {ledger} set n_points = 100, status = 'partial' "
        f"where system_id = '{AUCKLAND}' and local_date = date '2026-06-28'",
    )
    assert built.query(HOLES) == [
        (AUCKLAND, "history_intervals", "2026-06-28", "partial"),
        (HONOLULU, "history_intervals", "2026-06-27", "missing"),
        (HONOLULU, "history_intervals", "2026-06-28", "empty"),
    ]
    built.execute(f"delete from {ledger}", f"insert into {ledger} from kept", "drop table kept")


def test_an_offline_system_is_empty_and_a_hole_only_when_it_is_settled(
    built: DuckDBLoader,
) -> None:
    """Its newest days may still come; what is older than the settling window will not."""
    ledger = "tap_sigen.history_days"
    built.execute(
        "create table kept as select * from tap_sigen.history_days",
        f"update {ledger} set n_points = 0, status = 'empty' "
        f"where system_id = '{AUCKLAND}' and local_date >= date '2026-06-29'",
    )
    assert built.query(HOLES) == []
    # Nine days later nothing has come.
    built.execute(
        *(
            f"insert into {ledger} by name select * replace (local_date + {day} as local_date, "
            f"recorded_at + interval '{day} days' as recorded_at, "
            "fetched_at + interval '9 days' as fetched_at) "
            f"from {ledger} where system_id = '{AUCKLAND}' and local_date = date '2026-07-01'"
            for day in range(1, 10)
        )
    )
    found = built.query(HOLES)
    assert found == [
        (AUCKLAND, "history_intervals", f"2026-{day}", "empty")
        for day in ("06-29", "06-30", "07-01", "07-02", "07-03")
    ] + [
        (other, "history_intervals", f"2026-07-{day:02}", "missing")
        for other in (BERLIN, ST_JOHNS, HONOLULU)
        for day in range(2, 10)
    ], "the others were not fetched, although their account was"
    built.execute(f"delete from {ledger}", f"insert into {ledger} from kept", "drop table kept")
