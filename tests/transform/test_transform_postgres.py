"""PostgreSQL under a BI tool: what users made on the models stays, and nobody waits for a build."""

# ruff: noqa: S608 - names in the SQL are our own

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from raw_rows import RawRows
from raw_warehouse import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raw_rows import Clouds
    from raw_warehouse import PostgresLoader

pytestmark = pytest.mark.slow

DAY = dt.date(2026, 3, 29)
SIGEN, SOLAREDGE = "HOUSE1700000000", "4300001"
READ = ("dim_systems", "fct_energy_daily", "fct_energy_30min", "sigen_30min", "v_daily_energy")
"""What the invented analyst reads: tables, an incremental one, and views."""

LEFT_OVER = "select relname from pg_class where relname like '%\\_\\_dbt\\_%'"
NO_PATIENCE = ("--vars", "lock_wait_seconds: 1")
PATIENCE = ("--vars", "lock_wait_seconds: 120")
ONE_VIEW = ("run", "--select", "v_daily_energy")
WAITING = (
    "select count(*) from pg_locks where not granted "
    "and database = (select oid from pg_database where datname = current_database())"
)


@pytest.fixture(scope="module")
def built(postgres_loader: PostgresLoader, clouds: Clouds) -> PostgresLoader:
    """Return a database with two days of a house of each vendor and all models."""
    rows = RawRows()
    clouds.fetch(rows, DAY, DAY + dt.timedelta(days=2), SIGEN, SOLAREDGE)
    postgres_loader.clear()
    rows.load_into(postgres_loader)
    postgres_loader.dbt("run")
    return postgres_loader


@pytest.fixture
def analyst(built: PostgresLoader) -> Iterator[str]:
    """Return a role that was granted everything by hand, with a schema of views on the models."""
    role = f"Analyst {uuid.uuid4().hex[:12]}"
    built.execute(
        f'create role "{role}"',
        "create schema reports",
        f'grant usage on schema analytics, reports to "{role}"',
        f'grant select on all tables in schema analytics to "{role}"',
        *(f"create view reports.{name} as select * from analytics.{name}" for name in READ),
        "create materialized view reports.kept as select * from reports.v_daily_energy",
        f'grant select on all tables in schema reports to "{role}"',
    )
    yield role
    built.execute("drop schema reports cascade", f'drop owned by "{role}"', f'drop role "{role}"')


def text_of(warehouse: PostgresLoader, view: str) -> str:
    """Return a model's query as PostgreSQL keeps it."""
    text: str = warehouse.query(f"select pg_get_viewdef('analytics.{view}'::regclass)")[0][0]
    return text.rstrip().rstrip(";")


def add_a_column(warehouse: PostgresLoader, view: str) -> None:
    """Leave a view as an earlier release might have: with a column that is gone by now."""
    text = text_of(warehouse, view)
    warehouse.execute(
        f"create or replace view analytics.{view} as select one.*, 1 as retired from ({text}) as one"
    )


def can_read(warehouse: PostgresLoader, role: str) -> set[str]:
    """Return the models that a role may read."""
    return {
        name
        for (name,) in warehouse.query(
            "select relname from pg_class where relnamespace = 'analytics'::regnamespace "
            "and relkind in ('r', 'v') and has_schema_privilege("
            f"'\"{role}\"'::regrole, 'analytics', 'usage') "
            f"and has_table_privilege('\"{role}\"'::regrole, oid, 'select')"
        )
    }


def models(warehouse: PostgresLoader) -> dict[str, tuple[Any, ...]]:
    """Return comment, indexes and columns of every model, by name."""
    found = warehouse.query(
        "select relname, obj_description(oid), (select array_agg(attname order by attnum) "
        "from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped), "
        "(select count(*) from pg_index where indrelid = pg_class.oid) from pg_class "
        "where relnamespace = 'analytics'::regnamespace and relkind in ('r', 'v')"
    )
    return {name: values for name, *values in found}


def rows_of(warehouse: PostgresLoader) -> dict[str, list[tuple[Any, ...]]]:
    """Return the analyst's rows, by what is read."""
    return {
        name: sorted(warehouse.query(f"select * from reports.{name}"), key=repr) for name in READ
    }


