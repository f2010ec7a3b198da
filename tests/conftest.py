"""Fixtures of the end-to-end tests: a simulated cloud and warehouses that are real."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest
from end_to_end import DuckDBWarehouse, Pipeline, PostgresWarehouse
from psycopg import sql
from servers import postgres_parameters

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def cloud() -> Iterator[SimulatorServer]:
    """Serve both clouds for the whole session."""
    now = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
    with SimulatorServer("home", VirtualClock(now)) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[dict[str, str]]:
    """Return the parameters of a server: the named one, one of this machine, or an embedded one."""
    with postgres_parameters() as found:
        yield found


@pytest.fixture
def postgres(postgres_server: dict[str, str]) -> Iterator[PostgresWarehouse]:
    """Return an empty database, dropped afterwards."""
    name = f"solar_test_{uuid.uuid4().hex[:12]}"
    database = sql.Identifier(name)
    with psycopg.connect(**postgres_server, autocommit=True) as admin:  # type: ignore[arg-type]
        admin.execute(sql.SQL("create database {}").format(database))
        yield PostgresWarehouse({**postgres_server, "dbname": name})
        admin.execute(sql.SQL("drop database {} with (force)").format(database))


@pytest.fixture
def pipeline_into_duckdb(cloud: SimulatorServer, tmp_path: Path) -> Pipeline:
    """Return a pipeline into a new DuckDB file."""
    folder = tmp_path / "duckdb"
    folder.mkdir()
    return Pipeline(cloud, DuckDBWarehouse(folder / "warehouse.duckdb"), folder)


@pytest.fixture
def pipeline_into_postgres(
    cloud: SimulatorServer, postgres: PostgresWarehouse, tmp_path: Path
) -> Pipeline:
    """Return a pipeline into an empty PostgreSQL database."""
    folder = tmp_path / "postgres"
    folder.mkdir()
    return Pipeline(cloud, postgres, folder)
