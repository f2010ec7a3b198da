"""How long the models take on a year of a hundred Sigen systems, and what a day's run costs.

    python benchmarks/transform.py --systems 100 --days 365 --engine duckdb
    python benchmarks/transform.py --systems 100 --days 365 --engine postgres --database bench
    python benchmarks/transform.py --systems 100 --days 365 --engine spark --folder /somewhere

Prints one line a measurement: seconds, CPU seconds where they are ours, memory. The plain
aggregation of the same rows stands beside them, and polars and pandas where installed.
PostgreSQL is filled from the DuckDB file; its database has to exist and is emptied. Spark reads
Parquet written from it, and its tables are compared with those that DuckDB has made there.
"""

# ruff: noqa: S608, T201 - names in the SQL are our own, figures are printed

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

# This folder last: its scripts bear the names of what they measure.
sys.path.append(sys.path.pop(0))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from raw_rows import TABLES
from raw_warehouse import PROJECT, DuckDBLoader, PostgresLoader
from transform_data import COUNTERS, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from raw_warehouse import Loader

METRICS = (
    "pv_total_power", "load_power", "to_grid_power", "from_grid_power", "es_charge_discharge_power",
    "es_charge_power", "es_discharge_power", "oneself_power", *COUNTERS, "bat_soc",
)  # fmt: skip
MODEL = re.compile(r"(?:incremental|table) model analytics\.(\S+).*? in ([\d.]+)s\]")
RESYNCED = 100
WORTH_SHOWING_SECONDS = 0.1


def report(what: str, **figures: float | str) -> None:
    """Print one measurement."""
    print(f"{what:<44}", *(f"{name}={value}" for name, value in figures.items()), flush=True)


def apart(work: Callable[..., None], *arguments: Any) -> None:
    """Do something in a process of its own, so that its memory is its own."""
    child = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    child.start()
    child.join()
    if child.exitcode:
        sys.exit(f"{work.__name__} failed")


def timed(what: str, work: Callable[[], Any], **more: float | str) -> Any:
    """Do something, print what it took, and return what it gave."""
    started, cpu = time.perf_counter(), time.process_time()
    result = work()
    report(
        what,
        seconds=round(time.perf_counter() - started, 2),
        cpu_seconds=round(time.process_time() - cpu, 1),
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        **more,
    )
    return result


