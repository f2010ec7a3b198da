"""How fast, and in how little memory, target-duckdb loads a wide time series.

    python benchmarks/target_duckdb.py [--rows 500000] [--runs 3]

Writes one Singer file of so many rows (2 key columns, 15 numbers, a state every 10,000
rows), loads it into a new DuckDB file and then once more, so that every row is replaced,
and prints what the operating system accounted to each run. After each load the file is
compared with the input: number of rows, of keys, and the sum of each column.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

NUMBERS = [f"p{n}" for n in range(15)]
ROWS_PER_SYSTEM = 105_120
STATE_EVERY = 10_000
COMMAND = "from solar_target_duckdb.target import TargetDuckDB; TargetDuckDB.cli()"


@dataclass(frozen=True)
class Run:
    """What one load cost."""

    wall: float
    cpu: float
    peak_mb: float


def write_input(path: Path, rows: int) -> list[float]:
    """Write the Singer file and return the sum of each number column."""
    chance = random.Random(1)  # noqa: S311
    sums = [0.0] * len(NUMBERS)
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    properties: dict[str, object] = {
        "system_id": {"type": "string"},
        "recorded_at": {"type": "string", "format": "date-time"},
        **{name: {"type": ["null", "number"]} for name in NUMBERS},
    }
    schema = {
        "type": "SCHEMA",
        "stream": "readings",
        "schema": {"type": "object", "properties": properties},
        "key_properties": ["system_id", "recorded_at"],
    }
    with path.open("w") as file:
        file.write(json.dumps(schema) + "\n")
        for n in range(rows):
            system, step = divmod(n, ROWS_PER_SYSTEM)
            moment = start + dt.timedelta(minutes=5 * step)
            values = [round(chance.uniform(-5000, 5000), 3) for _ in NUMBERS]
            sums = [total + value for total, value in zip(sums, values, strict=True)]
            record = {
                "system_id": f"SYS{system:05d}",
                "recorded_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                **dict(zip(NUMBERS, values, strict=True)),
            }
            message = {
                "type": "RECORD",
                "stream": "readings",
                "record": record,
                "time_extracted": "2026-11-21T10:00:00.000000+00:00",
            }
            file.write(json.dumps(message) + "\n")
            if (n + 1) % STATE_EVERY == 0:
                file.write(json.dumps({"type": "STATE", "value": {"rows": n + 1}}) + "\n")
    return sums


def load(folder: Path) -> Run:
    """Load the input once, in a process of its own."""
    arguments = [sys.executable, "-c", COMMAND, "--config", str(folder / "config.json")]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    with (folder / "in.singer").open("rb") as source, (folder / "states").open("wb") as states:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            arguments, stdin=source, stdout=states, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(process.returncode)
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1024 if sys.platform != "darwin" else 1
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)


def check(folder: Path, rows: int, sums: list[float]) -> None:
    """Compare the file with the input."""
    totals = ", ".join(f"sum({name})" for name in NUMBERS)
    with duckdb.connect(str(folder / "w.duckdb"), read_only=True) as connection:
        found = connection.execute(
            f"SELECT count(*), count(DISTINCT (system_id, recorded_at)), {totals} "  # noqa: S608
            "FROM readings"
        ).fetchall()[0]
    near = all(
        abs(got - want) <= 1e-3 * rows**0.5 for got, want in zip(found[2:], sums, strict=True)
    )
    last = json.loads((folder / "states").read_text().splitlines()[-1])
    if found[:2] != (rows, rows) or not near or last["rows"] != rows - rows % STATE_EVERY:
        sys.exit(f"the file does not hold what was sent: {found}, last state {last}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    out = sys.stdout.write
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps({"filepath": str(folder / "w.duckdb")}))
        sums = write_input(folder / "in.singer", options.rows)
        size = (folder / "in.singer").stat().st_size / 1e6
        out(f"{options.rows} rows of {len(NUMBERS) + 2} columns, {size:.0f} MB of Singer lines\n")
        load(folder)  # compiles the modules
        loads: dict[str, list[Run]] = {"new file": [], "all rows replaced": []}
        for _ in range(options.runs):
            (folder / "w.duckdb").unlink()
            for runs in loads.values():
                runs.append(load(folder))
                check(folder, options.rows, sums)
        out(f"{'median of ' + str(options.runs):<20}{'wall s':>8}{'CPU s':>8}")
        out(f"{'rows/s':>10}{'rows/CPU s':>12}{'peak MB':>9}\n")
        for what, runs in loads.items():
            wall = statistics.median(run.wall for run in runs)
            cpu = statistics.median(run.cpu for run in runs)
            peak = max(run.peak_mb for run in runs)
            out(f"{what:<20}{wall:>8.2f}{cpu:>8.2f}{options.rows / wall:>10,.0f}")
            out(f"{options.rows / cpu:>12,.0f}{peak:>9.0f}\n")
        out(f"file: {(folder / 'w.duckdb').stat().st_size / 1e6:.0f} MB\n")


if __name__ == "__main__":
    main()
