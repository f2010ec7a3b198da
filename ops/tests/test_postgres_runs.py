"""Runs into PostgreSQL with real Meltano, dbt and server: rights, sockets, two runs at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from ops_support import END, FIRST, NOW, solar
from pipelines import ROOT, SmallRun
from psycopg import sql
from servers import own_postgres, postgres_parameters

from solar_ops.dbt_results import first_error, why_it_failed
from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
HOLDER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print(1, flush=True)
sys.stdin.read()
"""
COUNT = ("sql", "--json", "select count(*) as n from tap_sigen.history_intervals")
PASSWORD = "invented-postgres-password"  # noqa: S105 - invented


@pytest.fixture
def cloud(project: Path) -> Iterator[SimulatorServer]:
    """Serve both clouds, with a .env that leads to them, and a dbt project that finds itself."""
    with SimulatorServer("home", VirtualClock(NOW)) as running:
        lines = [
            f"{name}={value}"
            for name, value in SmallRun(running, project, FIRST, END).tap_variables().items()
        ]
        (project / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield running


@pytest.fixture
def server() -> Iterator[dict[str, str]]:
    """Return a database of its own, by a superuser."""
    with postgres_parameters() as admin:
        name = f"solar_runs_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(**admin, autocommit=True) as connection:  # type: ignore[arg-type]
            database = sql.Identifier(name)
            connection.execute(sql.SQL("create database {}").format(database))
            yield {**admin, "dbname": name}
            connection.execute(sql.SQL("drop database {} with (force)").format(database))


@pytest.fixture
def plain_role(server: dict[str, str]) -> Iterator[str]:
    """Return a role that may connect and nothing more."""
    role = f"solar_{uuid.uuid4().hex[:12]}"
    name, database = sql.Identifier(role), sql.Identifier(server["dbname"])
    with psycopg.connect(**server, autocommit=True) as admin:  # type: ignore[arg-type]
        admin.execute(
            sql.SQL("create role {} login password {}").format(name, sql.Literal(PASSWORD))
        )
        admin.execute(sql.SQL("revoke temporary on database {} from public").format(database))
        yield role
        admin.execute(sql.SQL("drop owned by {} cascade").format(name))
        admin.execute(sql.SQL("drop role {}").format(name))


def use(monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str], user: str = "") -> None:
    """Point the command at a database."""
    monkeypatch.setenv("SOLAR_TARGET", "postgres")
    monkeypatch.setenv("PG_HOST", parameters["host"])
    monkeypatch.setenv("PG_PORT", parameters.get("port", "5432"))
    monkeypatch.setenv("PG_USER", user or parameters["user"])
    monkeypatch.setenv("PG_PASSWORD", PASSWORD)
    monkeypatch.setenv("PG_DATABASE", parameters["dbname"])


def findings(*arguments: str) -> dict[str, str]:
    """Return verdicts and words about loading."""
    told = json.loads(solar("check", "--offline", "--json", *arguments).stdout)
    return {one["words"]: one["verdict"] for one in told if one["what"] == "loading"}


