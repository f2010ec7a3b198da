"""Changes a column's type, also where DuckDB's ALTER refuses to."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from solar_target_duckdb.columns import literal, quoted
from solar_target_duckdb.database import CATALOG

if t.TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from solar_target_duckdb.tables import TableName

_HERE = "database_name = ? AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?)"


@dataclass(frozen=True)
class Change:
    """What becomes of a column.

    Attributes:
        kind: Its type.
        using: SQL of its value, from the column before.
        is_cast: Whether that is what DuckDB's own cast would make of it.
    """

    kind: str
    using: str
    is_cast: bool = False


def change_type(
    connection: DuckDBPyConnection,
    name: TableName,
    column: str,
    change: Change,
) -> None:
    """Change the type of a column inside the caller's transaction.

    Args:
        connection: The connection that holds the transaction.
        name: The table.
        column: The column, as the table spells it.
        change: What becomes of it.
    """
    place = [CATALOG, name.schema, name.table]
    constraints = connection.execute(
        "SELECT constraint_type, constraint_text, constraint_column_names "  # noqa: S608
        f"FROM duckdb_constraints() WHERE {_HERE} ORDER BY constraint_index",
        place,
    ).fetchall()
    indexes = [
        sql
        for (sql,) in connection.execute(
            f"SELECT sql FROM duckdb_indexes() WHERE {_HERE} AND sql IS NOT NULL",  # noqa: S608
            place,
        ).fetchall()
    ]
    tied = {tied for sort, _, names in constraints if sort != "NOT NULL" for tied in names}
    if change.is_cast and column not in tied and not indexes:
        # Values that would change in the cast fail here.
        connection.execute(f"SELECT count({change.using}) FROM {name.sql}")  # noqa: S608
        connection.execute(
            f"ALTER TABLE {name.sql} ALTER COLUMN {quoted(column)} TYPE {change.kind}"
        )
        return
    _rebuild(connection, name, {column: change}, constraints, indexes)


def _rebuild(
    connection: DuckDBPyConnection,
    name: TableName,
    changes: dict[str, Change],
    constraints: list[tuple[str, str, list[str]]],
    indexes: list[str],
) -> None:
    """Replace a table by one with other column types and the same rows and rules.

    The table is dropped and made again under its own name, not renamed: renaming next to
    the making of an index is what DuckDB's log has failed to replay.
    """
    run = connection.execute
    place = [CATALOG, name.schema, name.table]
    columns = run(
        "SELECT column_name, data_type, column_default FROM duckdb_columns() "  # noqa: S608
        f"WHERE {_HERE} ORDER BY column_index",
        place,
    ).fetchall()
    comment = run(f"SELECT comment FROM duckdb_tables() WHERE {_HERE}", place).fetchone()  # noqa: S608
    never_null = {names[0] for sort, _, names in constraints if sort == "NOT NULL"}
    parts, values = [], []
    for column, old, default in columns:
        change = changes.get(column) or Change(old, quoted(column))
        rules = f" DEFAULT ({default})" if default else ""
        rules += " NOT NULL" if column in never_null else ""
        parts.append(f"{quoted(column)} {change.kind}{rules}")
        values.append(change.using)
    parts += [text for sort, text, _ in constraints if sort != "NOT NULL"]
    run(f"CREATE OR REPLACE TEMP TABLE rebuilt AS FROM {name.sql}")
    run(f"DROP TABLE {name.sql}")
    run(f"CREATE TABLE {name.sql} ({', '.join(parts)})")
    run(f"INSERT INTO {name.sql} SELECT {', '.join(values)} FROM temp.rebuilt")  # noqa: S608
    run("DROP TABLE temp.rebuilt")
    for index in indexes:
        run(index)
    if comment and comment[0] is not None:
        run(f"COMMENT ON TABLE {name.sql} IS {literal(comment[0])}")
