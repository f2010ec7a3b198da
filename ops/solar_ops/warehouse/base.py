"""What every warehouse can do: answer queries, tell its tables, hand rows to DuckDB."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
"""`:name` in the SQL of this package; each warehouse writes its own form."""

BATCH_ROWS = 10_000
RAW_SCHEMAS = ("tap_sigen", "tap_solaredge")
METADATA_PREFIX = "_sdc_"
"""Columns that some loaders add; they tell about the load, not about the row."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with its type in DuckDB's words.

    Attributes:
        name: Its name.
        type: BIGINT, DOUBLE, BOOLEAN, VARCHAR, DATE, TIMESTAMP or JSON.
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a query; rows come in batches, so that any number fits in memory.

    Attributes:
        names: Names of the columns.
        batches: The rows.
    """

    names: Sequence[str]
    batches: Iterator[list[tuple[Any, ...]]]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield row by row."""
        for batch in self.batches:
            yield from batch

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each row as a mapping."""
        for row in self:
            yield dict(zip(self.names, row, strict=True))


class Warehouse(ABC):
    """An open warehouse, only read.

    Attributes:
        kind: `duckdb` or `postgres`.
        label: What a person calls it; holds no secret.
        analytics: Schema of the models.
    """

    kind: str
    label: str

    def __init__(self, analytics: str) -> None:
        self.analytics = analytics

    @abstractmethod
    def query(self, sql: str, **parameters: Any) -> Rows:
        """Return the answer to a query with `:name` parameters.

        Raises:
            OpsError: The warehouse refuses the query; the text is its first line.
        """

    @abstractmethod
    def in_duckdb(
        self, name: str, sql: str, columns: Sequence[Column]
    ) -> duckdb.DuckDBPyConnection:
        """Return a DuckDB connection that knows the answer to a query by a name.

        DuckDB writes Parquet, CSV and JSON lines, whatever the warehouse is.

        Args:
            name: What the temporary table or view is called.
            sql: The query, without parameters; gives the columns in this order.
            columns: Names and types.
        """

    @abstractmethod
    def fingerprint_sql(self, alias: str) -> str:
        """Return an aggregate that depends on every value of the rows of `alias`."""

    @abstractmethod
    def ordered(self, column: Column) -> str:
        """Return a column for ORDER BY, in the same order on every warehouse."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the warehouse."""

    def __enter__(self) -> Self:
        """Return the warehouse."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the warehouse."""
        self.close()

    def tables(self, schema: str) -> list[str]:
        """Return the tables and views of a schema."""
        found = self.query(
            "select table_name from information_schema.tables "
            "where table_schema = :schema order by 1",
            schema=schema,
        )
        return [name for (name,) in found]

    def columns(self, schema: str, table: str) -> list[Column]:
        """Return the columns of a table, without those of the loader."""
        found = self.query(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = :schema and table_name = :table order by ordinal_position",
            schema=schema,
            table=table,
        )
        return [
            Column(name, plain_type(kind))
            for name, kind in found
            if not name.startswith(METADATA_PREFIX)
        ]


def plain_type(name: str) -> str:
    """Return a column type of either warehouse in DuckDB's words."""
    upper = name.upper()
    if upper.startswith(("TIMESTAMP", "DATETIME")):
        return "TIMESTAMP"
    if upper.startswith(("NUMERIC", "DECIMAL", "DOUBLE", "REAL", "FLOAT")):
        return "DOUBLE"
    if upper in {"BIGINT", "INTEGER", "SMALLINT", "HUGEINT", "TINYINT"}:
        return "BIGINT"
    if upper in {"BOOLEAN", "DATE"}:
        return upper
    return "JSON" if upper in {"JSON", "JSONB"} else "VARCHAR"


def quoted(name: str) -> str:
    """Return an identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def first_line(error: Exception) -> str:
    """Return what a database error says, without its excerpt of the query."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
