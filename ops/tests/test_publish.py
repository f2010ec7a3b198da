"""`solar publish`: the finished tables in SQLite and in a real MariaDB."""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlalchemy as sa
from ops_support import plain_json, solar
from servers import mariadb_url
from sqlalchemy.dialects.mysql import TINYINT

from solar_ops.errors import OpsError
from solar_ops.models import published_models
from solar_ops.publish import LEDGER, open_destination, publish
from solar_ops.warehouse.duckdb_file import DuckDBFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops_support import Snapshot

    from solar_ops.models import Model

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MICROSECOND = dt.timedelta(microseconds=1)


@pytest.fixture(params=["sqlite", "mariadb"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database, of both kinds in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/published.db"
        return
    server = sa.create_engine(mariadb_url().replace("mariadb://", "mariadb+pymysql://"))
    name = f"solar_ops_{uuid.uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
        try:
            yield f"{mariadb_url()}{name}"
        finally:
            connection.execute(sa.text(f"drop database {name}"))
    server.dispose()


def chosen(*relations: str) -> list[Model]:
    """Return some published models."""
    return [model for model in published_models(ROOT) if model.relation in relations]


def contents(url: str, table: str, names: list[str]) -> list[tuple[Any, ...]]:
    """Return the rows of a published table, in the order of all columns.

    MariaDB has no boolean: its TINYINT stands for one.
    """
    engine = open_destination(url)
    try:
        with engine.connect() as connection:
            found = sa.Table(table, sa.MetaData(), autoload_with=connection)
            rows = connection.execute(sa.select(*(_exact(found.c[name]) for name in names)))
            return sorted(
                (tuple(_plain(value, column.type) for value, column in
                       zip(row, (found.c[name] for name in names), strict=True))
                 for row in rows), key=repr,
            )  # fmt: skip
    finally:
        engine.dispose()


def _exact(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return a column whose floats come as floats, with all their digits."""
    if isinstance(column.type, sa.Double):
        return sa.type_coerce(column, sa.Float(asdecimal=False))
    return column


def _plain(value: Any, kind: sa.types.TypeEngine[Any]) -> Any:
    if value is not None and isinstance(kind, TINYINT):
        return bool(value)
    return plain_json(value)


def expected(path: Path, table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return names and rows of a table of the warehouse."""
    with DuckDBFile(path, "analytics") as warehouse:
        answer = warehouse.query(f"select * from analytics.{table}")  # noqa: S608
        rows = [tuple(_plain(value, sa.String()) for value in row) for row in answer]
        return list(answer.names), sorted(rows, key=repr)


def test_every_table_and_view_arrives_as_it_is(filled: Path, destination: str) -> None:
    """Names, rows and values of all published models, twice in a row."""
    path = filled / "data" / "prod.duckdb"
    models = published_models(ROOT)
    assert {"fct_energy_30min", "v_energy_monthly", "dim_systems"} <= {m.relation for m in models}
    for round_number in range(2):
        engine = open_destination(destination)
        with DuckDBFile(path, "analytics") as warehouse:
            done = publish(warehouse, models, engine)
        engine.dispose()
        assert len(done) == len(models)
        if round_number:
            assert not any(one.sent or one.removed for one in done), "nothing has changed"
    for model in models:
        names, rows = expected(path, model.relation)
        assert repr(contents(destination, model.relation, names)) == repr(rows), model.relation


def test_only_what_changed_is_sent_and_what_went_is_removed(filled: Path, destination: str) -> None:
    """A changed day sends its system's month; a system that went takes its rows along."""
    path = filled / "data" / "prod.duckdb"
    models = chosen("fct_energy_daily", "dim_systems")
    engine = open_destination(destination)
    with DuckDBFile(path, "analytics") as warehouse:
        publish(warehouse, models, engine)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update analytics.fct_energy_daily set pv_kwh = 1.5 "
            "where system_id = '4100001' and local_date = '2026-03-29'"
        )
        connection.execute("delete from analytics.fct_energy_daily where system_id = '4100002'")
    with DuckDBFile(path, "analytics") as warehouse:
        done = {one.table: one for one in publish(warehouse, models, engine)}
    engine.dispose()
    assert (done["fct_energy_daily"].sent, done["fct_energy_daily"].removed) == (1, 1)
    assert done["dim_systems"].sent == 0
    names, rows = expected(path, "fct_energy_daily")
    assert repr(contents(destination, "fct_energy_daily", names)) == repr(rows)


def test_a_run_that_breaks_leaves_the_last_one(
    filled: Path, destination: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows go in one transaction: a failure at the last table undoes the first."""
    path = filled / "data" / "prod.duckdb"
    models = chosen("fct_energy_daily", "fct_energy_monthly")
    engine = open_destination(destination)
    with DuckDBFile(path, "analytics") as warehouse:
        publish(warehouse, models, engine)
    names, before = expected(path, "fct_energy_daily")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update analytics.fct_energy_daily set pv_kwh = 0")
        connection.execute("update analytics.fct_energy_monthly set pv_kwh = 0")
    from solar_ops import publish as module  # noqa: PLC0415

    original = module._Table._insert  # noqa: SLF001

    def breaking(self: Any, connection: sa.Connection, part: str) -> None:
        if self.model.relation == "fct_energy_monthly":
            connection.execute(sa.text("select * from there_is_no_such_table"))
        original(self, connection, part)

    monkeypatch.setattr(module._Table, "_insert", breaking)  # noqa: SLF001
    with DuckDBFile(path, "analytics") as warehouse, pytest.raises(OpsError):
        publish(warehouse, models, engine)
    engine.dispose()
    assert repr(contents(destination, "fct_energy_daily", names)) == repr(before)


def test_a_changed_table_is_made_anew(filled: Path, destination: str) -> None:
    """A new column of a model arrives; the ledger's old entries do not hide it."""
    path = filled / "data" / "prod.duckdb"
    models = chosen("fct_energy_daily")
    engine = open_destination(destination)
    for statement in ("select 1", "alter table analytics.fct_energy_daily add column note varchar"):
        with duckdb.connect(str(path)) as connection:
            connection.execute(statement)
        with DuckDBFile(path, "analytics") as warehouse:
            publish(warehouse, models, engine)
    engine.dispose()
    names, rows = expected(path, "fct_energy_daily")
    assert names[-1] == "note"
    assert repr(contents(destination, "fct_energy_daily", names)) == repr(rows)


def test_from_postgres_the_same_arrives(
    filled: Path, postgres_copy: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command, from a PostgreSQL warehouse into SQLite."""
    names, rows = expected(filled / "data" / "prod.duckdb", "v_energy_monthly")
    monkeypatch.setenv("SOLAR_TARGET", "postgres")
    monkeypatch.setenv("PG_HOST", postgres_copy["host"])
    monkeypatch.setenv("PG_USER", postgres_copy["user"])
    monkeypatch.setenv("PG_DATABASE", postgres_copy["dbname"])
    url = f"sqlite:///{tmp_path}/p.db"
    done = solar("publish", "--to", url, "--model", "v_energy_monthly")
    assert done.exit_code == 0, done.output
    assert repr(contents(url, "v_energy_monthly", names)) == repr(rows)


@pytest.mark.usefixtures("filled")
def test_the_command_says_what_it_did(tmp_path: Path, snapshot: Snapshot) -> None:
    """Twice: first everything is sent, then nothing; as text and as JSON."""
    url = f"sqlite:///{tmp_path}/p.db"
    models = ("--model", "dim_systems", "--model", "fct_energy_daily")
    first = solar("publish", "--to", url, *models)
    again = solar("publish", "--to", url, *models, "--json")
    snapshot.check("publish", f"{first.output}\n{again.output}")
    assert LEDGER in sa.inspect(sa.create_engine(url)).get_table_names()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("publish-nowhere", []),
        ("publish-password", ["--to", "mariadb://me:secret@host/db"]),
        ("publish-oracle", ["--to", "oracle://host/db"]),
        ("publish-no-url", ["--to", "published.db"]),
        ("publish-unreachable", ["--to", "mariadb://me@127.0.0.1:1/db"]),
        ("publish-unknown-model", ["--to", "sqlite:///p.db", "--model", "nowhere"]),
        ("publish-help", ["--help"]),
    ],
)
@pytest.mark.usefixtures("filled")
def test_mistakes_are_one_line(name: str, arguments: list[str], snapshot: Snapshot) -> None:
    """No address, a bad one, one with a password: each names the remedy, none the secret."""
    done = solar("publish", *arguments)
    assert "secret" not in done.output.replace("secrets", "")
    snapshot.check(name, f"exit {done.exit_code}\n{done.output}")


def test_a_password_in_the_settings_is_in_no_output(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that can't be reached is named without the password."""
    monkeypatch.setenv("SOLAR_PUBLISH_URL", "mariadb://me:hunter2hunter2@127.0.0.1:1/db")
    done = solar("publish")
    assert done.exit_code == 1
    assert "127.0.0.1" in done.output
    assert "hunter2" not in done.output
    shutil.rmtree(filled / "data")