def test_views_and_grants_of_users_stay(built: PostgresLoader, analyst: str) -> None:
    """An ordinary build, a full refresh, and another ordinary build take nothing away."""
    before, rows = models(built), rows_of(built)
    assert all(rows.values())
    for arguments in ((), ("--full-refresh",), ()):
        built.dbt("run", *arguments)
        assert rows_of(built) == rows
        assert can_read(built, analyst) == set(before)
        assert models(built) == before
    assert built.query(LEFT_OVER) == []


def test_who_reads_in_an_open_transaction_is_in_nobodys_way(
    built: PostgresLoader, analyst: str
) -> None:
    """Neither a build nor a full refresh waits for it, and it goes on reading what it read."""
    del analyst
    with psycopg.connect(**built.parameters) as reader:  # type: ignore[arg-type]
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        counts = [reader.execute(f"select count(*) from reports.{name}").fetchall()
                  for name in READ]  # fmt: skip
        built.dbt("run", *NO_PATIENCE)
        built.dbt("run", "--full-refresh", *NO_PATIENCE)
        assert counts == [
            reader.execute(f"select count(*) from reports.{name}").fetchall() for name in READ
        ]


def test_a_view_that_changes_below_others_leaves_them(built: PostgresLoader, analyst: str) -> None:
    """A staging view loses a column: our views are built on the new one, below those of users."""
    rows = rows_of(built)
    add_a_column(built, "stg_sigen__systems")
    said = built.dbt("run")
    assert "Replacing analytics.stg_sigen__systems: retired is gone" in said
    assert rows_of(built) == rows
    assert built.query(LEFT_OVER) == []
    assert "stg_sigen__systems" in can_read(built, analyst)


def test_a_table_that_changes_is_replaced_or_extended(built: PostgresLoader, analyst: str) -> None:
    """A new column is added in place; one that is gone makes a new table, with the old grants."""
    before = models(built)
    built.execute(
        "drop view reports.dim_systems",
        "alter table analytics.dim_systems add column retired integer",
        "drop view reports.fct_energy_daily",
        "alter table analytics.fct_energy_daily drop column hours_in_day cascade",
        "create view reports.fct_energy_daily as select * from analytics.fct_energy_daily",
    )
    built.dbt("run")
    assert {name: sorted(found[1]) for name, found in models(built).items()} == {
        name: sorted(found[1]) for name, found in before.items()
    }
    assert built.query(
        "select count(*) from analytics.fct_energy_daily where hours_in_day is null"
    ) == [(0,)]
    assert built.query("select count(*) from reports.fct_energy_daily")[0][0] > 0
    assert {"dim_systems", "fct_energy_daily"} <= can_read(built, analyst)
    assert built.query(LEFT_OVER) == []
    built.execute("create view reports.dim_systems as select * from analytics.dim_systems")


@pytest.mark.parametrize("name", ["dim_systems", "v_daily_energy"])
def test_what_others_read_is_not_replaced(built: PostgresLoader, analyst: str, name: str) -> None:
    """The build stops with a line that says what changes and who reads it; then it is replaced."""
    del analyst
    if name == "dim_systems":
        built.execute(f"alter table analytics.{name} add column retired integer")
    else:
        add_a_column(built, name)
    said = (
        rf"analytics\.{name} has to be replaced \(retired is gone\), but reports\.{name} reads it"
    )
    with pytest.raises(BuildError, match=said):
        built.dbt("run", "--select", f"{name}+")
    assert built.query(f"select count(*) from reports.{name}")[0][0] > 0
    built.execute(f"drop view reports.{name} cascade")
    built.dbt("run", "--select", f"{name}+")
    assert built.query(LEFT_OVER) == []
    built.execute(f"create view reports.{name} as select * from analytics.{name}")


def test_readers_are_a_setting(built: PostgresLoader) -> None:
    """SOLAR_READERS names roles that read every model, also a new one; a wrong name is told."""
    role = f"Reader {uuid.uuid4().hex[:12]}"
    built.execute(f'create role "{role}"')
    try:
        said = built.dbt("run", SOLAR_READERS=f" {role}, nobody_of_this_name ,")
        assert "SOLAR_READERS: the server has no role nobody_of_this_name" in said
        assert can_read(built, role) == set(models(built))
        built.execute("drop view analytics.v_energy_monthly cascade")
        built.dbt("run", "--select", "v_energy_monthly", SOLAR_READERS=role)
        assert "v_energy_monthly" in can_read(built, role)
    finally:
        built.execute(f'drop owned by "{role}"', f'drop role "{role}"')


