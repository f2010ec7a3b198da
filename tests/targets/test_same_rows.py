"""The same days into every target: the same rows, types included."""

from __future__ import annotations

import csv
import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml
from crashing import SNAPSHOTS
from ops_support import plain_json
from pipelines import BIN, ROOT, SCHEMAS, SmallRun

from solar_ops.raw_files import MANIFEST, write_raw_files
from solar_ops.warehouse.duckdb_file import DuckDBFile
from solar_ops.warehouse.postgres import Postgres
from tap_sigen.tap import TapSigen
from tap_solaredge.tap import TapSolarEdge

if TYPE_CHECKING:
    from pathlib import Path

    from solar_ops.warehouse import Warehouse
    from solar_simulator.server import SimulatorServer

pytestmark = pytest.mark.slow

FIRST, END = dt.date(2026, 3, 28), dt.date(2026, 3, 30)
Tables = dict[str, tuple[dict[str, str], list[tuple[Any, ...]]]]


@pytest.fixture(scope="module")
def places(
    cloud: SimulatorServer, database: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Load DuckDB, PostgreSQL and the public CSV loader, and write the files of DuckDB.

    The first load fills the archive of the taps; the others replay it without a call, so
    that even the times of fetching are the same.
    """
    folder = tmp_path_factory.mktemp("targets")
    run = SmallRun(cloud, folder, FIRST, END)
    run.load_duckdb(folder / "w.duckdb")
    calls = len(cloud.calls)
    run.states.clear()
    run.load_postgres(database)
    run.states.clear()
    for tap in SCHEMAS:
        config = {"output_path": str(folder / "plain" / SCHEMAS[tap]), "validate_records": False}
        (folder / "plain" / SCHEMAS[tap]).mkdir(parents=True)
        done = run.load(tap, "target-csv", config)
        assert (done.tap, done.target) == (0, 0), done.log
    series = [call for call in list(cloud.calls)[calls:] if "history" in call.endpoint]
    assert not series, "the archive was asked, not the cloud"
    with DuckDBFile(folder / "w.duckdb", "analytics") as warehouse:
        for form in ("parquet", "csv", "jsonl"):
            write_raw_files(warehouse, folder / form, form)  # type: ignore[arg-type]
    return {"folder": folder, "database": database}


def of_warehouse(warehouse: Warehouse) -> Tables:
    """Return types and rows of every raw table."""
    found: Tables = {}
    with warehouse:
        for source in SCHEMAS.values():
            for stream in warehouse.tables(source):
                columns = {c.name: c.type for c in warehouse.columns(source, stream)}
                names = sorted(columns)
                listed = ", ".join(f'"{name}"' for name in names)
                rows = warehouse.query(f'select {listed} from {source}."{stream}"')  # noqa: S608
                found[f"{source}.{stream}"] = (
                    {name: columns[name] for name in names}, _sorted(rows),
                )  # fmt: skip
    return found


def _sorted(rows: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(_told(value) for value in row) for row in rows), key=repr)


def _told(value: Any) -> Any:
    """Return a value with JSON by its meaning, whatever a driver makes of it."""
    plain = plain_json(value)
    return json.dumps(plain, sort_keys=True) if isinstance(plain, dict | list) else plain


def of_files(folder: Path, form: str) -> Tables:
    """Return types and rows of every stream's files, read by their manifest."""
    found: Tables = {}
    for path in sorted(folder.glob(f"*/*/{MANIFEST}")):
        columns = json.loads(path.read_text())["columns"]
        names = sorted(columns)
        source = {
            "parquet": f"read_parquet('{path.parent}/**/*.parquet', hive_partitioning = false)",
            "csv": f"read_csv('{path.parent}/**/*.csv', header = true, columns = {columns}, "
            "delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
            "auto_detect = false, hive_partitioning = false)",
            "jsonl": f"read_json('{path.parent}/**/*.jsonl', format = 'newline_delimited', "
            f"columns = {columns}, hive_partitioning = false)",
        }[form]
        listed = ", ".join(f'"{name}"' for name in names)
        answer = duckdb.sql(f"select {listed} from {source}")  # noqa: S608
        types = dict(zip(answer.columns, map(str, answer.types), strict=True))
        key = f"{path.parent.parent.name}.{path.parent.name}"
        found[key] = (types, _sorted(answer.fetchall()))
    return found


@pytest.fixture(scope="module")
def expected(places: dict[str, Any]) -> Tables:
    """Return what DuckDB holds."""
    found = of_warehouse(DuckDBFile(places["folder"] / "w.duckdb", "analytics"))
    assert len(found["tap_sigen.history_intervals"][1]) == 3 * 288 + 276
    return found


def test_postgres_holds_the_same(places: dict[str, Any], expected: Tables) -> None:
    """Names, types and values of all rows of all streams."""
    found = of_warehouse(Postgres(places["database"], "analytics"))
    assert found.keys() == expected.keys()
    for table, (types, rows) in expected.items():
        assert found[table][0] == types, table
        if table.split(".")[1] in SNAPSHOTS:
            assert len(found[table][1]) == len(rows), table
            continue
        assert _dated(types, found[table][1]) == _dated(types, rows), table


def _dated(types: dict[str, str], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave out when lists were asked for: every run asks for them anew."""
    if "local_date" in types:
        return rows
    place = list(types).index("fetched_at")
    return sorted((row[:place] + row[place + 1 :] for row in rows), key=repr)


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_files_hold_the_same(form: str, places: dict[str, Any], expected: Tables) -> None:
    """Read back by an engine, with the types that the manifest tells."""
    found = of_files(places["folder"] / form, form)
    assert found.keys() == expected.keys()
    for table, (types, rows) in expected.items():
        assert found[table][0] == types, table
        assert found[table][1] == rows, table


def test_the_public_csv_loader_holds_the_same_texts(
    places: dict[str, Any], expected: Tables
) -> None:
    """Plain Singer into plain files: as many rows, and the same values as text."""
    for table, (types, rows) in expected.items():
        source, stream = table.split(".")
        paths = list((places["folder"] / "plain" / source).glob(f"{stream}*.csv"))
        if not rows or stream in SNAPSHOTS:
            continue
        (path,) = paths
        with path.open(newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        assert len(found) == len(rows), table
        names = list(types)
        for name in ("system_id", "site_id", "local_date", "local_time"):
            if name in names:
                values = sorted(str(row[names.index(name)]) for row in rows)
                assert sorted(row[name] for row in found) == values, (table, name)


def test_jsonl_by_its_own_environment(cloud: SimulatorServer, tmp_path: Path) -> None:
    """The public JSON lines loader, whose pins fit no shared environment, in one of its own."""
    (plugin,) = (
        plugin
        for plugin in yaml.safe_load((ROOT / "meltano" / "loaders.meltano.yml").read_text())[
            "plugins"]["loaders"] if plugin["name"] == "target-jsonl"
    )  # fmt: skip
    environment = tmp_path / "environment"
    for command in (
        [sys.executable, "-m", "venv", str(environment)],
        [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet",
         "--disable-pip-version-check", "setuptools<81", plugin["pip_url"]],
    ):  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stderr
    run = SmallRun(cloud, tmp_path, FIRST, FIRST + dt.timedelta(days=1))
    (tmp_path / "c.json").write_text(json.dumps({"destination_path": str(tmp_path)}))
    with subprocess.Popen(  # noqa: S603
        [str(BIN / "tap-sigen"), "--config", "ENV"], env=run.tap_variables(),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as tap:  # fmt: skip
        loader = subprocess.run(  # noqa: S603
            [str(environment / "bin" / "target-jsonl"), "--config", str(tmp_path / "c.json")],
            stdin=tap.stdout, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert loader.returncode == 0, loader.stderr
    (path,) = tmp_path.glob("history_intervals*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == 2 * 288
    assert len({(row["system_id"], row["local_date"], row["seq"]) for row in rows}) == len(rows)


@pytest.mark.parametrize("tap", [TapSigen, TapSolarEdge], ids=lambda tap: tap.name)
def test_meltano_selects_what_the_tap_selects(tap: Any) -> None:
    """Meltano selects every stream unless told; streams that are off by default stay off."""
    plugins = yaml.safe_load((ROOT / "meltano" / "extractors.meltano.yml").read_text())["plugins"]
    (plugin,) = (one for one in plugins["extractors"] if one["name"] == tap.name)
    streams = tap(validate_config=False).streams.values()
    off = [f"!{stream.name}.*" for stream in streams if not stream.selected]
    assert sorted(plugin["select"]) == sorted(["*.*", *off])
