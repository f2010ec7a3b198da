"""What users and vendors can get wrong ends in one line, never in a traceback."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import duckdb
import pytest
from ops_support import solar

from solar_ops.exporting.writers import write_rows
from solar_ops.warehouse.base import Column
from solar_ops.warehouse.duckdb_file import DuckDBFile

if TYPE_CHECKING:
    from pathlib import Path

BRACKETS = "Garage [/] [OLD] [red]x[/red] :tada:"


def only_line(text: str) -> str:
    """Return the one line of a text."""
    (line,) = text.splitlines()
    return line


@pytest.mark.slow
@pytest.mark.parametrize("name", [BRACKETS, "Very long " * 40, "two\nlines"])
def test_names_are_shown_as_they_are(name: str, filled: Path) -> None:
    """Brackets are no markup, a long name does not fill the page, a name is one line."""
    with duckdb.connect(str(filled / "data" / "prod.duckdb")) as connection:
        connection.execute("update analytics.dim_systems set system_name = ?", [name])
    done = solar("status", "--no-quota")
    assert done.exit_code == 0, done.output
    shown = " ".join(done.stdout.split())
    if name == BRACKETS:
        assert "[/]" in shown
        assert "[OLD]" in shown
    assert "Very long " * 5 not in shown
    assert len(done.stdout.splitlines()) < 60


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("TAP_SIGEN_PASSWORD=größe\n".encode("latin-1"), "line 1"),
        ("# x\nTAP_SIGEN_PASSWORD=größe\n".encode("cp1252"), "line 2"),
        ("TAP_SIGEN_PASSWORD=abc\r\n".encode("utf-16"), "line 1"),
        ("TAP_SIGEN_PASSWORD=abc\n".encode("utf-8-sig"), "byte order mark"),
        ("TAP_SIGEN_PASSWORD=abc\n".encode("utf-16-le"), "byte order mark"),
    ],
)
def test_an_env_file_that_is_not_utf8(content: bytes, line: str, project: Path) -> None:
    """Windows editors write such files; the line names the file and the remedy."""
    (project / ".env").write_bytes(content)
    done = solar("status")
    assert done.exit_code == 1
    told = only_line(done.output)
    assert ".env" in told
    assert line in told
    assert "UTF-8" in told
    assert "abc" not in told


def test_an_env_that_is_a_folder(project: Path) -> None:
    """The system's own words, with the name."""
    (project / ".env").mkdir()
    done = solar("status")
    assert done.exit_code == 1
    assert ".env" in only_line(done.output)


@pytest.mark.parametrize("query", ["", "  ", "/* nothing */"])
def test_an_empty_query(query: str, tmp_path: Path) -> None:
    """There is no answer to no question."""
    path = tmp_path / "w.duckdb"
    duckdb.connect(str(path)).close()
    done = solar("sql", query, "--file", str(path))
    assert done.exit_code == 1
    assert "empty" in only_line(done.output)


@pytest.mark.parametrize("output", ["days.pdf", "days.csv.gz"])
def test_an_ending_that_is_not_written(output: str, project: Path) -> None:
    """It is not taken for CSV."""
    done = solar("export", "daily", "--output", output)
    assert done.exit_code == 1
    assert "--output" in only_line(done.output)
    assert not (project / output).exists()


def test_a_folder_that_can_not_be_written(project: Path) -> None:
    """A file where the folder should be, as root may write anywhere else."""
    (project / "data").write_text("in the way")
    (project / ".env").write_text("TAP_SOLAREDGE_API_KEY=k\n")
    done = solar("sync")
    assert done.exit_code == 1
    assert "data" in only_line(done.output)


def test_login_names_what_is_missing(project: Path) -> None:
    """Before any program is started."""
    (project / ".env").write_text("TAP_SOLAREDGE_CLIENT_ID=abc\n")
    done = solar("login")
    assert done.exit_code == 1
    assert only_line(done.output).startswith("TAP_SOLAREDGE_CLIENT_SECRET: missing")


def test_a_name_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    """Texts that begin like a formula get an apostrophe; numbers stay numbers."""
    path = tmp_path / "w.duckdb"
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "plain", "a=b"]
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t (name varchar, kwh double)")
        connection.executemany("insert into t values (?, -1.5)", [[name] for name in names])
    out = tmp_path / "t.csv"
    columns = [Column("name", "VARCHAR"), Column("kwh", "DOUBLE")]
    with DuckDBFile(path, "analytics") as warehouse:
        write_rows(warehouse, "select * from t", columns, "csv", str(out))
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [*(f"'{name}" for name in names[:4]), "plain", "a=b"]
    assert {row["kwh"] for row in rows} == {"-1.5"}
