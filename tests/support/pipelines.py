"""Small real runs without Meltano: tap piped into loader, and the dbt project.

For tests that need many runs: a Meltano run costs three times as much, and what it adds is
tested in `tests/test_end_to_end.py` and `tests/crash`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from solar_simulator.server import SimulatorServer

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SCHEMAS = {"tap-sigen": "tap_sigen", "tap-solaredge": "tap_solaredge"}


@dataclass
class Loaded:
    """What came of a tap piped into a loader.

    Attributes:
        tap: Exit code of the tap.
        target: Exit code of the loader.
        state: The last state that the loader acknowledged, or None.
        log: What both printed on standard error.
    """

    tap: int
    target: int
    state: dict[str, Any] | None
    log: str


@dataclass
class SmallRun:
    """A pipeline over a few days of the simulated clouds, everything it writes in a folder.

    Attributes:
        cloud: The simulator.
        folder: Where files go.
        first: First local day.
        end: Local day to stop before.
        states: The state of each tap, as last acknowledged.
    """

    cloud: SimulatorServer
    folder: Path
    first: dt.date
    end: dt.date
    states: dict[str, dict[str, Any] | None] = field(default_factory=dict)

    def tap_variables(self) -> dict[str, str]:
        """Return the settings of both taps."""
        let_in = self.cloud.credentials
        found = {
            "TAP_SIGEN_API_URL": f"{self.cloud.url}/sigen",
            "TAP_SIGEN_USERNAME": let_in.sigen_username,
            "TAP_SIGEN_PASSWORD": let_in.sigen_password,
            "TAP_SOLAREDGE_API_URL": f"{self.cloud.url}/solaredge",
            "TAP_SOLAREDGE_API_KEY": let_in.solaredge_fleet_key,
            "TAP_SOLAREDGE_CREDITS_PER_MONTH": "1000000",
            "TAP_SOLAREDGE_CALLS_PER_MINUTE": "1000000",
        }
        for tap in ("TAP_SIGEN", "TAP_SOLAREDGE"):
            found[f"{tap}_START_DATE"] = str(self.first)
            found[f"{tap}_END_DATE"] = str(self.end)
            found[f"{tap}_STATE_DIR"] = str(self.folder / "taps")
        return found

    def load(self, tap: str, target: str, config: Mapping[str, Any], **extra: str) -> Loaded:
        """Pipe a tap into a loader, from the state of the run before."""
        state, config_path = self.folder / f"{tap}.state.json", self.folder / f"{target}.json"
        config_path.write_text(
            json.dumps({"default_target_schema": SCHEMAS[tap], **config}), encoding="utf-8"
        )
        command = [str(BIN / tap), "--config", "ENV"]
        if self.states.get(tap):
            state.write_text(json.dumps(self.states[tap]), encoding="utf-8")
            command += ["--state", str(state)]
        environment = {**os.environ, **self.tap_variables(), **extra}
        with subprocess.Popen(  # noqa: S603 - our own programs
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as source:
            loader = subprocess.run(  # noqa: S603
                [str(BIN / target), "--config", str(config_path)],
                stdin=source.stdout, capture_output=True, text=True, check=False,
                env=environment,
            )  # fmt: skip
            _, told = source.communicate()
        lines = loader.stdout.splitlines()
        acknowledged = json.loads(lines[-1]) if lines else None
        self.states[tap] = acknowledged or self.states.get(tap)
        return Loaded(
            source.returncode, loader.returncode, acknowledged, told.decode() + loader.stderr
        )

    def load_duckdb(self, path: Path, **extra: str) -> None:
        """Load both sources into a DuckDB file; a failure fails the test with its log."""
        for tap in SCHEMAS:
            done = self.load(tap, "target-duckdb", {"filepath": str(path)}, **extra)
            assert (done.tap, done.target) == (0, 0), done.log

    def load_postgres(self, parameters: Mapping[str, str], **extra: str) -> None:
        """Load both sources into a PostgreSQL database."""
        for tap in SCHEMAS:
            done = self.load(tap, "target-postgres", postgres_config(parameters), **extra)
            assert (done.tap, done.target) == (0, 0), done.log


def postgres_config(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the loader's configuration, as meltano.yml has it."""
    host, user, name = parameters["host"], parameters["user"], parameters["dbname"]
    password, port = parameters.get("password", ""), parameters.get("port", "5432")
    place = f"/{name}?host={host}" if host.startswith("/") else f"{host}:{port}/{name}"
    login = f"{user}:{password}@" if password else f"{user}@"
    return {
        "sqlalchemy_url": f"postgresql+psycopg://{login}{place}",
        "use_copy": True,
        "batch_size_rows": 50_000,
        "validate_records": False,
    }


def dbt(arguments: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run dbt on the project; compiled SQL and logs go below the folder."""
    return subprocess.run(  # noqa: S603 - our own program
        [str(BIN / "dbt"), *arguments, "--no-use-colors"],
        cwd=ROOT / "transform",
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(ROOT / "transform"),
            "DBT_TARGET_PATH": str(folder / "dbt"),
            "DBT_LOG_PATH": str(folder / "dbt"),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def build_duckdb(path: Path, folder: Path, *arguments: str) -> None:
    """Build the models in a DuckDB file; a failure fails the test with dbt's words."""
    done = dbt(["run", *arguments], folder, DBT_TARGET="duckdb", WAREHOUSE_DUCKDB_PATH=str(path))
    assert done.returncode == 0, done.stdout[-4000:]
