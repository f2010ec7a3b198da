"""`solar export raw`: the raw tables as Parquet, CSV and JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from ops_support import plain_json, solar

from solar_ops.raw_files import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from ops_support import Snapshot

pytestmark = pytest.mark.slow

READERS = {
    "parquet": "read_parquet('{}/**/*.parquet', hive_partitioning = false)",
    "csv": "read_csv('{}/**/*.csv', header = true, columns = {}, delim = ',', quote = '\"', "
    "escape = '\"', nullstr = '', allow_quoted_nulls = false, auto_detect = false, "
    "hive_partitioning = false)",
    "jsonl": "read_json('{}/**/*.jsonl', format = 'newline_delimited', columns = {}, "
    "hive_partitioning = false)",
}


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row with JSON by its meaning: PostgreSQL keeps no order of names."""
    return tuple(map(plain_json, row))


def read_back(folder: Path, form: str) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """Return columns with types, and rows, of one stream's files, as an engine reads them."""
    columns = json.loads((folder / MANIFEST).read_text())["columns"]
    reader = READERS[form].format(folder, columns)
    found = duckdb.sql(f"from {reader}")
    rows = found.order(", ".join(f'"{name}"' for name in columns)).fetchall()
    return dict(zip(found.columns, map(str, found.types), strict=True)), rows


def table_rows(path: Path, table: str, columns: dict[str, str]) -> list[tuple[Any, ...]]:
    """Return the rows of a raw table in the warehouse."""
    listed = ", ".join(f'"{name}"' for name in columns)
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(
            f"select {listed} from {table} order by {listed}"  # noqa: S608
        ).fetchall()


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_files_hold_every_row_with_its_types(
    form: str, either: str, tmp_path: Path, warehouse_file: Path
) -> None:
    """Read back by an engine, each stream equals its raw table, from both warehouses."""
    folder = tmp_path / "lake"
    done = solar("export", "raw", "--format", form, "--to", str(folder), "--json")
    assert done.exit_code == 0, done.output
    told = {one["table"]: one["rows"] for one in json.loads(done.stdout)}
    assert told["tap_sigen.history_intervals"] == 2 * (288 + 276 + 288) + 12
    for table, count in told.items():
        columns, rows = read_back(folder / table.replace(".", "/"), form)
        assert len(rows) == count, (table, either)
        expected = table_rows(warehouse_file, table, columns)
        assert list(map(plain, rows)) == list(map(plain, expected)), (table, either)
        assert set(columns.values()) <= {
            "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP", "JSON",
        }  # fmt: skip


def test_only_changed_months_are_written_again(filled: Path, tmp_path: Path) -> None:
    """Nothing new writes nothing; a changed row its month; a month that went is removed."""
    folder = tmp_path / "lake"
    raw = ("export", "raw", "--to", str(folder), "--json")

    def changed() -> dict[str, int]:
        return {
            one["table"]: one["changed"] for one in json.loads(solar(*raw).stdout) if one["changed"]
        }

    assert changed()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    assert changed() == {}
    path = filled / "data" / "prod.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update tap_sigen.history_days set n_points = 1 where local_date = '2026-03-29'"
        )
        connection.execute(
            "insert into tap_sigen.history_days (system_id, local_date, n_points) "
            "values ('NEW', '2026-04-01', 288)"
        )
    assert changed() == {"tap_sigen.history_days": 2}
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from tap_sigen.history_days where system_id = 'NEW'")
    assert changed() == {"tap_sigen.history_days": 1}
    days = folder / "tap_sigen" / "history_days"
    assert [one.name for one in sorted(days.glob("month=*/*"))] == ["part-0.parquet"]
    same = {path for path, at in before.items() if path.stat().st_mtime_ns == at}
    assert same == {path for path in before if "history_days" not in str(path)}


def test_what_a_broken_run_left_is_cleared(filled: Path, tmp_path: Path) -> None:
    """Half a file is never read, and the next run removes it; a lost manifest is no loss."""
    del filled
    folder = tmp_path / "lake"
    raw = ("export", "raw", "--to", str(folder))
    assert solar(*raw).exit_code == 0
    stream = folder / "tap_sigen" / "systems"
    (stream / ".part-0.parquet.new").write_bytes(b"half")
    (stream / MANIFEST).write_text("{", encoding="utf-8")
    assert solar(*raw).exit_code == 0
    assert sorted(path.name for path in stream.iterdir()) == [MANIFEST, "part-0.parquet"]


def test_a_folder_that_can_not_be_written_is_one_line(
    filled: Path, tmp_path: Path, snapshot: Snapshot
) -> None:
    """A file stands where a folder would have to be made."""
    del filled
    (tmp_path / "file").touch()
    done = solar("export", "raw", "--to", str(tmp_path / "file" / "lake"))
    assert done.exit_code == 1
    snapshot.check("raw-no-folder", done.output, **{str(tmp_path): "FOLDER"})