def plain_sql(path: Path) -> None:
    """Aggregate the rows as anyone would in DuckDB: the measure for the rest."""
    statistics = ", ".join(
        f"avg({m}) as {m}_avg, min({m}) as {m}_min, max({m}) as {m}_max, sum({m}) as {m}_sum, "
        f"count({m}) as {m}_count"
        for m in METRICS
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute("set preserve_insertion_order = false").fetchall()
        connection.execute("set enable_progress_bar = false").fetchall()
        timed(
            "plain DuckDB aggregation into a table",
            lambda: connection.execute(
                "create or replace table plain as select system_id, local_date, time_bucket("
                "interval '30 minutes', cast(local_time as timestamp)) as block, "
                f"utc_offset_minutes, count(*) as n, {statistics} "
                "from tap_sigen.history_intervals group by all"
            ).fetchall(),
        )
        connection.execute("drop table plain").fetchall()


def with_polars(path: Path) -> None:
    """Aggregate the same rows with polars, read from Parquet."""
    pl: Any = importlib.import_module("polars")

    columns = [pl.col(m) for m in METRICS]
    timed(
        "polars, from Parquet",
        lambda: (
            pl.scan_parquet(path)
            .with_columns(pl.col("local_time").str.to_datetime().dt.truncate("30m").alias("block"))
            .group_by("system_id", "block", "utc_offset_minutes")
            .agg(
                *(c.mean().name.suffix("_avg") for c in columns),
                *(c.min().name.suffix("_min") for c in columns),
                *(c.max().name.suffix("_max") for c in columns),
                *(c.sum().name.suffix("_sum") for c in columns),
                *(c.count().name.suffix("_count") for c in columns),
            )
            .collect()
        ),
    )


def with_pandas(path: Path) -> None:
    """Aggregate the same rows with pandas, read from Parquet."""
    pd: Any = importlib.import_module("pandas")

    def work() -> Any:
        rows = pd.read_parquet(path)
        rows["block"] = pd.to_datetime(rows["local_time"]).dt.floor("30min")
        keys = ["system_id", "block", "utc_offset_minutes"]
        return rows.groupby(keys, sort=False)[list(METRICS)].agg(
            ["mean", "min", "max", "sum", "count"]
        )

    timed("pandas, from Parquet", work)


def run(warehouse: Loader, what: str, *options: str) -> None:
    """Build the models and print what each took."""
    printed = timed(what, lambda: warehouse.dbt("run", *options))
    took = {name: float(seconds) for name, seconds in MODEL.findall(printed)}
    report(
        "  tables",
        **{name: value for name, value in took.items() if value >= WORTH_SHOWING_SECONDS},
    )
    report("  all tables together", seconds=round(sum(took.values()), 2))


def models(engine: str, place: str) -> None:
    """Build all, build with nothing new, and after re-synced system-days."""
    warehouse = loader(engine, place)
    warehouse.dbt("parse")
    run(warehouse, f"{engine}: everything", "--full-refresh")
    run(warehouse, f"{engine}: nothing new")
    day = "(select max(local_date) from tap_sigen.history_days)"
    stamp = "timestamp '2026-06-02'"
    systems = f"(select system_id from tap_sigen.systems order by 1 limit {RESYNCED})"
    warehouse.execute(
        *(
            f"update tap_sigen.{table} set fetched_at = {stamp} where local_date = {day} "
            f"and system_id in {systems}"
            for table in ("history_intervals", "history_days")
        )
    )
    run(warehouse, f"{engine}: {RESYNCED} system-days fetched again")


def loader(engine: str, place: str) -> Loader:
    """Return the warehouse of an engine."""
    if engine == "duckdb":
        return DuckDBLoader(Path(place))
    named = json.loads(place)
    return PostgresLoader(named, Path(tempfile.mkdtemp()))


def into_postgres(path: Path, parameters: dict[str, str]) -> None:
    """Copy the raw tables from the DuckDB file, as the loader would have keyed them."""
    warehouse = PostgresLoader(parameters, path.parent)
    warehouse.clear()
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false").fetchall()
        for name in ("systems", "history_days", "history_intervals"):
            table = TABLES[f"sigen.{name}"]
            warehouse.load(table, [])
            found = connection.execute(f"describe tap_sigen.{name}").fetchall()
            shared = [column for column, *_ in found if column in table.columns]
            rows = path.with_name(f"{name}.csv")
            connection.execute(
                f"copy (select {', '.join(shared)} from tap_sigen.{name}) to '{rows}' "
                "(header false)"
            ).fetchall()
            warehouse.copy_csv(table, shared, rows)
            rows.unlink()
            warehouse.execute(
                f"alter table {table.path} add primary key ({', '.join(table.keys)})",
                f"analyze {table.path}",
            )


SPARK_TABLES = (
    "int_sigen__30min", "int_sigen__30min_statistics", "sigen_monthly", "fct_energy_daily",
    "fct_energy_monthly",
)  # fmt: skip


def spark(path: Path) -> None:
    """Build the same models on Spark, and count the rows in which they differ from DuckDB's."""
    lake, tables = path.with_name("lake"), ("systems", "history_days", "history_intervals")
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false").fetchall()
        for name in tables:
            place = lake / "tap_sigen" / name
            place.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy tap_sigen.{name} to '{place}/part-0.parquet' (format parquet)"
            ).fetchall()
    environment = {
        **os.environ,
        "DBT_TARGET": "spark",
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(path.with_name("spark-target")),
        "DBT_LOG_PATH": str(path.with_name("spark-logs")),
        "LAKE_PATH": str(lake),
        "LAKE_TABLES": ",".join(f"tap_sigen.{name}" for name in tables),
        "SPARK_WAREHOUSE": str(path.with_name("spark")),
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "run", "--select"]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, "+fct_energy_monthly", "+sigen_monthly"],
        cwd=path.parent, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stdout[-3000:])
    report("spark: everything, start included", seconds=round(time.perf_counter() - started, 1))
    report("  tables", **{name: float(seconds) for name, seconds in MODEL.findall(done.stdout)})
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false").fetchall()
        connection.execute("set TimeZone = 'UTC'").fetchall()
        for table in SPARK_TABLES:
            described = connection.execute(f"describe analytics.{table}").fetchall()
            typed = ", ".join(f'cast("{name}" as {kind})' for name, kind, *_ in described)
            ours = f"select {typed} from analytics.{table}"
            theirs = (
                f"select {typed} from '{path.with_name('spark')}/analytics.db/{table}/*.parquet'"
            )
            ((rows, differing),) = connection.execute(
                f"select (select count(*) from ({ours})), (select count(*) from ({ours} except all "
                f"{theirs})) + (select count(*) from ({theirs} except all {ours}))"
            ).fetchall()
            report(f"  {table} against DuckDB's", rows=rows, differing=differing)


def main() -> None:
    """Read the options and measure."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--systems", type=int, default=100)
    options.add_argument("--days", type=int, default=365)
    options.add_argument(
        "--engine", choices=["duckdb", "postgres", "spark", "none"], default="duckdb"
    )
    options.add_argument("--database", default="bench", help="PostgreSQL database, emptied")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--user", default="postgres")
    options.add_argument("--folder", type=Path, default=None, help="kept when named")
    chosen = options.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="transform-"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.duckdb"
    if not path.exists():
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as bench (storage_version 'v1.0.0')").fetchall()
            connection.execute("use bench").fetchall()
            connection.execute("set enable_progress_bar = false").fetchall()
            connection.execute("set preserve_insertion_order = false").fetchall()
            report("five-minute rows made", rows=fill(connection, chosen.systems, chosen.days))
    apart(plain_sql, path)
    if chosen.engine == "none":
        peers(path)
    elif chosen.engine == "duckdb":
        apart(models, "duckdb", str(path))
        peers(path)
    elif chosen.engine == "spark":
        apart(models, "duckdb", str(path))
        spark(path)
    else:
        parameters = {"host": chosen.host, "user": chosen.user, "dbname": chosen.database}
        apart(into_postgres, path, parameters)
        apart(models, "postgres", json.dumps(parameters))
    if chosen.folder is None:
        path.unlink()


def peers(path: Path) -> None:
    """Measure what else people would write, where it is installed."""
    rows = path.with_name("rows.parquet")
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false").fetchall()
        columns = ", ".join(("system_id", "local_time", "utc_offset_minutes", *METRICS))
        connection.execute(
            f"copy (select {columns} from tap_sigen.history_intervals) to '{rows}' (format parquet)"
        ).fetchall()
    for name, work in (("polars", with_polars), ("pandas", with_pandas)):
        if importlib.util.find_spec(name) and (
            name == "polars" or importlib.util.find_spec("pyarrow")
        ):
            apart(work, rows)
        else:
            report(f"{name} is not installed")
    rows.unlink()


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    main()
