"""Warehouses that a test fills with raw rows itself, and dbt run in this process."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import contextlib
import gc
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import psycopg
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PROJECT = Path(__file__).parent.parent.parent / "transform"
Row = dict[str, Any]
Columns = dict[str, str]

POSTGRES_TYPES = {"double": "double precision"}


QUIET = (
    "--no-write-json", "--no-use-colors", "--no-partial-parse", "--log-level", "none",
    "--log-level-file", "none",
)  # fmt: skip
"""No loggers: they word every debugging event, whether it is written or not."""


WHAT_PARSING_READS = ("DBT_PROJECT_DIR", "DBT_TARGET", "PG_DATABASE", "ANALYTICS_SCHEMA")
"""Raw schemas are not among them: models look for them when they are built."""

MANIFESTS: dict[tuple[str, ...], Manifest] = {}
"""What dbt has parsed in this process."""


class BuildError(AssertionError):
    """A dbt command that failed; the text is what dbt printed."""


@dataclass(frozen=True)
class Table:
    """A raw table: where a stream's rows go.

    Attributes:
        schema: `tap_sigen` or `tap_solaredge`.
        name: The stream.
        columns: Column name to type: text, double, bigint, boolean, date, timestamp.
        keys: What an upserting loader matches by.
    """

    schema: str
    name: str
    columns: Columns
    keys: tuple[str, ...]

    @property
    def path(self) -> str:
        """The qualified name."""
        return f"{self.schema}.{self.name}"


class Loader(Protocol):
    """What both engines offer the tests."""

    name: str

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""

    def execute(self, *statements: str) -> None:
        """Run statements in one transaction."""

    def clear(self) -> None:
        """Remove every schema of ours."""

    def load(self, table: Table, rows: Sequence[Row], *, append: bool = False) -> None:
        """Store rows as an upserting loader does, or as an appending one."""

    def dbt(self, *arguments: str, **variables: str) -> str:
        """Run dbt and return what it printed; a failure is a BuildError."""


@dataclass
class DbtProject:
    """Runs dbt in this process: a second command costs no start.

    Attributes:
        folder: Where compiled SQL and logs go.
        environment: The variables that the profile reads.
        project: The dbt project.
    """

    folder: Path
    environment: dict[str, str]
    project: Path = PROJECT

    def __call__(self, *arguments: str, **variables: str) -> str:
        """Run a command and return what dbt had to say.

        Args:
            arguments: The command and its options.
            variables: Environment variables for this command alone.

        Raises:
            BuildError: dbt failed.
        """
        settings = {
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
            **self.environment,
            **variables,
        }
        said: list[str] = []

        def listen(event: Any) -> None:
            if event.info.level != "debug":
                said.append(event.info.msg)

        with _environment(settings), _no_search_for_cycles():
            reset_adapters()  # type: ignore[no-untyped-call]
            # Parsing takes longer than the models do: once is enough for all databases of a name.
            known = tuple(settings.get(name, "") for name in WHAT_PARSING_READS)
            if known not in MANIFESTS:
                parsed = dbtRunner(callbacks=[listen]).invoke(["parse", *QUIET])
                if not isinstance(parsed.result, Manifest):
                    raise BuildError("\n".join(said)[-6000:])
                MANIFESTS[known] = parsed.result
            try:
                dbt = dbtRunner(manifest=MANIFESTS[known], callbacks=[listen])
                result = dbt.invoke([*arguments, *QUIET])
            finally:
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        text = "\n".join(said)
        if not result.success:
            message = f"dbt {' '.join(arguments)}: {result.exception}\n{text[-6000:]}"
            raise BuildError(message)
        return text


@contextlib.contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Let dbt make its millions of objects without looking through them again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass
class DuckDBLoader:
    """A DuckDB file, opened only while it is used: dbt is another user of it."""

    path: Path
    dbt: DbtProject = field(init=False)
    name: str = "duckdb"

    def __post_init__(self) -> None:
        """Point dbt at the file."""
        self.dbt = DbtProject(
            self.path.parent / "dbt",
            {"DBT_TARGET": "duckdb", "WAREHOUSE_DUCKDB_PATH": str(self.path)},
        )

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(text).fetchall()

    def execute(self, *statements: str) -> None:
        """Run statements in one transaction."""
        with duckdb.connect(str(self.path)) as connection:
            connection.begin()
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def clear(self) -> None:
        """Remove every schema of ours."""
        self.path.unlink(missing_ok=True)

    def load(self, table: Table, rows: Sequence[Row], *, append: bool = False) -> None:
        """Store rows as an upserting loader does, or as an appending one."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"create schema if not exists {table.schema}")
            columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
            connection.execute(f"create table if not exists {table.path} ({columns})")
            if not rows:
                return
            source = self.path.with_name("rows.jsonl")
            source.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
            struct = ", ".join(f"'{name}': '{kind}'" for name, kind in table.columns.items())
            read = f"read_json('{source}', format = 'newline_delimited', columns = {{{struct}}})"
            if not append:
                same = " and ".join(f"old.{key} = new.{key}" for key in table.keys)
                connection.execute(
                    f"delete from {table.path} as old using {read} as new where {same}"
                )
            connection.execute(f"insert into {table.path} by name select * from {read}")
            source.unlink()


