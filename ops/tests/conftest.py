"""A warehouse with a few days of four systems, made once, in DuckDB and in PostgreSQL."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from filelock import FileLock
from meltano_stand_in import API_KEY, StandIn
from meltano_stand_in import PASSWORD as SIGEN_PASSWORD
from ops_support import END, FIRST, NOW, Snapshot
from pipelines import SmallRun, build_duckdb
from psycopg import sql
from servers import postgres_parameters

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PG_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision", "JSON": "jsonb", "HUGEINT": "numeric"}
PASSWORD = "invented-postgres-password"  # noqa: S105 - invented


@pytest.fixture(scope="session")
def warehouse_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a DuckDB file with three days of four systems and all models. Don't change it."""
    base = tmp_path_factory.getbasetemp()
    # The workers of one run share it.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "solar-warehouse"
    path = folder / "warehouse.duckdb"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():
            with SimulatorServer("home", VirtualClock(NOW)) as cloud:
                SmallRun(cloud, folder, FIRST, END).load_duckdb(path)
            build_duckdb(path, folder)
            (folder / "done").touch()
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project folder without a warehouse, and stand in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("meltano", "transform"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copy(ROOT / "meltano.yml", folder)
    for name in list(os.environ):
        if name.startswith(("SOLAR_", "TAP_", "TARGET_", "PG_", "MELTANO_", "WAREHOUSE_")) and (
            not name.startswith("SOLAR_TEST_")
        ):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def filled(project: Path, warehouse_file: Path) -> Path:
    """Return a project folder whose warehouse holds three days of four systems."""
    (project / "data").mkdir()
    shutil.copy(warehouse_file, project / "data" / "prod.duckdb")
    return project


@pytest.fixture(scope="session")
def postgres_copy(warehouse_file: Path) -> Iterator[dict[str, str]]:
    """Return the parameters of a PostgreSQL database with the very same tables."""
    with postgres_parameters() as server:
        name = f"solar_ops_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(**server, autocommit=True) as admin:  # type: ignore[arg-type]
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            try:
                _copy_tables(warehouse_file, {**server, "dbname": name})
                yield {**server, "dbname": name}
            finally:
                drop = sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
                admin.execute(drop)


def _copy_tables(source: Path, parameters: dict[str, str]) -> None:
    with (
        duckdb.connect(str(source), read_only=True) as here,
        psycopg.connect(**parameters) as there,  # type: ignore[arg-type]
    ):
        here.execute("set TimeZone = 'UTC'")
        listed = here.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('analytics', 'tap_sigen', 'tap_solaredge')"
        ).fetchall()
        for schema in sorted({schema for schema, _ in listed}):
            there.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        for schema, table in listed:
            _copy_table(here, there, schema, table)


def _copy_table(
    here: duckdb.DuckDBPyConnection, there: psycopg.Connection[Any], schema: str, table: str
) -> None:
    columns = here.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = ? and table_name = ? order by ordinal_position",
        [schema, table],
    ).fetchall()
    place = sql.Identifier(schema, table)
    typed = sql.SQL(", ").join(
        sql.SQL("{} " + PG_TYPES.get(kind, kind.split("(")[0])).format(sql.Identifier(name))
        for name, kind in columns
    )
    there.execute(sql.SQL("create table {} ({})").format(place, typed))
    rows = here.execute(f'select * from "{schema}"."{table}"').fetchall()  # noqa: S608
    with there.cursor().copy(sql.SQL("copy {} from stdin").format(place)) as copy:
        for row in rows:
            copy.write_row(row)


@pytest.fixture(params=["duckdb", "postgres"])
def either(request: pytest.FixtureRequest, filled: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Stand in a project with a filled warehouse, of both kinds in turn."""
    if request.param == "postgres":
        parameters = request.getfixturevalue("postgres_copy")
        names = {"host": "PG_HOST", "port": "PG_PORT", "user": "PG_USER", "dbname": "PG_DATABASE"}
        for key, variable in names.items():
            if key in parameters:
                monkeypatch.setenv(variable, parameters[key])
        monkeypatch.setenv("PG_PASSWORD", parameters.get("password") or PASSWORD)
        monkeypatch.setenv("SOLAR_TARGET", "postgres")
        shutil.rmtree(filled / "data")
    kind: str = request.param
    return kind


@pytest.fixture
def snapshot(project: Path) -> Snapshot:
    """Return what compares outputs with reviewed ones."""
    return Snapshot(project)


@pytest.fixture
def meltano(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Return the stand-in, in a project with credentials for both sources."""
    (project / ".env").write_text(
        f"TAP_SIGEN_USERNAME=me\nTAP_SIGEN_PASSWORD={SIGEN_PASSWORD}\nTAP_SOLAREDGE_API_KEY={API_KEY}\n"
    )
    return StandIn(tmp_path, monkeypatch)
