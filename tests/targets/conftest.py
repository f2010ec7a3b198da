"""Warehouses of each kind, loaded with the same days."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from servers import postgres_parameters

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = dt.datetime(2026, 4, 1, 8, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def cloud() -> Iterator[SimulatorServer]:
    """Serve both clouds."""
    with SimulatorServer("home", VirtualClock(NOW)) as running:
        yield running


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    """Return the parameters of an empty PostgreSQL database, dropped afterwards."""
    name = f"solar_targets_{uuid.uuid4().hex[:12]}"
    with (
        postgres_parameters() as server,
        psycopg.connect(**server, autocommit=True) as admin,  # type: ignore[arg-type]
    ):
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield {**server, "dbname": name}
        finally:
            drop = sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            admin.execute(drop)
