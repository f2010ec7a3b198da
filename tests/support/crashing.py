"""Running pipelines that are killed, and holding what they leave against the truth."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb
import psycopg
from ops_support import plain_json
from pipelines import ROOT, SCHEMAS, SmallRun, postgres_config

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERY = bool(os.environ.get("SOLAR_EVERY_CALL"))
"""Kill at every call, batch and model in every combination: longer than a suite may take."""

UNTOLD = ("fetched_at",)
"""Columns that differ from run to run: when a row was asked for."""

SNAPSHOTS = {"summary", "energy_flow", "overview", "power_flow", "environmental_benefits",
             "device_realtime"}  # fmt: skip
"""Streams of readings of now: a run more is a row more."""

FIVE_MINUTES = dt.timedelta(minutes=5)


class Forge:
    """The process that programs are forked from; see `forge.py`."""

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(Path(__file__).with_name("forge.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert json.loads(self._process.stdout.readline())["ready"]  # type: ignore[union-attr]
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.communicate()

    def run(
        self, programs: list[dict[str, Any]], environment: Mapping[str, str], log: Path
    ) -> dict[str, Any]:
        """Run programs as a pipe; return their exit codes and what the last one printed."""
        request = {"programs": programs, "environment": dict(environment), "log": str(log)}
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer


@dataclass
class Crashing:
    """A pipeline into one warehouse, run again and again.

    Attributes:
        forge: Where its programs come from.
        run: Settings and states.
        place: A DuckDB file, or the parameters of a PostgreSQL database.
        selected: Streams to read; none means the taps' own choice.
    """

    forge: Forge
    run: SmallRun
    place: Path | dict[str, str]
    selected: tuple[str, ...] = ()
    codes: list[list[int]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What the programs said on standard error."""
        return self.run.folder / "log.txt"

    def load(
        self,
        tap: str,
        *,
        kill_tap: dict[str, Any] | None = None,
        kill_loader: dict[str, Any] | None = None,
        keep_state: bool = True,
        **extra: str,
    ) -> list[int]:
        """Pipe a tap into the loader, from the last acknowledged state; return exit codes."""
        folder = self.run.folder
        folder.mkdir(exist_ok=True)
        into_file = isinstance(self.place, Path)
        config: dict[str, Any] = {"default_target_schema": SCHEMAS[tap]}
        if isinstance(self.place, Path):
            config |= {"filepath": str(self.place), "flush_interval_seconds": 0,
                       "batch_size_rows": 100}  # fmt: skip
        else:
            config |= {**postgres_config(self.place), "batch_size_rows": 100}
        (folder / "target.json").write_text(json.dumps(config), encoding="utf-8")
        source = ["--config", "ENV"]
        if self.run.states.get(tap) and keep_state:
            (folder / "state.json").write_text(json.dumps(self.run.states[tap]), encoding="utf-8")
            source += ["--state", str(folder / "state.json")]
        if self.selected:
            (folder / f"{tap}.catalog.json").write_text(json.dumps(self._catalog(tap, extra)))
            source += ["--catalog", str(folder / f"{tap}.catalog.json")]
        done = self.forge.run(
            [
                {"name": tap, "arguments": source, "kill": kill_tap},
                {
                    "name": "target-duckdb" if into_file else "target-postgres",
                    "arguments": ["--config", str(folder / "target.json")],
                    "kill": kill_loader,
                },
            ],
            {**os.environ, **self.run.tap_variables(), **extra},
            self.log,
        )
        # As Meltano does: every state that the loader passes on counts, however it ends.
        lines = [line for line in done["printed"].splitlines() if line.startswith("{")]
        if lines:
            self.run.states[tap] = json.loads(lines[-1])
        self.codes.append(done["codes"])
        codes: list[int] = done["codes"]
        return codes

    def finish(self, tap: str, **extra: str) -> None:
        """Run once more to the end; a failure fails the test with the log."""
        codes = self.load(tap, **extra)
        assert codes == [0, 0], self.log.read_text()[-3000:]

    def _catalog(self, tap: str, extra: Mapping[str, str]) -> dict[str, Any]:
        done = self.forge.run(
            [{"name": tap, "arguments": ["--config", "ENV", "--discover"]}],
            {**os.environ, **self.run.tap_variables(), **extra},
            self.log,
        )  # fmt: skip
        catalog: dict[str, Any] = json.loads(done["printed"])
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in self.selected
        return catalog

    def tables(self) -> dict[str, list[str]]:
        """Return every raw row as text, in order, without what differs from run to run."""
        if isinstance(self.place, Path):
            with duckdb.connect(str(self.place), read_only=True) as connection:
                return _rows(connection.execute)
        with psycopg.connect(**self.place) as server:  # type: ignore[arg-type]
            return _rows(server.execute)

    def wipe(self) -> None:
        """Begin anew: no rows, no state, no archive."""
        self.run.states.clear()
        if isinstance(self.place, Path):
            for path in self.place.parent.glob(f"{self.place.name}*"):
                if path.is_file():
                    path.unlink()
        else:
            with psycopg.connect(**self.place, autocommit=True) as server:  # type: ignore[arg-type]
                for schema in SCHEMAS.values():
                    server.execute(f"drop schema if exists {schema} cascade")  # type: ignore[arg-type]
        for path in sorted((self.run.folder / "taps").rglob("*"), reverse=True):
            if path.is_file():
                path.unlink()


def _told(value: Any) -> Any:
    """Return a value whatever a driver makes of it: numbers as floats, JSON by its meaning."""
    if hasattr(value, "as_tuple"):
        return float(value)
    plain = plain_json(value)
    return json.dumps(plain, sort_keys=True) if isinstance(plain, dict | list) else plain


def _rows(execute: Any) -> dict[str, list[str]]:
    tables = execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in ('tap_sigen', 'tap_solaredge') order by 1, 2"
    ).fetchall()
    found = {}
    for schema, table in tables:
        if table in SNAPSHOTS:
            continue
        columns = [
            name
            for (name,) in execute(
                "select column_name from information_schema.columns "  # noqa: S608
                f"where table_schema = '{schema}' and table_name = '{table}' order by column_name"
            ).fetchall()
            if name not in UNTOLD and not name.startswith("_sdc_")
        ]
        listed = ", ".join(f'"{name}"' for name in columns)
        rows = execute(f'select {listed} from "{schema}"."{table}"').fetchall()  # noqa: S608
        found[f"{schema}.{table}"] = sorted(
            repr(tuple(_told(value) for value in row)) for row in rows
        )
    return found


def new(forge: Forge, cloud: Any, folder: Path, place: Path | dict[str, str],
        days: int = 2, selected: tuple[str, ...] = ()) -> Crashing:  # fmt: skip
    """Return a pipeline over the last days of the small cloud."""
    end = dt.date(2026, 3, 31)
    run = SmallRun(cloud, folder, end - dt.timedelta(days=days), end)
    return Crashing(forge, run, place, selected)


__all__ = ["EVERY", "ROOT", "Crashing", "Forge", "new"]
