"""The file itself: how it is made, and what happens to one that exists."""

from __future__ import annotations

import typing as t
from pathlib import Path

import duckdb
import pytest

from solar_target_duckdb import database
from solar_target_duckdb.settings import Settings

if t.TYPE_CHECKING:
    from conftest import Singer, Warehouse


def storage_version(path: Path) -> int:
    """Return the version number in a file's header."""
    return int.from_bytes(path.read_bytes()[12:20], "little")


def test_new_file_is_readable_by_older_versions(warehouse: Warehouse, singer: Singer) -> None:
    """A new file has the storage version of DuckDB 0.10, and keeps it."""
    lines = singer.schema("s", {"id": "integer"}, ["id"]), singer.record("s", {"id": 1})
    for _ in range(2):
        warehouse.load(*lines)
        assert storage_version(warehouse.path) == 64


def test_existing_file_keeps_its_version(warehouse: Warehouse, singer: Singer) -> None:
    """A file made by others is not converted."""
    warehouse.execute("CREATE TABLE other AS SELECT 1 AS x")
    before = storage_version(warehouse.path)
    warehouse.load(singer.schema("s", {"id": "integer"}), singer.record("s", {"id": 1}))
    assert storage_version(warehouse.path) == before != 64
    assert warehouse.query("FROM other") == [(1,)]


def test_folders_are_created(warehouse: Warehouse, singer: Singer) -> None:
    """Missing folders above the file are made."""
    warehouse.path = warehouse.path.parent / "a" / "b" / "w.duckdb"
    warehouse.load(singer.schema("s", {"id": "integer"}))
    assert [p.name for p in warehouse.path.parent.iterdir()] == ["w.duckdb"]


def test_home_and_relative_paths(
    warehouse: Warehouse, singer: Singer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path may begin with ~ or be relative to where the command runs."""
    home = warehouse.path.parent
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    warehouse.path = Path("~/tilde.duckdb")
    warehouse.load(singer.schema("s", {"id": "integer"}))
    warehouse.path = Path("relative.duckdb")
    warehouse.load(singer.schema("s", {"id": "integer"}))
    assert {p.name for p in home.iterdir()} == {"tilde.duckdb", "relative.duckdb"}


def test_link_to_the_file(warehouse: Warehouse, singer: Singer) -> None:
    """Through a link the file itself is loaded, so that its log is where others look for it."""
    real = warehouse.path.parent / "real"
    real.mkdir()
    warehouse.path.symlink_to(real / "w.duckdb")
    assert Settings.of({"filepath": str(warehouse.path)}).path == (real / "w.duckdb").resolve()
    warehouse.load(singer.schema("s", {"id": "integer"}), singer.record("s", {"id": 1}))
    assert [p.name for p in real.iterdir()] == ["w.duckdb"]
    assert warehouse.query("FROM s") == [(1,)]


def test_empty_file_becomes_a_database(warehouse: Warehouse, singer: Singer) -> None:
    """A file without a byte, as `touch` makes it, holds nothing to lose."""
    warehouse.path.touch()
    warehouse.load(singer.schema("s", {"id": "integer"}), singer.record("s", {"id": 1}))
    assert warehouse.query("FROM s") == [(1,)]


@pytest.mark.parametrize("link", [True, False])
def test_file_made_meanwhile_is_not_replaced(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, *, link: bool
) -> None:
    """When two runs start at once, the second takes the first one's file."""
    original = database.os.link

    def meanwhile(source: Path, target: Path) -> None:
        if not link:
            msg = "no links here"
            raise OSError(msg)
        warehouse.execute("CREATE TABLE first AS SELECT 1 AS x")
        original(source, target)

    monkeypatch.setattr(database.os, "link", meanwhile)
    database.Database(warehouse.path).close()
    names = warehouse.query("SELECT table_name FROM duckdb_tables()")
    assert names == ([("first",)] if link else [])


def test_other_kinds_of_files_are_not_opened(warehouse: Warehouse, singer: Singer) -> None:
    """A JSON file is not mistaken for a warehouse because DuckDB can read JSON."""
    warehouse.path = warehouse.path.with_suffix(".json")
    warehouse.path.write_text('{"precious": true}\n')
    with pytest.raises(database.WarehouseError, match="is not a DuckDB file"):
        warehouse.load(singer.schema("s", {"id": "integer"}))
    assert warehouse.path.read_text() == '{"precious": true}\n'


def test_memory_limit_is_passed_on(tmp_path: Path) -> None:
    """The setting bounds DuckDB's memory, and spilled work stays beside the file."""
    opened = database.Database(tmp_path / "w.duckdb", memory_mb=100)
    settings = dict(
        opened.connection.execute(
            "SELECT name, value FROM duckdb_settings() "
            "WHERE name IN ('memory_limit', 'temp_directory', 'TimeZone')"
        ).fetchall()
    )
    opened.close()
    assert settings["memory_limit"] == "95.3 MiB"
    assert settings["temp_directory"] == str(tmp_path / "w.duckdb.spool")
    assert settings["TimeZone"] == "UTC"


def test_log_that_cannot_be_merged_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the last merge fails, the rows are safe and the line says where."""

    class Failing:
        """A connection whose checkpoint fails."""

        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self._connection = connection

        def execute(self, sql: str) -> object:
            """Run anything but a checkpoint."""
            if sql.startswith("CHECKPOINT"):
                msg = "IO Error: No space left on device"
                raise duckdb.IOException(msg)
            return self._connection.execute(sql)

        def close(self) -> None:
            """Close the connection."""
            self._connection.close()

    opened = database.Database(tmp_path / "w.duckdb")
    monkeypatch.setattr(opened, "connection", Failing(opened.connection))
    with pytest.raises(database.WarehouseError, match=r"all rows are stored in .*w\.duckdb\.wal"):
        opened.close()
