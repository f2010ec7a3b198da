"""Fixtures of the transform's tests: two warehouses, and the rows of days of clock change."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from raw_rows import Clouds, RawRows
from raw_warehouse import DuckDBLoader, PostgresLoader

from solar_simulator.site import Battery, Inverter
from solar_simulator.testing.sites import make_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raw_warehouse import Loader

    from solar_simulator.site import Site

TOWNS = {
    "Europe/Berlin": (52.5, 13.4),
    "America/New_York": (40.7, -74.0),
    "Pacific/Auckland": (-36.8, 174.8),
    "Asia/Kathmandu": (27.7, 85.3),
}
CHANGES = {
    "Europe/Berlin": (dt.date(2025, 10, 26), dt.date(2026, 3, 29)),
    "America/New_York": (dt.date(2025, 11, 2), dt.date(2026, 3, 8)),
    "Pacific/Auckland": (dt.date(2025, 9, 28), dt.date(2026, 4, 5)),
    "Asia/Kathmandu": (dt.date(2025, 12, 21),),
}
"""Days of 25 and 23 hours, and one of a zone that never changes; the zone is 5:45 off."""

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def house(vendor: str, number: int, zone: str, *, stores: bool = True) -> Site:
    """Return an invented house, with a battery and meters or without both."""
    latitude, longitude = TOWNS[zone]
    return make_site(
        vendor=vendor,
        site_id=f"HOUSE{1_700_000_000 + number}" if vendor == "sigen" else str(4_300_000 + number),
        name=f"House {number}",
        zone=zone,
        latitude=latitude,
        longitude=longitude,
        installed_at=dt.datetime(2025, 8, 10, 9, 12, tzinfo=dt.UTC),
        inverters=(
            Inverter(
                f"7EDE{number:04}-01",
                8.0,
                9.2,
                azimuth_deg=180 if latitude > 0 else 0,
                optimizers=14,
            ),
        ),
        battery=Battery(f"48DEM0-{number:06}", 9.7, 4.8, 4.8) if stores else None,
        metered=stores or vendor == "sigen",
    )


SITES = tuple(
    house(vendor, 10 * index + place, zone)
    for place, vendor in enumerate(("sigen", "solaredge"))
    for index, zone in enumerate(TOWNS)
)


def days_of(zone: str) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield first and last of the three days around each clock change of a zone."""
    for change in CHANGES[zone]:
        yield change - DAY, change + DAY


@pytest.fixture(scope="session")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    """Serve a plain house of either vendor in four zones."""
    with Clouds(SITES, NOW, tmp_path_factory.mktemp("taps")) as running:
        yield running


@pytest.fixture(scope="session")
def clock_changes(clouds: Clouds) -> RawRows:
    """Return the rows of three days around each clock change, fetched by the real taps."""
    rows = RawRows()
    for site in SITES:
        for first, last in days_of(site.zone):
            clouds.fetch(rows, first, last + DAY, site.site_id)
    return rows


@pytest.fixture(scope="session")
def duckdb_loader(tmp_path_factory: pytest.TempPathFactory) -> DuckDBLoader:
    """Return a DuckDB file that the tests of a session share."""
    return DuckDBLoader(tmp_path_factory.mktemp("duckdb") / "warehouse.duckdb")


@pytest.fixture(scope="session")
def postgres_loader(
    postgres_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresLoader]:
    """Return a database that the tests of a session share, dropped afterwards."""
    name = f"solar_transform_{uuid.uuid4().hex[:12]}"
    database = sql.Identifier(name)
    with psycopg.connect(**postgres_server, autocommit=True) as admin:  # type: ignore[arg-type]
        admin.execute(sql.SQL("create database {}").format(database))
        yield PostgresLoader(
            {**postgres_server, "dbname": name}, tmp_path_factory.mktemp("postgres")
        )
        admin.execute(sql.SQL("drop database {} with (force)").format(database))


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Loader:
    """Return each engine's warehouse in turn, with whatever an earlier test left in it."""
    found: Loader = request.getfixturevalue(f"{request.param}_loader")
    return found
