# ruff: noqa: INP001
"""Dagster: the raw tables of each source, then the models, once a night.

`dagster dev -f solar_definitions.py`; the variable SOLAR_PROJECT names the folder of the
project. The credentials stay in that folder's .env.
"""

import json
import os
import subprocess
from pathlib import Path

import dagster as dg

PROJECT = Path(os.environ.get("SOLAR_PROJECT", "/opt/solar-elt"))
BIN = PROJECT / ".venv" / "bin"
DONE, PARTLY_DONE = 0, 3


def solar(context: dg.AssetExecutionContext, *arguments: str) -> dg.MaterializeResult:
    """Run the `solar` command and keep its summary with the asset."""
    done = subprocess.run(  # noqa: S603 - our own program
        [str(BIN / "solar"), *arguments, "--json"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    context.log.info(done.stderr)
    if done.returncode not in (DONE, PARTLY_DONE):
        raise dg.Failure(description=done.stderr or done.stdout)
    summary = json.loads(done.stdout)
    return dg.MaterializeResult(
        metadata={"run_id": summary["run_id"], "result": summary["result"],
                  "steps": dg.MetadataValue.json(summary["steps"])}
    )  # fmt: skip


@dg.asset(group_name="raw")
def sigen(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Raw tables of Sigen."""
    return solar(context, "sync", "--source", "sigen", "--no-build")


# The warehouse has one writer, so the second source waits for the first.
@dg.asset(group_name="raw", deps=[sigen])
def solaredge(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Raw tables of SolarEdge."""
    return solar(context, "sync", "--source", "solaredge", "--no-build")


@dg.asset(group_name="analytics", deps=[sigen, solaredge])
def models(context: dg.AssetExecutionContext) -> None:
    """Half hours, days, months, views."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603
        [str(BIN / "meltano"), "run", "dbt-duckdb:build"],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    context.log.info("%s%s", done.stdout, done.stderr)
    if done.returncode:
        raise dg.Failure(description="dbt failed; the log says which model")


nightly = dg.ScheduleDefinition(
    name="nightly",
    target=dg.AssetSelection.all(),
    cron_schedule="15 3 * * *",
    execution_timezone="UTC",
)

defs = dg.Definitions(assets=[sigen, solaredge, models], schedules=[nightly])
