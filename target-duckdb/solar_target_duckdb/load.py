"""Moves the spooled rows of a stream into its table, inside one transaction."""

# Every name in the SQL below is quoted, every text is a literal or a parameter.
# ruff: noqa: S608

from __future__ import annotations

import re
import typing as t

import duckdb

from solar_target_duckdb.columns import (
    BIGINT,
    DATE,
    TIME,
    TIMESTAMP,
    VARCHAR,
    Column,
    literal,
    quoted,
    reading,
)
from solar_target_duckdb.errors import ConversionError, WarehouseError, first_line, shown
from solar_target_duckdb.guard import expected
from solar_target_duckdb.metadata import DELETED_AT, VERSION
from solar_target_duckdb.tables import METADATA_PREFIX
from solar_target_duckdb.widening import INEXACT, widening

if t.TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from solar_target_duckdb.stream import Stream

_DATA_ERRORS = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
)


class Load:
    """One transaction's work.

    Args:
        connection: The connection that holds the transaction.
        batched: The transaction's time, in milliseconds since 1970.
        started: The run's start, in milliseconds since 1970.
    """

    def __init__(self, connection: DuckDBPyConnection, batched: int, started: int) -> None:
        self._connection = connection
        self._times = {"batched": batched, "started": started}
        self._batched = batched

    def store(self, stream: Stream) -> None:
        """Store a stream's pending rows.

        Args:
            stream: The stream.

        Raises:
            ConversionError: A value cannot be converted to its column's type.
            WarehouseError: DuckDB did not read every row.
        """
        try:
            self._stage(stream)
        except _DATA_ERRORS as error:
            # A failed transaction answers no more questions.
            self._connection.execute("ROLLBACK")
            raise ConversionError(self._blame(stream, first_line(error))) from None
        if stream.keys:
            keys = [stream.layout.names[key] for key in stream.keys]
            self._keep_last(keys, stream.pending)
            self._replace(stream, keys)
        else:
            self._insert(stream, others=[])
        self._connection.execute("DROP TABLE temp.staged")

    def activate(self, stream: Stream, version: int, *, hard: bool) -> None:
        """Remove the rows of older versions, or mark them as deleted.

        Args:
            stream: The stream.
            version: The version that holds now.
            hard: Whether to remove them.
        """
        table = stream.layout.name.sql
        number = quoted(stream.layout.names[VERSION])
        old = f"({number} IS NULL OR {number} < ?)"
        if hard:
            self._connection.execute(f"DELETE FROM {table} WHERE {old}", [version])
            return
        mark = quoted(stream.layout.names[DELETED_AT])
        self._connection.execute(
            f"UPDATE {table} SET {mark} = make_timestamp_ms(?) WHERE {old} AND {mark} IS NULL",
            [self._batched, version],
        )

    def _stage(self, stream: Stream) -> None:
        """Read the spool into a temporary table with the target's names and types."""
        values = self._values(stream)
        source = _source(stream, {c.name: reading(c)[0] for c in stream.columns})
        selected = ", ".join(
            f"{sql} AS {quoted(stream.layout.names[column.name])}" for column, sql in values
        )
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged AS SELECT {selected} FROM {source}"
        )
        [count] = self._connection.execute("SELECT count(*) FROM temp.staged").fetchone() or [0]
        if count != stream.pending:
            msg = (
                f"stream '{stream.name}': only {count} of {stream.pending} rows could be read "
                "back from the spool; nothing of them was stored"
            )
            raise WarehouseError(msg)

    def _values(self, stream: Stream) -> list[tuple[Column, str]]:
        """List all columns with the SQL of their values as their table's type."""
        values = []
        for column in stream.columns:
            _, template = reading(column)
            member = f"record.{quoted(column.name)}" if stream.metadata else quoted(column.name)
            values.append((column, template.format(member)))
        values += [(item.column, item.sql.format(**self._times)) for item in stream.metadata]
        fitted = []
        for column, sql in values:
            wide = widening(column.type, stream.layout.types[column.name], sql)
            fitted.append((column, sql if wide is None else wide))
        return fitted

    def _keep_last(self, keys: list[str], pending: int) -> None:
        """Drop all but the last staged row of each key."""
        listed = ", ".join(map(quoted, keys))
        [distinct] = self._connection.execute(
            f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM temp.staged)"
        ).fetchone() or [0]
        if distinct < pending:
            self._connection.execute(
                "DELETE FROM temp.staged WHERE rowid NOT IN "
                f"(SELECT max(rowid) FROM temp.staged GROUP BY {listed})"
            )

    def _replace(self, stream: Stream, keys: list[str]) -> None:
        """Put the staged rows in the place of those with the same keys.

        What the table has beside the stream's columns is kept: the tap said nothing
        about it. Metadata is not, it describes the row that is replaced.
        """
        table = stream.layout.name.sql
        same = " AND ".join(f"old.{quoted(key)} = staged.{quoted(key)}" for key in keys)
        others = [o for o in stream.layout.others if not o.startswith(METADATA_PREFIX)]
        if others:
            kept = ", ".join(f"old.{quoted(name)}" for name in [*keys, *others])
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE kept AS SELECT {kept} FROM {table} AS old "
                f"SEMI JOIN temp.staged AS staged ON ({same})"
            )
        self._connection.execute(f"DELETE FROM {table} AS old USING temp.staged WHERE {same}")
        self._insert(stream, others)
        if others:
            self._connection.execute("DROP TABLE temp.kept")

    def _insert(self, stream: Stream, others: list[str]) -> None:
        """Insert the staged rows, with what was kept of the rows they replace."""
        names = list(stream.layout.names.values())
        table = stream.layout.name.sql
        into = ", ".join(map(quoted, [*names, *others]))
        source = "temp.staged"
        if others:
            keys = ", ".join(quoted(stream.layout.names[key]) for key in stream.keys)
            source += f" LEFT JOIN temp.kept USING ({keys})"
        self._connection.execute(f"INSERT INTO {table} ({into}) SELECT {into} FROM {source}")

    def _blame(self, stream: Stream, reason: str) -> str:
        """Name the column and the value that DuckDB could not convert."""
        for column in stream.columns:
            kind, template = reading(column)
            member = f"record.{quoted(column.name)}" if stream.metadata else quoted(column.name)
            texts = column.type in {DATE, TIME, TIMESTAMP}
            value = template.format(f"CAST({member} AS {kind})" if texts else member)
            wide = widening(column.type, stream.layout.types[column.name], value) or value
            source = _source(stream, {column.name: VARCHAR if texts else kind})
            try:
                wrong = self._connection.execute(
                    f"SELECT {member} FROM {source} "
                    f"WHERE {member} IS NOT NULL AND TRY({wide}) IS NULL LIMIT 1"
                ).fetchone()
            except duckdb.Error:
                continue
            if wrong:
                rule = INEXACT if column.type == BIGINT else f"expected {expected(column)}"
                return (
                    f"stream '{stream.name}', column '{column.name}': {rule}, got {shown(wrong[0])}"
                )
        twice = re.search(r"has duplicate key (\"[^\"]*\")", reason)
        what = f"has the member {twice[1]} twice" if twice else f"cannot be read: {reason[:100]}"
        return f"stream '{stream.name}': a record {what}"


def _source(stream: Stream, types: dict[str, str]) -> str:
    """Return SQL that reads members of the spooled records.

    Args:
        stream: The stream.
        types: The type to read each member as.
    """
    if stream.metadata:
        types = {**types, DELETED_AT: "TIMESTAMPTZ"}
        members = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
        types = {
            "received": BIGINT,
            "version": BIGINT,
            "extracted": VARCHAR,
            "record": f"STRUCT({members})",
        }
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    return (
        f"read_json({literal(str(stream.spool))}, format = 'newline_delimited', "
        f"columns = {{{columns}}}, maximum_object_size = {stream.largest})"
    )
