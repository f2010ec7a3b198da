"""A third engine, over Parquet files: the same tables, to the last bit."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from raw_rows import RawRows
from raw_warehouse import PROJECT

if TYPE_CHECKING:
    from raw_rows import Clouds
    from raw_warehouse import DuckDBLoader

pytestmark = pytest.mark.slow

FIRST, UNTIL = dt.date(2025, 10, 25), dt.date(2025, 10, 28)
SIGEN, SOLAREDGE = "HOUSE1700000000", "4300001"
SELECT = ("--select", "+fct_energy_monthly", "+sigen_monthly")
TABLES = (
    "int_sigen__30min", "int_sigen__30min_statistics", "int_solaredge__30min", "sigen_monthly",
    "fct_energy_daily", "fct_energy_monthly",
)  # fmt: skip


def needed() -> str:
    """Return why Spark cannot run here, or nothing."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed: uv pip install --group spark"
    if shutil.which("java") is None:
        return "there is no java"
    return ""


@pytest.fixture(autouse=True)
def _spark() -> None:
    why = needed()
    if why and "spark" in os.environ.get("SOLAR_TEST_REQUIRE", ""):
        pytest.fail(why)
    if why:
        pytest.skip(why)


def write_lake(warehouse: DuckDBLoader, folder: Path) -> list[str]:
    """Write the raw tables as Parquet files and return their names."""
    names = []
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('tap_sigen', 'tap_solaredge')"
        ).fetchall()
        for schema, name in tables:
            place = folder / schema / name
            place.mkdir(parents=True)
            connection.execute(
                f"copy {schema}.{name} to '{place}/part-0.parquet' (format parquet)"
            ).fetchall()
            names.append(f"{schema}.{name}")
    return names


def rows_of(source: str, columns: list[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """Return rows with the types that DuckDB's own table has, in order."""
    typed = ", ".join(f'cast("{name}" as {kind})' for name, kind in columns)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        return sorted(connection.execute(f"select {typed} from {source}").fetchall(), key=str)


def test_spark_makes_the_same_tables(
    duckdb_loader: DuckDBLoader, clouds: Clouds, tmp_path: Path
) -> None:
    """Half hours, days and months of the autumn days, from the same files."""
    rows = RawRows()
    clouds.fetch(rows, FIRST, UNTIL, SIGEN, SOLAREDGE)
    duckdb_loader.clear()
    rows.load_into(duckdb_loader)
    duckdb_loader.dbt("run", *SELECT)
    environment = {
        **os.environ,
        "DBT_TARGET": "spark",
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "LAKE_PATH": str(tmp_path / "lake"),
        "LAKE_TABLES": ",".join(write_lake(duckdb_loader, tmp_path / "lake")),
        "SPARK_WAREHOUSE": str(tmp_path / "spark"),
        "SPARK_MEMORY": "1g",
    }
    done = subprocess.run(  # noqa: S603 - our own program
        [str(Path(sys.executable).with_name("dbt")), "run", *SELECT],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    for table in TABLES:
        columns = [
            (name, kind) for name, kind, *_ in duckdb_loader.query(f"describe analytics.{table}")
        ]
        typed = ", ".join(f'"{name}"' for name, _ in columns)
        ours = sorted(duckdb_loader.query(f"select {typed} from analytics.{table}"), key=str)
        files = f"read_parquet('{tmp_path}/spark/analytics.db/{table}/*.parquet')"
        assert len(ours) > 0, table
        assert rows_of(files, columns) == ours, table
