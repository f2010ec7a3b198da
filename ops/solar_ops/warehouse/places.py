"""Which warehouse the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from solar_ops.errors import OpsError
from solar_ops.warehouse.duckdb_file import DuckDBFile
from solar_ops.warehouse.postgres import Postgres

if TYPE_CHECKING:
    from solar_ops.settings import Settings
    from solar_ops.warehouse.base import Warehouse

POSTGRES_VARIABLES = {
    "host": "PG_HOST",
    "port": "PG_PORT",
    "user": "PG_USER",
    "password": "PG_PASSWORD",
    "dbname": "PG_DATABASE",
}
DEMO = "demo.duckdb"
NEEDED = ("host", "user", "dbname")


def duckdb_path(settings: Settings) -> Path:
    """Return the DuckDB file that Meltano loads into.

    While nothing was ever loaded but the demo, the demo's file is the one to look at.
    """
    for variable in ("WAREHOUSE_DUCKDB_PATH", "TARGET_DUCKDB_FILEPATH"):
        if named := settings.get(variable):
            return settings.root / Path(named).expanduser()
    folder = settings.root / "data"
    path = folder / f"{settings.meltano_environment}.duckdb"
    demo = folder / DEMO
    if not path.is_file() and not settings.get("MELTANO_ENVIRONMENT") and demo.is_file():
        return demo
    return path


def is_demo(settings: Settings) -> bool:
    """Return whether the warehouse is the demo's, whose present is not ours."""
    return settings["TARGET"] != "postgres" and duckdb_path(settings).name == DEMO


def postgres_parameters(settings: Settings) -> dict[str, str]:
    """Return how to connect to the PostgreSQL server.

    Raises:
        OpsError: A setting is missing.
    """
    found = {
        name: value
        for name, variable in POSTGRES_VARIABLES.items()
        if (value := settings.get(variable))
    }
    for name in NEEDED:
        if name not in found:
            message = f"{POSTGRES_VARIABLES[name]} is not set: the target postgres needs it"
            raise OpsError(message)
    return found


def warehouse_label(settings: Settings) -> str:
    """Return what a person calls the warehouse; holds no secret."""
    if settings["TARGET"] == "postgres":
        return f"PostgreSQL database {settings.get('PG_DATABASE')} on {settings.get('PG_HOST')}"
    return str(duckdb_path(settings))


def open_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse that the settings name, for reading.

    Raises:
        OpsError: It is not there, or can't be opened.
    """
    analytics = settings.get("ANALYTICS_SCHEMA") or "analytics"
    if settings["TARGET"] == "postgres":
        return Postgres(postgres_parameters(settings), analytics)
    return DuckDBFile(duckdb_path(settings), analytics)
