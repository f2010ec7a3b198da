"""The embedded warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

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
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class DuckDBFile(Warehouse):
    """A DuckDB file.

    Args:
        path: The file.
        analytics: Schema of the models.

    Raises:
        OpsError: There is no such file, or another program is writing to it.
    """

    kind = "duckdb"

    def __init__(self, path: Path, analytics: str) -> None:
        super().__init__(analytics)
        self.path = path
        self.label = f"DuckDB file {path.name}"
        if not path.is_file():
            message = f"{path} does not exist yet: run `make demo` or `solar sync` first"
            raise OpsError(message)
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
        except duckdb.IOException:
            message = f"{path} can not be opened: in use by another program, or no DuckDB file"
        else:
            self._connection.execute("set TimeZone = 'UTC'")
            return
        raise OpsError(message)

    def query(self, sql: str, **parameters: Any) -> Rows:
        """Return the answer to a query with `:name` parameters."""
        cursor = self._connection.cursor()
        bound = PARAMETER.sub(r"$\1", sql)
        try:
            if not cursor.extract_statements(bound):
                message = "the query is empty: give one statement, such as a select"
                raise OpsError(message)
            cursor.execute(bound, parameters or None)
        except duckdb.Error as error:
            message = first_line(error)
        else:
            names = [column[0] for column in cursor.description or ()]
            return Rows(names, _batches(cursor))
        raise OpsError(message)

    def in_duckdb(
        self, name: str, sql: str, columns: Sequence[Column]
    ) -> duckdb.DuckDBPyConnection:
        """Return the file's own connection, with a view: nothing is copied."""
        del columns
        self._connection.execute(f"create or replace temp view {quoted(name)} as {sql}")
        return self._connection

    def fingerprint_sql(self, alias: str) -> str:
        """Return an aggregate that depends on every value of the rows of `alias`."""
        return f"cast(sum(hash({alias})) as varchar)"

    def ordered(self, column: Column) -> str:
        """Return a column for ORDER BY: texts by their bytes."""
        return quoted(column.name)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _batches(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while batch := cursor.fetchmany(BATCH_ROWS):
        yield batch
    cursor.close()
