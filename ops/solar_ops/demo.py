"""The main job without an account: simulator up, Meltano run, models built, summary."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_ops.errors import OpsError
from solar_ops.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import Console

    from solar_simulator.server import SimulatorServer

TODAY = dt.datetime(2026, 4, 5, 8, tzinfo=dt.UTC)
"""The demo's virtual present: the weeks before hold both spring clock changes."""

NOT_FOR_THE_DEMO = ("TAP_", "TARGET_", "WAREHOUSE_", "MELTANO_")
"""Variables for a real account begin so; the demo must not use any of them."""

STAGED = ("meltano", "transform")
"""Folders that the demo works on copies of, away from the project's .env."""


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """What the demo writes, all of it inside the project folder.

    Attributes:
        warehouse: The DuckDB file.
        state: Folder of the Singer state, and of the taps' own.
        log: What Meltano printed.
        project: A copy of what Meltano and dbt read, without the project's .env.
    """

    warehouse: Path
    state: Path
    log: Path
    project: Path

    @classmethod
    def of(cls, project: Project) -> DemoFiles:
        """Return the demo's files in a project."""
        data = project.root / "data"
        return cls(
            data / "demo.duckdb", data / "demo-state", data / "demo.log", data / "demo-project"
        )

    def clear(self) -> None:
        """Remove what an earlier demo left, so that each one begins at the beginning."""
        self.warehouse.parent.mkdir(exist_ok=True)
        for path in (self.warehouse, self.warehouse.with_name(f"{self.warehouse.name}.wal")):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.state, ignore_errors=True)

    def stage(self, project: Project) -> Project:
        """Copy what Meltano and dbt read, so that no setting of a real account is near."""
        self.project.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.root / "meltano.yml", self.project)
        for name in STAGED:
            shutil.rmtree(self.project / name, ignore_errors=True)
            shutil.copytree(
                project.root / name,
                self.project / name,
                ignore=shutil.ignore_patterns("target", "logs", "__pycache__", ".user.yml"),
            )
        return Project(self.project)


def run_demo(project: Project, console: Console, days: int) -> Path:
    """Load `days` days of four invented systems and build the models.

    Args:
        project: Where to work.
        console: Where to say what is going on.
        days: How many local days to load.

    Returns:
        The DuckDB file.

    Raises:
        OpsError: The simulator is not installed, or a step failed.
    """
    files = DemoFiles.of(project)
    files.clear()
    console.print(f"Simulating two clouds with four systems, {days} days of history ...")
    started = time.monotonic()
    with _simulator() as simulator:
        let_in = simulator.credentials
        environment = {
            "MELTANO_ENVIRONMENT": "demo",
            "MELTANO_STATE_BACKEND_URI": files.state.as_uri(),
            "MELTANO_CLI_LOG_FORMAT": "uncolored",
            "TARGET_DUCKDB_FILEPATH": str(files.warehouse),
            "TAP_SIGEN_API_URL": f"{simulator.url}/sigen",
            "TAP_SIGEN_USERNAME": let_in.sigen_username,
            "TAP_SIGEN_PASSWORD": let_in.sigen_password,
            "TAP_SIGEN_STATE_DIR": str(files.state / "taps"),
            "TAP_SOLAREDGE_STATE_DIR": str(files.state / "taps"),
            "TAP_SOLAREDGE_API_URL": f"{simulator.url}/solaredge",
            "TAP_SOLAREDGE_API_KEY": let_in.solaredge_fleet_key,
            # A demo of any length has to come in one run; real credits are spent slowly.
            "TAP_SOLAREDGE_CREDITS_PER_MONTH": "1000000",
            "TAP_SOLAREDGE_CALLS_PER_MINUTE": "1000000",
            **dates(days),
        }
        console.print("Running `meltano run daily`: extract, load, transform, test ...")
        staged = files.stage(project)
        staged.meltano(["run", "daily"], environment, files.log, without=NOT_FOR_THE_DEMO)
        calls = len(simulator.calls)
    seconds = time.monotonic() - started
    console.print(f"Done in {seconds:.0f} s with {calls} calls to the clouds.\n")
    return files.warehouse


def _simulator() -> SimulatorServer:
    try:
        from solar_simulator.clock import VirtualClock  # noqa: PLC0415 - an optional part
        from solar_simulator.server import SimulatorServer  # noqa: PLC0415
    except ImportError:
        pass
    else:
        return SimulatorServer("home", VirtualClock(TODAY))
    message = "the simulator is not installed: run `make demo`, or install solar-ops[demo]"
    raise OpsError(message)


def dates(days: int) -> Mapping[str, str]:
    """Return the taps' date settings: `days` whole days before the virtual present."""
    end = TODAY.date()
    start = end - dt.timedelta(days=days)

    def settings() -> Iterator[tuple[str, str]]:
        for tap in ("TAP_SIGEN", "TAP_SOLAREDGE"):
            yield f"{tap}_START_DATE", start.isoformat()
            yield f"{tap}_END_DATE", end.isoformat()

    return dict(settings())