def run(*arguments: str) -> dict[str, Any]:
    """Run `solar sync` in this process and return its summary."""
    done = solar("sync", "--json", *arguments)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_missing_rights_are_told_before_a_call_is_spent(
    cloud: SimulatorServer,
    server: dict[str, str],
    plain_role: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`check` names each right that is missing; `sync` spends nothing; given schemas suffice."""
    use(monkeypatch, server, plain_role)
    told = findings()
    assert set(told.values()) == {"failed"}
    for schema in ("tap_sigen", "tap_solaredge", "analytics"):
        assert any(f"create schema {schema} authorization {plain_role}" in one for one in told)
    assert any("grant temporary on database" in one for one in told)
    summary = run()
    assert (summary["result"], [step["name"] for step in summary["steps"]]) == (
        "failed", ["warehouse"],
    )  # fmt: skip
    assert "may not make the schema tap_sigen" in summary["steps"][0]["error"]
    assert list(cloud.calls) == []
    with psycopg.connect(**server, autocommit=True) as admin:  # type: ignore[arg-type]
        for schema in ("tap_sigen", "tap_solaredge", "analytics"):
            admin.execute(f"create schema {schema}")
        assert any(
            f"grant usage, create on schema analytics to {plain_role}" in one for one in findings()
        )
        admin.execute(
            f"grant usage, create on schema tap_sigen, tap_solaredge, analytics to {plain_role}"
        )
        admin.execute(f"grant temporary on database {server['dbname']} to {plain_role}")
        admin.execute("create table tap_sigen.systems (one integer)")
        assert any("alter table tap_sigen.systems owner to" in one for one in findings())
        admin.execute("drop table tap_sigen.systems")
    assert set(findings().values()) == {"ok"}
    summary = run("--source", "sigen")
    assert summary["result"] == "ok", summary
    assert summary["steps"][1]["name"] == "models"


def test_two_targets_from_one_folder_at_once(
    cloud: SimulatorServer, project: Path, server: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run into a file, one into PostgreSQL, started together: both load all of it."""
    assert cloud.url
    use(monkeypatch, server)
    running = [
        subprocess.Popen(  # noqa: S603 - our own program
            [str(BIN / "solar"), "sync", "--json", "--no-build"],
            cwd=project, env={**os.environ, "SOLAR_TARGET": target},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for target in ("duckdb", "postgres")
    ]  # fmt: skip
    for process in running:
        printed, complaints = process.communicate()
        assert process.returncode == 0, printed + complaints
    rows = []
    for target in ("duckdb", "postgres"):
        monkeypatch.setenv("SOLAR_TARGET", target)
        rows.append(json.loads(solar(*COUNT).stdout))
    assert rows[0] == rows[1] != [{"n": 0}]


def test_the_folder_of_a_socket_is_a_host(
    cloud: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that listens on no port at all: loaded and built as any other."""
    assert cloud.url
    with own_postgres() as (parameters, _):
        assert parameters["host"].startswith("/")
        use(monkeypatch, parameters)
        assert set(findings().values()) == {"ok"}
        summary = run("--source", "solaredge")
    assert summary["result"] == "ok", summary


def test_a_locked_file_is_noticed_before_a_call_is_spent(
    cloud: SimulatorServer, filled: Path
) -> None:
    """Another program writes to the DuckDB file: one line, no call."""
    holder = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", HOLDER,
         str(filled / "data" / "prod.duckdb")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "1\n"
    done = solar("sync", "--json")
    assert set(findings().values()) == {"failed"}
    holder.communicate("")
    assert done.exit_code == 1
    (step,) = json.loads(done.stdout)["steps"]
    assert "prod.duckdb can not be written" in step["error"]
    assert list(cloud.calls) == []


def test_programs_are_found_without_an_activated_environment() -> None:
    """`.venv/bin/meltano` alone, as an operator types it."""
    if BIN != ROOT / ".venv" / "bin":
        pytest.skip("the environment is not the project's .venv")
    path = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != BIN
    )
    done = subprocess.run(  # noqa: S603
        [str(BIN / "meltano"), "invoke", "dbt-postgres", "--version"],
        cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "installed" in done.stdout


def test_why_models_failed_is_what_dbt_wrote_down(tmp_path: Path) -> None:
    """The model and its error in words, how many more; nothing of an earlier run."""
    error = {
        "status": "error",
        "unique_id": "model.solar.fct_energy_daily",
        "message": "Database Error in model fct_energy_daily (models/marts/x.sql)\n"
        "  canceling statement due to statement timeout\n  compiled code at /a/b.sql",
    }
    test = {"status": "fail", "unique_id": "test.solar.unique_x.0a1b", "message": "Got 2 results"}
    skipped = {"status": "skipped", "unique_id": "model.solar.v_daily_energy", "message": None}
    path = tmp_path / "run_results.json"
    path.write_text(json.dumps({"results": [skipped, error, test]}))
    assert why_it_failed(tmp_path, 0.0) == (
        "fct_energy_daily: canceling statement due to statement timeout (1 more failed, 1 skipped)"
    )
    path.write_text(json.dumps({"results": [test]}))
    assert why_it_failed(tmp_path, 0.0) == "test unique_x: Got 2 results"
    assert why_it_failed(tmp_path, path.stat().st_mtime + 10) == ""
    path.write_text("{")
    assert why_it_failed(tmp_path, 0.0) == why_it_failed(tmp_path / "absent", 0.0) == ""


def test_an_error_before_the_first_model_is_told_with_its_text() -> None:
    """Dbt writes no results then; its log has a headline and what is meant below it."""
    told = ""
    for line in ("10:00:00  Running with dbt", "10:00:01  Encountered an error:",
                 "Database Error", "  connection to server failed", "10:00:02  bye"):  # fmt: skip
        told = first_error(told, line)
    assert told == "Database Error: connection to server failed"
