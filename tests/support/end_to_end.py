"""Warehouses and real Meltano runs, for the end-to-end tests."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import psycopg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from solar_simulator.server import SimulatorServer

ROOT = Path(__file__).parent.parent
POSTGRES_PASSWORD = "invented-postgres-password"  # noqa: S105 - invented


class Warehouse(Protocol):
    """Where a run loads into and what can be asked afterwards."""

    name: str
    environment: dict[str, str]

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""


@dataclass
class DuckDBWarehouse:
    """A DuckDB file."""

    path: Path
    name: str = "duckdb"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead Meltano and dbt here."""
        return {"TARGET_DUCKDB_FILEPATH": str(self.path)}

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(text).fetchall()


@dataclass
class PostgresWarehouse:
    """A database of its own on a running server."""

    parameters: dict[str, str]
    name: str = "postgres"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead Meltano and dbt here."""
        found = {
            "PG_HOST": self.parameters["host"],
            "PG_PORT": self.parameters.get("port", "5432"),
            "PG_USER": self.parameters["user"],
            "PG_PASSWORD": self.parameters.get("password") or POSTGRES_PASSWORD,
            "PG_DATABASE": self.parameters["dbname"],
        }
        if self.parameters["host"].startswith("/"):
            # An embedded server listens on a socket only, which needs the whole URL.
            found["TARGET_POSTGRES_SQLALCHEMY_URL"] = (
                f"postgresql+psycopg://{self.parameters['user']}@/{self.parameters['dbname']}"
                f"?host={self.parameters['host']}"
            )
        return found

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(**self.parameters) as connection:  # type: ignore[arg-type]
            return connection.execute(text).fetchall()  # type: ignore[arg-type]


@dataclass
class Pipeline:
    """Runs the project's own Meltano jobs against the simulator, everything else in a folder."""

    cloud: SimulatorServer
    warehouse: Warehouse
    folder: Path
    logs: list[str] = field(default_factory=list)

    def run(self, job: str, start: dt.date, end: dt.date, **extra: str) -> None:
        """Run a job over whole days, `end` excluded; a failure fails the test with its log."""
        credentials = self.cloud.credentials
        dates = {
            f"{tap}_{name}_DATE": str(day)
            for tap in ("TAP_SIGEN", "TAP_SOLAREDGE")
            for name, day in (("START", start), ("END", end))
        }
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "MELTANO_ENVIRONMENT": "dev",
            "MELTANO_SYS_DIR_ROOT": str(self.folder / "meltano"),
            "MELTANO_STATE_BACKEND_URI": (self.folder / "state").as_uri(),
            "DBT_DUCKDB_TARGET_PATH": str(self.folder / "dbt"),
            "DBT_DUCKDB_LOG_PATH": str(self.folder / "dbt-logs"),
            "DBT_POSTGRES_TARGET_PATH": str(self.folder / "dbt"),
            "DBT_POSTGRES_LOG_PATH": str(self.folder / "dbt-logs"),
            "TAP_SIGEN_STATE_DIR": str(self.folder / "taps"),
            "TAP_SOLAREDGE_STATE_DIR": str(self.folder / "taps"),
            "TAP_SIGEN_API_URL": self.cloud.sigen_url,
            "TAP_SIGEN_USERNAME": credentials.sigen_username,
            "TAP_SIGEN_PASSWORD": credentials.sigen_password,
            "TAP_SOLAREDGE_API_URL": f"{self.cloud.url}/solaredge",
            "TAP_SOLAREDGE_API_KEY": credentials.solaredge_fleet_key,
            "TAP_SOLAREDGE_CREDITS_PER_MONTH": "1000000",
            "TAP_SOLAREDGE_CALLS_PER_MINUTE": "1000000",
            **dates,
            **self.warehouse.environment,
            **extra,
        }
        done = subprocess.run(  # noqa: S603 - our own program
            ["meltano", "run", job],  # noqa: S607 - of this environment
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.logs.append(done.stdout)
        assert done.returncode == 0, done.stdout[-6000:]

    def everything_written(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of all logs and of every file that the runs have left."""
        for number, log in enumerate(self.logs):
            yield f"log of run {number}", log
        for path in self.folder.rglob("*"):
            if path.is_file() and path.suffix not in (".duckdb", ".wal", ".db", ".msgpack"):
                yield str(path), path.read_text(encoding="utf-8", errors="replace")
