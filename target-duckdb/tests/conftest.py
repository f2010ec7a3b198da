"""What the tests share: building messages, running the target, looking into the file."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import typing as t

import duckdb
import pytest

from solar_target_duckdb.target import TargetDuckDB

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Singer:
    """Builds Singer messages, as lines."""

    @staticmethod
    def schema(stream: str, properties: dict[str, t.Any], keys: t.Sequence[str] = ()) -> str:
        """Build a SCHEMA line; a property may be given by its type's name alone."""
        full = {
            name: {"type": ["null", kind]} if isinstance(kind, str) else kind
            for name, kind in properties.items()
        }
        message = {
            "type": "SCHEMA",
            "stream": stream,
            "schema": {"type": "object", "properties": full},
            "key_properties": list(keys),
        }
        return json.dumps(message)

    @staticmethod
    def record(stream: str, record: dict[str, t.Any], **others: t.Any) -> str:
        """Build a RECORD line."""
        return json.dumps({"type": "RECORD", "stream": stream, "record": record, **others})

    @staticmethod
    def state(value: t.Any) -> str:
        """Build a STATE line."""
        return json.dumps({"type": "STATE", "value": value})

    @staticmethod
    def activate(stream: str, version: int) -> str:
        """Build an ACTIVATE_VERSION line."""
        return json.dumps({"type": "ACTIVATE_VERSION", "stream": stream, "version": version})


class Warehouse:
    """A DuckDB file of one test, and ways to load it and to look into it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, *lines: str, **config: t.Any) -> list[t.Any]:
        """Load lines in this process and return the acknowledged states."""
        target = TargetDuckDB(config={"filepath": str(self.path), **config})
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(output):
            target.process_lines(io.StringIO("".join(f"{line}\n" for line in lines)))
            target.process_endofpipe()
        output.seek(0)
        return [json.loads(line) for line in output]

    def query(self, sql: str) -> list[tuple[t.Any, ...]]:
        """Query the file."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, *statements: str) -> None:
        """Change the file, as another program would."""
        with duckdb.connect(str(self.path)) as connection:
            for statement in statements:
                connection.execute(statement)

    def types(self, table: str) -> dict[str, str]:
        """Return a table's columns with their types."""
        return {row[0]: row[1] for row in self.query(f"DESCRIBE {table}")}


@pytest.fixture
def singer() -> Singer:
    """Return the builder of messages."""
    return Singer()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Return a warehouse whose file does not exist yet."""
    return Warehouse(tmp_path / "warehouse.duckdb")


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """Give the test runner its signal handlers back, which a target replaces."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Command:
    """Runs the command in a process of its own."""

    def __init__(self, folder: Path, bytecode: Path) -> None:
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("TARGET_")}
        # Starting takes most of its time without compiled modules.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.environment["PYTHONPYCACHEPREFIX"] = str(bytecode)

    def arguments(self, config: dict[str, t.Any]) -> list[str]:
        """Return the command line for a configuration."""
        path = self.folder / "config.json"
        path.write_text(json.dumps(config))
        run = "from solar_target_duckdb.target import TargetDuckDB; TargetDuckDB.cli()"
        return [sys.executable, "-c", run, "--config", str(path)]

    def start(self, config: dict[str, t.Any], prelude: str = "") -> subprocess.Popen[str]:
        """Start the command with pipes to all its streams."""
        arguments = self.arguments(config)
        arguments[2] = f"{prelude}\n{arguments[2]}"
        return subprocess.Popen(  # noqa: S603
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )

    def run(
        self, config: dict[str, t.Any], *lines: str, prelude: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        process = self.start(config, prelude)
        output, errors = process.communicate("".join(f"{line}\n" for line in lines))
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


@pytest.fixture
def command(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Return the command, run in the test's folder."""
    return Command(tmp_path, tmp_path_factory.getbasetemp() / "bytecode")
