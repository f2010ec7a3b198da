"""The finished tables and views into a database that has no loader and no dbt of its own.

SQLite and MariaDB, through SQLAlchemy; views arrive as tables of the same name. A table is
sent in parts (a system, or a system's month), and only parts whose rows have changed since
the last time. All of a run's rows go in one transaction: a reader sees the last run or this
one, never half of it, and a broken run leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from solar_ops.errors import OpsError
from solar_ops.exporting.kinds import literal
from solar_ops.warehouse.base import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_ops.models import Model
    from solar_ops.warehouse import Column, Warehouse

LEDGER = "solar_published"
"""Table in the destination that says which parts it holds."""

KEY_LENGTH = 190
"""Longest text of a key column; MariaDB's index holds no more of a four-byte character set."""

LEDGER_KEY_LENGTH = 120
INSERT_ROWS = 500
SUPPORTED = ("sqlite", "mysql", "mariadb")
DEFINITION = "#definition"
"""Entry of the ledger that holds the digest of a table's columns."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was done for one table.

    Attributes:
        table: Its name.
        rows: Rows that it has now.
        parts: Parts that it consists of.
        sent: Parts that were sent.
        removed: Parts that were removed.
    """

    table: str
    rows: int
    parts: int
    sent: int
    removed: int


def open_destination(url: str) -> sa.Engine:
    """Return the destination that a URL names; connects on first use.

    Raises:
        OpsError: The URL can't be used.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() not in SUPPORTED:
            message = f"{parsed.get_backend_name()} is not supported: use SQLite or MariaDB"
            raise OpsError(message)
        if parsed.drivername in ("mysql", "mariadb"):
            parsed = parsed.set(drivername=f"{parsed.drivername}+pymysql")
        options: dict[str, Any] = {"pool_pre_ping": True}
        if parsed.get_backend_name() in ("mysql", "mariadb"):
            parsed = parsed.update_query_dict({"charset": "utf8mb4"})
        engine = sa.create_engine(parsed, **options)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        kind = type(error).__name__
        message = (
            f"the address of the database can not be used ({kind}): write sqlite:///FILE or "
            "mariadb://USER:PASSWORD@HOST/DATABASE"
        )
    else:
        return engine
    raise OpsError(message)


def publish(warehouse: Warehouse, models: Sequence[Model], engine: sa.Engine) -> list[Published]:
    """Bring the destination up to date with the warehouse.

    Args:
        warehouse: Where the models are.
        models: What to publish; those that the warehouse lacks are left out.
        engine: The destination.

    Returns:
        What was done, table by table.

    Raises:
        OpsError: The destination can't be reached, or refuses.
    """
    present = set(warehouse.tables(warehouse.analytics))
    wanted = [model for model in models if model.relation in present]
    try:
        with engine.connect() as connection:
            ledger = _ledger(sa.MetaData())
            ledger.create(connection, checkfirst=True)
            connection.commit()
            tables = [_Table.prepare(warehouse, model, connection, ledger) for model in wanted]
            connection.commit()
            with connection.begin():
                return [table.send(connection, ledger) for table in tables]
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        message = f"{engine.url.render_as_string(hide_password=True)}: {_one_line(cause)}"
    raise OpsError(message)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _ledger(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        LEDGER,
        metadata,
        sa.Column("table_name", sa.String(LEDGER_KEY_LENGTH), primary_key=True),
        sa.Column("part", sa.String(LEDGER_KEY_LENGTH), primary_key=True),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


@dataclass(slots=True)
class _Table:
    warehouse: Warehouse
    model: Model
    columns: list[Column]
    table: sa.Table

    @classmethod
    def prepare(
        cls, warehouse: Warehouse, model: Model, connection: sa.Connection, ledger: sa.Table
    ) -> _Table:
        """Make the table where it is absent, or anew where its definition has changed.

        MariaDB commits with every change of a table, so this comes before the transaction.
        """
        columns = warehouse.columns(warehouse.analytics, model.relation)
        metadata = sa.MetaData()
        table = sa.Table(
            model.relation,
            metadata,
            *(_column(column, model, connection.dialect.name) for column in columns),
            _key(warehouse, model),
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",
        )
        definition = _definition(table)
        mine = sa.and_(ledger.c.table_name == model.relation, ledger.c.part == DEFINITION)
        known = connection.scalar(sa.select(ledger.c.fingerprint).where(mine))
        if known != definition or not sa.inspect(connection).has_table(model.relation):
            table.drop(connection, checkfirst=True)
            connection.execute(ledger.delete().where(ledger.c.table_name == model.relation))
            table.create(connection)
            connection.execute(
                ledger.insert().values(
                    table_name=model.relation, part=DEFINITION, row_count=0, fingerprint=definition
                )
            )
            connection.commit()
        return cls(warehouse, model, columns, table)

    def send(self, connection: sa.Connection, ledger: sa.Table) -> Published:
        """Replace the parts that differ, within the caller's transaction."""
        name = self.model.relation
        mine = sa.and_(ledger.c.table_name == name, ledger.c.part != DEFINITION)
        known = {
            row.part: (row.row_count, row.fingerprint)
            for row in connection.execute(sa.select(ledger).where(mine))
        }
        now = {part: (count, mark) for part, count, mark in self._parts()}
        changed = [part for part, state in now.items() if known.get(part) != state]
        gone = [part for part in known if part not in now]
        for part in (*changed, *gone):
            if part in known:
                connection.execute(self.table.delete().where(self._of_part(part)))
                connection.execute(ledger.delete().where(mine, ledger.c.part == part))
        for part in changed:
            self._insert(connection, part)
            count, mark = now[part]
            connection.execute(
                ledger.insert().values(
                    table_name=name, part=part, row_count=count, fingerprint=mark
                )
            )
        rows = sum(count for count, _ in now.values())
        return Published(name, rows, len(now), len(changed), len(gone))

    @property
    def _by(self) -> list[str]:
        """The columns that tell the parts: the system, and its months where there are days."""
        names = {column.name for column in self.columns}
        site = next((n for n in ("system_key", "system_id", "site_id") if n in names), None)
        day = next((n for n in ("local_date", "reading_date") if n in names), None)
        return [name for name in (site, day) if name]

    def _part_sql(self) -> str:
        pieces = [
            f"coalesce(substr(cast({quoted(name)} as varchar(32)), 1, 7), '')"
            if name.endswith("_date")
            else f"coalesce(cast({quoted(name)} as varchar({KEY_LENGTH})), '')"
            for name in self._by
        ]
        return " || '|' || ".join(pieces) or "''"

    def _parts(self) -> list[tuple[str, int, str]]:
        relation = f"{quoted(self.warehouse.analytics)}.{quoted(self.model.relation)}"
        found = self.warehouse.query(
            f"select {self._part_sql()}, count(*), {self.warehouse.fingerprint_sql('t')} "  # noqa: S608
            f"from {relation} as t group by 1 order by 1"
        )
        return list(found)

    def _of_part(self, part: str) -> sa.ColumnElement[bool]:
        values = part.split("|") if part else []
        conditions = []
        for name, value in zip(self._by, values, strict=True):
            column = self.table.c[name]
            if name.endswith("_date"):
                text = sa.func.substr(sa.cast(column, sa.String(32)), 1, 7)
                conditions.append(sa.func.coalesce(text, "") == value)
            else:
                conditions.append(sa.func.coalesce(column, "") == value)
        return sa.and_(sa.true(), *conditions)

    def _insert(self, connection: sa.Connection, part: str) -> None:
        relation = f"{quoted(self.warehouse.analytics)}.{quoted(self.model.relation)}"
        listed = ", ".join(quoted(column.name) for column in self.columns)
        rows = self.warehouse.query(
            f"select {listed} from {relation} where {self._part_sql()} = {literal(part)}"  # noqa: S608
        )
        names = [column.name for column in self.columns]
        for batch in rows.batches:
            for first in range(0, len(batch), INSERT_ROWS):
                some = batch[first : first + INSERT_ROWS]
                connection.execute(
                    self.table.insert(),
                    [dict(zip(names, row, strict=True)) for row in some],
                )


