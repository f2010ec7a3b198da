"""dbt killed at every table that it writes, Meltano and `solar sync` killed in the middle."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from crashing import EVERY, ROOT, Crashing, new
from servers import own_postgres

if TYPE_CHECKING:
    from crashing import Forge

    from solar_simulator.server import SimulatorServer

pytestmark = pytest.mark.slow

KILL, TERM = int(signal.SIGKILL), int(signal.SIGTERM)
SIGEN = ("systems", "devices", "history_intervals", "history_days")


class Models:
    """The dbt project on one warehouse."""

    def __init__(self, pipeline: Crashing) -> None:
        self._pipeline = pipeline
        self._place = pipeline.place
        folder = pipeline.run.folder
        into_file = isinstance(self._place, Path)
        self._environment = {
            **os.environ,
            "DBT_TARGET": "duckdb" if into_file else "postgres",
            "DBT_PROJECT_DIR": str(ROOT / "transform"),
            "DBT_PROFILES_DIR": str(ROOT / "transform"),
            "DBT_TARGET_PATH": str(folder / "dbt"),
            "DBT_LOG_PATH": str(folder / "dbt"),
        }
        if isinstance(self._place, Path):
            self._environment["WAREHOUSE_DUCKDB_PATH"] = str(self._place)
        else:
            names = {"host": "PG_HOST", "port": "PG_PORT", "user": "PG_USER",
                     "password": "PG_PASSWORD", "dbname": "PG_DATABASE"}  # fmt: skip
            self._environment |= {names[key]: value for key, value in self._place.items()}

    def run(self, *arguments: str, **kill: Any) -> int:
        """Run dbt; return its exit code."""
        done = self._pipeline.forge.run(
            [{"name": "dbt", "arguments": ["--no-use-colors", *arguments], "kill": kill}],
            self._environment, self._pipeline.log,
        )  # fmt: skip
        (self._pipeline.run.folder / "dbt.txt").write_text(done["printed"])
        code: int = done["codes"][0]
        return code

    def written(self) -> list[str]:
        """Return the models that are tables, from the manifest of the last run."""
        path = self._pipeline.run.folder / "dbt" / "manifest.json"
        nodes = json.loads(path.read_text())["nodes"].values()
        return [
            node["name"] for node in nodes
            if node["resource_type"] == "model"
            and node["config"]["materialized"] in ("table", "incremental")
        ]  # fmt: skip

    def contents(self, names: list[str]) -> dict[str, list[str]]:
        """Return the rows of models, in order."""
        if isinstance(self._place, Path):
            with duckdb.connect(str(self._place), read_only=True) as connection:
                return {name: _rows(connection.execute, name) for name in names}
        with psycopg.connect(**self._place) as server:  # type: ignore[arg-type]
            return {name: _rows(server.execute, name) for name in names}


def _rows(execute: Any, name: str) -> list[str]:
    rows = execute(f"select * from analytics.{name}").fetchall()  # noqa: S608
    return sorted(map(repr, rows))


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_dbt_dies_at_every_table(
    kind: str,
    forge: Forge,
    cloud: SimulatorServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Killed as it writes a table, with -9 and TERM in turn; the next run makes it whole.

    Every second table, or one on PostgreSQL; with SOLAR_EVERY_CALL each. Half of the data is
    there when it dies, the rest comes with the next load.
    """
    place = tmp_path / "w.duckdb" if kind == "duckdb" else request.getfixturevalue("database")
    pipeline = new(forge, cloud, tmp_path / "run", place, selected=SIGEN)
    models = Models(pipeline)
    pipeline.finish("tap-sigen", TAP_SIGEN_END_DATE="2026-03-30")
    assert models.run("run") == 0, (pipeline.run.folder / "dbt.txt").read_text()[-3000:]
    tables = models.written()
    assert {"int_sigen__30min", "fct_energy_daily"} <= set(tables)
    pipeline.finish("tap-sigen")
    chosen = tables if EVERY else tables[::2] if kind == "duckdb" else ["fct_energy_daily"]
    for number, model in enumerate(chosen):
        number_of = KILL if number % 2 == 0 else TERM
        code = models.run(
            "run", "--select", model, model=model, nth=1 + number % 2, signal=number_of
        )
        assert code in (-KILL, -TERM), (model, code)
    assert models.run("run") == 0, (pipeline.run.folder / "dbt.txt").read_text()[-3000:]
    healed = models.contents(tables)
    assert models.run("run", "--full-refresh") == 0
    assert models.contents(tables) == healed
    assert any("2026, 3, 30" in row for row in healed["fct_energy_daily"]), "the new day is in"


