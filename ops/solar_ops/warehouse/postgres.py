"""The warehouse on a PostgreSQL server."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg

from solar_ops.errors import OpsError
from solar_ops.warehouse.base import (
    BATCH_ROWS,
    PARAMETER,
    Column,
    Rows,
    Warehouse,
    first_line,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONNECT_SECONDS = 10


class Postgres(Warehouse):
    """A database on a server.

    Args:
        parameters: host, port, user, password and dbname.
        analytics: Schema of the models.

    Raises:
        OpsError: The server can't be reached, or refuses.
    """

    kind = "postgres"

    def __init__(self, parameters: Mapping[str, str], analytics: str) -> None:
        super().__init__(analytics)
        self._bench = duckdb.connect()
        self._bench.execute("set TimeZone = 'UTC'")
        self.label = f"PostgreSQL database {parameters['dbname']} on {parameters['host']}"
        try:
            self._connection = psycopg.connect(
                **parameters,  # type: ignore[arg-type] # the library lists every parameter
                connect_timeout=CONNECT_SECONDS,
                application_name="solar",
                options="-c timezone=UTC -c default_transaction_read_only=on",
            )
        except psycopg.Error as error:
            message = f"{self.label} can not be reached: {first_line(error)}"
        else:
            return
        raise OpsError(message)

    def query(self, sql: str, **parameters: Any) -> Rows:
        """Return the answer to a query with `:name` parameters.

        A server-side cursor keeps a long answer out of memory.
        """
        if parameters:
            sql = PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))
        cursor = self._connection.cursor(name="solar_rows", scrollable=False)
        try:
            cursor.execute(sql, parameters or None)
            first = cursor.fetchmany(BATCH_ROWS)
        except psycopg.Error as error:
            self._connection.rollback()
            cursor.close()
            message = first_line(error)
        else:
            names = [column.name for column in cursor.description or ()]
            if len(first) < BATCH_ROWS:
                cursor.close()
                return Rows(names, iter([_plain(first)] if first else []))
            return Rows(names, _batches(cursor, first))
        raise OpsError(message)

    def in_duckdb(
        self, name: str, sql: str, columns: Sequence[Column]
    ) -> duckdb.DuckDBPyConnection:
        """Return a DuckDB in memory, with a table; rows come as CSV, as COPY writes it."""
        kinds = ", ".join(f"'{column.name}': '{column.type}'" for column in columns)
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            copy = f"copy ({sql}) to stdout (format csv)"
            with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
                for chunk in rows:
                    file.write(chunk)
            file.flush()
            self._bench.execute(
                f"create or replace temp table {quoted(name)} as from read_csv("
                f"'{file.name}', header = false, columns = {{{kinds}}}, delim = ',', "
                "quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
                "auto_detect = false, strict_mode = true, max_line_size = 33554432)"
            )
        return self._bench

    def fingerprint_sql(self, alias: str) -> str:
        """Return an aggregate that depends on every value of the rows of `alias`."""
        return f"cast(sum(hashtextextended({alias}::text, 0)::numeric) as text)"

    def ordered(self, column: Column) -> str:
        """Return a column for ORDER BY: texts by their bytes, whatever the database's language."""
        return quoted(column.name) + (' collate "C"' if column.type == "VARCHAR" else "")

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()
        self._bench.close()


def _batches(
    cursor: psycopg.ServerCursor[tuple[Any, ...]], batch: list[tuple[Any, ...]]
) -> Iterator[list[tuple[Any, ...]]]:
    while batch:
        yield _plain(batch)
        batch = cursor.fetchmany(BATCH_ROWS)
    cursor.close()


def _plain(batch: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return numbers as floats: the loader stores JSON numbers in columns of type numeric."""
    return [
        tuple(float(value) if isinstance(value, Decimal) else value for value in row)
        for row in batch
    ]