def _definition(table: sa.Table) -> str:
    """Return a digest of what a table looks like; another one means that it is made anew."""
    told = repr([(column.name, repr(column.type)) for column in table.columns])
    keys = [
        f"{type(rule).__name__} {list(rule.columns.keys())}"
        for rule in table.constraints
        if isinstance(rule, sa.schema.ColumnCollectionConstraint)
    ]
    told += repr(sorted(keys))
    return hashlib.sha256(told.encode()).hexdigest()


def _key(warehouse: Warehouse, model: Model) -> sa.schema.SchemaItem:
    """Return the table's key: a unique one, where a part of it can be null."""
    if not model.key:
        return sa.PrimaryKeyConstraint()
    absent = " or ".join(f"{quoted(name)} is null" for name in model.key)
    relation = f"{quoted(warehouse.analytics)}.{quoted(model.relation)}"
    ((count,),) = warehouse.query(f"select count(*) from {relation} where {absent}")  # noqa: S608
    if count:
        return sa.UniqueConstraint(*model.key)
    return sa.PrimaryKeyConstraint(*model.key)


def _column(column: Column, model: Model, dialect: str) -> sa.Column[Any]:
    keyed = column.name in model.key
    kinds: dict[str, Any] = {
        "BIGINT": sa.BigInteger(),
        "DOUBLE": sa.Double(),
        "BOOLEAN": sa.Boolean(),
        "DATE": sa.Date(),
        "TIMESTAMP": mysql.DATETIME(fsp=6) if dialect in ("mysql", "mariadb") else sa.DateTime(),
        "JSON": sa.JSON(),
        "VARCHAR": sa.String(KEY_LENGTH) if keyed else sa.Text(),
    }
    return sa.Column(column.name, kinds[column.type], autoincrement=False)