def test_two_loads_at_once_into_one_file(
    forge: Forge, cloud: SimulatorServer, tmp_path: Path
) -> None:
    """The second is told who holds the file; the first is not disturbed."""
    path = tmp_path / "w.duckdb"
    pipeline = new(forge, cloud, tmp_path / "run", path, selected=SIGEN)
    pipeline.finish("tap-sigen")
    expected = pipeline.tables()
    pipeline.run.states.clear()
    before = len(pipeline.log.read_text())
    with duckdb.connect(str(path)):
        codes = pipeline.load("tap-sigen")
    assert codes[1] == 1
    assert "w.duckdb" in pipeline.log.read_text()[before:]
    pipeline.finish("tap-sigen")
    assert pipeline.tables() == expected


def test_the_database_is_restarted_in_the_middle(
    forge: Forge, cloud: SimulatorServer, tmp_path: Path
) -> None:
    """The server breaks off while a batch is stored, recovers from its log, and is loaded again."""
    with own_postgres() as (place, restart):
        pipeline = new(forge, cloud, tmp_path / "run", place, selected=SIGEN)
        pipeline.finish("tap-sigen")
        expected = pipeline.tables()
        pipeline.wipe()
        over = threading.Event()

        def restart_at_a_batch() -> None:
            with psycopg.connect(**place, autocommit=True) as watching:  # type: ignore[arg-type]
                while not over.is_set():
                    found = watching.execute(
                        "select count(*) from pg_stat_activity where datname = %s "
                        "and pid <> pg_backend_pid() and query ilike '%%copy%%'",
                        [place["dbname"]],
                    ).fetchone()
                    if found and found[0]:
                        break
            restart()

        thread = threading.Thread(target=restart_at_a_batch)
        thread.start()
        codes = pipeline.load("tap-sigen")
        over.set()
        thread.join()
        assert codes[1] != 0, "the loader was not cut off"
        pipeline.finish("tap-sigen")
        assert pipeline.tables() == expected


@pytest.fixture
def project(tmp_path: Path, cloud: SimulatorServer) -> Path:
    """Return a project folder whose .env leads to the simulator."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("meltano", "transform"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copy(ROOT / "meltano.yml", folder)
    variables = new(None, cloud, tmp_path / "run", tmp_path).run.tap_variables()  # type: ignore[arg-type]
    lines = [
        f"{name}={value}" for name, value in variables.items() if name.startswith("TAP_SIGEN_")
    ]
    (folder / ".env").write_text("\n".join(lines) + "\n")
    return folder


def sync(project: Path) -> subprocess.Popen[str]:
    """Start `solar sync`."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [str(Path(sys.executable).parent / "solar"), "sync", "--no-build"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def child_of(parent: int, word: str) -> int:
    """Return the process below `parent` whose command line holds a word."""
    while True:
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                status = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, IndexError):
                continue
            if int(status[1]) == parent and word in command:
                return int(entry.name)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
@pytest.mark.parametrize(
    ("victim", "number"),
    [("meltano", KILL), ("meltano", TERM), ("tap-sigen", KILL)],
)
def test_a_real_run_is_killed_and_run_again(
    victim: str, number: int, project: Path, cloud: SimulatorServer
) -> None:
    """One of Meltano and its programs dies while the cloud keeps it waiting.

    The next `solar sync` goes at once, not after Meltano's five minutes, and has every row
    of both systems once.
    """
    cloud.world.reset()
    held = threading.Event()
    strike = type(cloud.faults).strike
    release = threading.Event()

    def hold(faults: Any, endpoint: str, site: str | None) -> Any:
        if endpoint == "sigen.history" and not held.is_set():
            held.set()
            release.wait()
        return strike(faults, endpoint, site)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(cloud.faults), "strike", hold)
        with sync(project) as running:
            held.wait()
            meltano = child_of(running.pid, "meltano")
            os.kill(meltano if victim == "meltano" else child_of(meltano, victim), number)
            release.set()
            told = running.communicate()[0]
    assert running.returncode not in (0, None), told
    for _ in range(200):
        with sync(project) as again:
            told = again.communicate()[0]
        if again.returncode != 75:
            break
    assert again.returncode == 0, told
    with duckdb.connect(str(project / "data" / "prod.duckdb"), read_only=True) as connection:
        days = connection.execute(
            "select system_id, local_date, count(*), count(distinct seq) "
            "from tap_sigen.history_intervals group by 1, 2 order by 1, 2"
        ).fetchall()
    first, second = dt.date(2026, 3, 29), dt.date(2026, 3, 30)
    assert days == [
        ("KAROO1718870400", first, 288, 288), ("KAROO1718870400", second, 288, 288),
        ("LINDE1709625600", first, 276, 276), ("LINDE1709625600", second, 288, 288),
    ]  # fmt: skip
