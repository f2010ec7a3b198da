"""The `solar` command as a user meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from ops_support import solar

from solar_ops.demo import DemoFiles, dates
from solar_ops.project import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_the_demo_tells_what_a_person_wants_to_see(project: Path) -> None:
    """Systems, days, kWh, where the file is, what to try next; a second one begins anew.

    The .env of the folder belongs to a real account and must not be used.
    """
    (project / ".env").write_text(
        'TAP_SIGEN_APP_KEY=real\nTAP_SIGEN_REGION=\nTAP_SIGEN_SYSTEM_IDS=["MINE"]\n'
        "TAP_SOLAREDGE_API_VERSION=v1\nTAP_SOLAREDGE_SPAN_HOURS=\n",
        encoding="utf-8",
    )
    done = solar("demo", "--days", "2")
    assert done.exit_code == 0, done.output
    for word in (
        "Linden Lane 4",
        "America/Phoenix",
        "100.0%",
        "data/demo.duckdb",
        "solar sql",
        "data/demo.html",
    ):
        assert word in done.output
    files = DemoFiles.of(Project(project))
    assert files.warehouse.is_file()
    assert {path.name for path in (project / "data").iterdir()} <= {
        "demo.duckdb", "demo.duckdb.wal", "demo-state", "demo.log", "demo.html", "demo-project",
    }  # fmt: skip
    files.clear()
    assert not files.warehouse.exists(), "the next demo begins anew"
    assert not files.state.exists()


@pytest.mark.slow
def test_a_failing_run_shows_the_end_of_its_log(project: Path) -> None:
    """The last lines and the place of the whole log, exit 1, no traceback of ours."""
    path = project / "meltano" / "extractors.meltano.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("executable: tap-sigen", "executable: tap-absent"))
    done = solar("demo", "--days", "1")
    assert done.exit_code == 1
    assert "tap-absent" in (project / "data" / "demo.log").read_text(encoding="utf-8")
    assert "the whole log is in" in done.output
    assert "Traceback" not in done.output.split("meltano run daily failed")[-1]


def test_outside_the_project_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No meltano.yml here or above: the line says what was looked for."""
    monkeypatch.chdir(tmp_path)
    done = solar("demo")
    assert done.exit_code == 1
    assert done.output.strip().endswith("no meltano.yml here or above")
    assert len(done.output.splitlines()) == 1


def test_sql_prints_a_table(tmp_path: Path) -> None:
    """A question is answered from the file that is named."""
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select 42 as answer")
    done = solar("sql", "select * from t", "--file", str(path))
    assert done.exit_code == 0
    assert "42" in done.output
    assert "answer" in done.output


@pytest.mark.parametrize(
    ("query", "words"),
    [("select * from nowhere", "nowhere"), ("drop table t", "read-only"), ("selec", "syntax")],
)
def test_a_bad_question_is_one_line(tmp_path: Path, query: str, words: str) -> None:
    """A typo is not a traceback, and the file is only read."""
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select 42 as answer")
    done = solar("sql", query, "--file", str(path))
    assert done.exit_code == 1
    assert words in done.output
    assert len(done.output.splitlines()) == 1


@pytest.mark.usefixtures("project")
def test_a_warehouse_that_is_not_there_yet_is_one_line() -> None:
    """Before the first run the line says which run makes the file."""
    done = solar("sql", "select 1")
    assert done.exit_code == 1
    assert "solar sync" in done.output
    assert len(done.output.splitlines()) == 1


def test_no_warehouse_at_all_is_one_line(tmp_path: Path) -> None:
    """A file that is no database is named as such."""
    path = tmp_path / "text.duckdb"
    path.write_text("no database", encoding="utf-8")
    done = solar("sql", "select 1", "--file", str(path))
    assert done.exit_code == 1
    assert "no DuckDB file" in done.output


def test_the_demo_asks_for_whole_days_up_to_its_present() -> None:
    """Both taps get the same days; the virtual present is not among them."""
    found = dates(31)
    assert found["TAP_SIGEN_START_DATE"] == found["TAP_SOLAREDGE_START_DATE"] == "2026-03-05"
    assert found["TAP_SIGEN_END_DATE"] == "2026-04-05"