@dataclass
class PostgresLoader:
    """A database of its own on a running server."""

    parameters: dict[str, str]
    folder: Path
    dbt: DbtProject = field(init=False)
    name: str = "postgres"

    def __post_init__(self) -> None:
        """Point dbt at the database."""
        self.dbt = DbtProject(
            self.folder / "dbt",
            {
                "DBT_TARGET": "postgres",
                "PG_HOST": self.parameters["host"],
                "PG_PORT": self.parameters.get("port", "5432"),
                "PG_USER": self.parameters["user"],
                "PG_PASSWORD": self.parameters.get("password") or "none",
                "PG_DATABASE": self.parameters["dbname"],
            },
        )

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(**self.parameters)  # type: ignore[arg-type]

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._connect() as connection:
            return connection.execute(text).fetchall()

    def execute(self, *statements: str) -> None:
        """Run statements in one transaction."""
        with self._connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def clear(self) -> None:
        """Remove every schema of ours."""
        names = self.query(
            "select nspname from pg_namespace where nspname like 'tap\\_%' or nspname = 'analytics'"
        )
        self.execute(*(f"drop schema {name} cascade" for (name,) in names))

    def load(self, table: Table, rows: Sequence[Row], *, append: bool = False) -> None:
        """Store rows as an upserting loader does, or as an appending one."""
        kinds = {name: POSTGRES_TYPES.get(kind, kind) for name, kind in table.columns.items()}
        columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
        names = ", ".join(f'"{name}"' for name in kinds)
        with self._connect() as connection:
            connection.execute(f"create schema if not exists {table.schema}")
            connection.execute(f"create table if not exists {table.path} ({columns})")
            if not rows:
                return
            connection.execute(f"create temp table arriving ({columns}) on commit drop")
            with connection.cursor().copy(f"copy arriving ({names}) from stdin") as copy:
                for row in rows:
                    copy.write_row([_plain(row.get(name)) for name in kinds])
            if not append:
                same = " and ".join(f"old.{key} = new.{key}" for key in table.keys)
                connection.execute(
                    f"delete from {table.path} as old using arriving as new where {same}"
                )
            connection.execute(f"insert into {table.path} ({names}) select {names} from arriving")

    def copy_csv(self, table: Table, columns: Sequence[str], source: Path) -> None:
        """Append the lines of a CSV file, for more rows than Python should carry."""
        names = ", ".join(f'"{name}"' for name in columns)
        statement = f"copy {table.path} ({names}) from stdin (format csv)"
        with (
            self._connect() as connection,
            source.open("rb") as lines,
            connection.cursor().copy(statement) as copy,
        ):
            while block := lines.read(1 << 20):
                copy.write(block)


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value


def stream_tables(schema: str, streams: Iterable[Any]) -> dict[str, Table]:
    """Return the raw tables that a tap's streams make.

    Args:
        schema: The raw schema.
        streams: The tap's stream classes, each with `name`, `fields` and `primary_keys`.
    """
    kinds = {
        "number": "double", "integer": "bigint", "string": "text", "object": "text",
        "boolean": "boolean", "date": "date", "timestamp": "timestamp",
    }  # fmt: skip
    return {
        stream.name: Table(
            schema,
            stream.name,
            {column.name: kinds[column.kind] for column in stream.fields},
            tuple(stream.primary_keys),
        )
        for stream in streams
    }
