"""Makes a stream's table fit the stream: creates it, adds columns, widens types."""

from __future__ import annotations

import json
import logging
import typing as t
from dataclasses import dataclass, field

import duckdb

from solar_target_duckdb.columns import literal, quoted
from solar_target_duckdb.database import CATALOG
from solar_target_duckdb.errors import SchemaError, first_line
from solar_target_duckdb.rebuild import Change, change_type
from solar_target_duckdb.widening import is_plain_cast, widening

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from solar_target_duckdb.columns import Column

_KEYS = "key_properties"
METADATA_PREFIX = "_sdc_"

logger = logging.getLogger("target-duckdb")


@dataclass(frozen=True)
class TableName:
    """The place of a table.

    Attributes:
        schema: The schema's name.
        table: The table's name.
    """

    schema: str
    table: str

    @property
    def sql(self) -> str:
        """The name as SQL."""
        return ".".join(map(quoted, (CATALOG, self.schema, self.table)))

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"

    def same_as(self, other: TableName) -> bool:
        """Tell whether another name means the same table; DuckDB ignores case.

        Args:
            other: The other name.
        """
        return str(self).lower() == str(other).lower()


def table_of(stream: str, default_schema: str | None) -> TableName:
    """Choose the table for a stream, as the SDK's SQL targets do.

    Args:
        stream: The stream's name; in ``schema-table`` the last part is the table.
        default_schema: The schema for all streams, if one is set.

    Returns:
        The table's name; case and other characters are kept.
    """
    parts = stream.split("-")
    if not all(parts):
        parts = [stream]
    named = parts[-2] if len(parts) in {2, 3} else "main"
    return TableName(default_schema or named, parts[-1])


@dataclass
class Layout:
    """How a stream's columns lie in its table.

    Attributes:
        name: The table.
        types: The type of each of the stream's columns in the table, by the stream's
            name for it.
        names: The table's name for each of them; it may differ in case.
        others: Columns of the table that the stream does not have.
    """

    name: TableName
    types: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