@contextlib.contextmanager
def another_text(built: PostgresLoader, name: str) -> Iterator[None]:
    """Give a view another text with the same columns, so that the next build replaces it."""
    text = text_of(built, name)
    built.execute(f"create or replace view analytics.{name} as select * from ({text}) as former")
    yield
    assert "former" not in text_of(built, name), "the build did not replace it"


def test_a_lock_ends_in_one_clear_line(built: PostgresLoader) -> None:
    """A view has to change while somebody reads it: the build fails and says who that is."""
    session = psycopg.connect(**built.parameters, application_name="a BI tool")  # type: ignore[arg-type]
    with another_text(built, "v_daily_energy"):
        with session:
            session.execute("select count(*) from analytics.v_daily_energy")
            with pytest.raises(BuildError) as failed:
                built.dbt(*ONE_VIEW, *NO_PATIENCE)
        built.dbt(*ONE_VIEW, *NO_PATIENCE)
    line = next(line for line in str(failed.value).splitlines() if "is locked by" in line)
    assert "analytics.v_daily_energy is locked by session" in line
    assert "program a BI tool, idle in transaction since" in line
    assert "waited 1 s; end that transaction and build again" in line


def test_others_read_while_a_build_waits(built: PostgresLoader) -> None:
    """A build that waits for a lock lets the readers of that very view through, and ends after."""
    failures: list[BaseException] = []

    def build() -> None:
        try:
            built.dbt(*ONE_VIEW, *PATIENCE)
        except BaseException as error:  # noqa: BLE001 - told in the test
            failures.append(error)

    with another_text(built, "v_daily_energy"):
        with psycopg.connect(**built.parameters) as reader:  # type: ignore[arg-type]
            reader.execute("select count(*) from analytics.v_daily_energy")
            thread = threading.Thread(target=build)
            thread.start()
            while built.query(WAITING) == [(0,)]:
                assert thread.is_alive(), failures
                time.sleep(0.05)
            with psycopg.connect(
                **built.parameters,
                options="-c statement_timeout=20s",  # type: ignore[arg-type]
            ) as other:
                other.execute("select count(*) from analytics.v_daily_energy")
                other.execute("select count(*) from analytics.fct_energy_daily")
            assert thread.is_alive(), failures
        thread.join()
        assert not failures


@pytest.mark.parametrize("key", [f"sigen:{SIGEN}", f"solaredge:{SOLAREDGE}"])
def test_a_system_key_finds_its_rows_by_an_index(built: PostgresLoader, key: str) -> None:
    """The documented filter reaches the tables as a condition of an index, system and day."""
    with psycopg.connect(**built.parameters) as reader:  # type: ignore[arg-type]
        reader.execute("set local enable_seqscan = off")
        plan = "\n".join(
            line
            for (line,) in reader.execute(
                "explain select * from analytics.fct_energy_30min "
                f"where system_key = '{key}' and local_date = '{DAY}'"
            ).fetchall()
        )
    table = "system_id" if key.startswith("sigen") else "site_id"
    vendor = key.split(":")[0]
    condition = f"Index Cond: (((('{vendor}:'::text || {table}) = '{key}'::text)"
    assert condition.replace("((((", "(((") in plan.replace("((((", "((("), plan
    assert "local_date = " in plan


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles"])
def test_utc_columns_are_compared_as_the_docs_say(built: PostgresLoader, zone: str) -> None:
    """Whatever the session's zone is, the documented comparison is right to the second."""
    with psycopg.connect(**built.parameters) as reader:  # type: ignore[arg-type]
        reader.execute(f"set time zone '{zone}'")
        found = reader.execute(
            "select block_start_utc, block_start_utc at time zone 'utc', "
            "now() at time zone 'utc', now() from analytics.fct_energy_30min limit 1"
        ).fetchone()
    assert found is not None
    start, with_zone, now_utc, now = found
    assert with_zone == start.replace(tzinfo=dt.UTC)
    assert now_utc.replace(tzinfo=dt.UTC) == now
