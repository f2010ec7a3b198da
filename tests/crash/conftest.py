"""A forge of programs that die on command, and a small cloud for them to read."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest
from crashing import Forge
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
def forge() -> Iterator[Forge]:
    """Start the process that all programs are forked from."""
    with Forge() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """Return how to connect to a PostgreSQL server."""
    with postgres_parameters() as found:
        yield found


@pytest.fixture
def database(server: dict[str, str]) -> Iterator[dict[str, str]]:
    """Return the parameters of an empty database, dropped afterwards."""
    name = f"solar_crash_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(**server, autocommit=True) as admin:  # type: ignore[arg-type]
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield {**server, "dbname": name}
        finally:
            drop = sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            admin.execute(drop)