class Tables:
    """Prepares tables, each inside the caller's transaction.

    Args:
        connection: The connection that holds the transaction.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def prepare(
        self, stream: str, name: TableName, columns: Sequence[Column], keys: Sequence[str]
    ) -> Layout:
        """Create or change a stream's table so that its rows fit.

        Args:
            stream: The stream's name, for messages.
            name: The table.
            columns: The stream's columns, metadata among them.
            keys: The names of its key columns; none for a stream that appends.

        Returns:
            Where each column lies.

        Raises:
            SchemaError: The table cannot take the stream without losing something.
        """
        run = self._connection.execute
        run(f"CREATE SCHEMA IF NOT EXISTS {quoted(CATALOG)}.{quoted(name.schema)}")
        existing = self._existing(stream, name)
        if existing is None:
            parts = ", ".join(f"{quoted(c.name)} {c.type}" for c in columns)
            run(f"CREATE TABLE {name.sql} ({parts})")
            self._remember(stream, name, keys)
            same = {c.name: c.name for c in columns}
            return Layout(name, {c.name: c.type for c in columns}, same)
        layout = Layout(name)
        for column in columns:
            found = existing.pop(column.name.lower(), None)
            if found is None:
                run(f"ALTER TABLE {name.sql} ADD COLUMN {quoted(column.name)} {column.type}")
                found = (column.name, column.type)
            actual, kind = found
            layout.names[column.name] = actual
            layout.types[column.name] = self._fit(stream, name, column, actual, kind)
        layout.others = [actual for actual, _ in existing.values()]
        self._check_keys(stream, name, [layout.names[key] for key in keys])
        return layout

    def _existing(self, stream: str, name: TableName) -> dict[str, tuple[str, str]] | None:
        """Return the table's columns by lower-case name, or None if it does not exist."""
        where = "database_name = ? AND lower(schema_name) = lower(?) AND lower({}) = lower(?)"
        place = [CATALOG, name.schema, name.table]
        views = f"FROM duckdb_views() WHERE {where.format('view_name')}"
        if self._connection.execute(views, place).fetchone():
            msg = f"stream '{stream}': {name} is a view; drop it or use another target schema"
            raise SchemaError(msg)
        columns = "SELECT column_name, data_type FROM duckdb_columns() WHERE "
        rows = self._connection.execute(
            f"{columns} {where.format('table_name')} ORDER BY column_index", place
        ).fetchall()
        return {actual.lower(): (actual, kind) for actual, kind in rows} or None

    def _fit(self, stream: str, name: TableName, column: Column, actual: str, kind: str) -> str:
        """Return the type that a column of the table has once the stream's values fit."""
        where = f"stream '{stream}', column '{column.name}'"
        if widening(column.type, kind, "x") is not None:
            return kind
        using = widening(kind, column.type, quoted(actual))
        if using is None:
            if self._holds_values(name, actual):
                msg = (
                    f"{where}: its table {name} holds {kind}, the tap now sends {column.type}, "
                    "and that change could lose values; change the column by hand, or drop the "
                    "table and run a full refresh"
                )
                raise SchemaError(msg)
            using = f"CAST(NULL AS {column.type})"
        logger.info("%s: widening %s from %s to %s", where, name, kind, column.type)
        try:
            change = Change(column.type, using, is_plain_cast(kind, column.type))
            change_type(self._connection, name, actual, change)
        except duckdb.Error as error:
            msg = f"{where}: {name} cannot be widened: {first_line(error)}"
            raise SchemaError(msg) from None
        return column.type

    def _holds_values(self, name: TableName, column: str) -> bool:
        """Tell whether any row has a value in a column."""
        some = f"SELECT 1 FROM {name.sql} WHERE {quoted(column)} IS NOT NULL LIMIT 1"  # noqa: S608
        return self._connection.execute(some).fetchone() is not None

    def _remember(self, stream: str, name: TableName, keys: Sequence[str]) -> None:
        """Note a table's key in its comment.

        There is no PRIMARY KEY: its index costs more than the whole load, blocks changes
        of the table and has been the weak spot in recovery after a kill.
        """
        note = json.dumps({"singer_stream": stream, _KEYS: list(keys)}, ensure_ascii=False)
        self._connection.execute(f"COMMENT ON TABLE {name.sql} IS {literal(note)}")

    def _remembered(self, name: TableName) -> tuple[list[str] | None, bool]:
        """Return a table's noted key, and whether its comment may be overwritten."""
        row = self._connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE database_name = ? "
            "AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?)",
            [CATALOG, name.schema, name.table],
        ).fetchone()
        text = row[0] if row else None
        if text is None:
            return None, True
        try:
            note = json.loads(text)
        except ValueError:
            return None, False
        keys = note.get(_KEYS) if isinstance(note, dict) else None
        return (keys, True) if isinstance(keys, list) else (None, False)

    def _check_keys(self, stream: str, name: TableName, keys: list[str]) -> None:
        """Accept a table's key, or a change of it that its rows allow.

        Raises:
            SchemaError: Rows already stored contradict the key.
        """
        noted, ours = self._remembered(name)
        if noted is not None and [k.lower() for k in noted] == [k.lower() for k in keys]:
            return
        if noted and not keys:
            msg = (
                f"stream '{stream}': its table {name} has the key {', '.join(noted)} but the tap "
                "declares none now; rows would double. Restore the key in the tap, or drop the "
                "table and run a full refresh"
            )
            raise SchemaError(msg)
        if keys and not self._is_unique(name, keys):
            msg = (
                f"stream '{stream}': rows already in {name} are empty or repeat in the key "
                f"{', '.join(keys)}; remove them, or drop the table and run a full refresh"
            )
            raise SchemaError(msg)
        if noted is not None:
            logger.info("stream '%s': the key of %s is now %s", stream, name, ", ".join(keys))
        if ours:
            self._remember(stream, name, keys)

    def _is_unique(self, name: TableName, keys: Sequence[str]) -> bool:
        """Tell whether columns identify each row of a table."""
        listed = ", ".join(map(quoted, keys))
        empty = " OR ".join(f"{quoted(key)} IS NULL" for key in keys)
        return not self._connection.execute(
            f"SELECT 1 FROM {name.sql} GROUP BY {listed} "  # noqa: S608
            f"HAVING count(*) > 1 OR bool_or({empty}) LIMIT 1"
        ).fetchone()
