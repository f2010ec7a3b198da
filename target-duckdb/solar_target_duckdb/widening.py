"""Which column types may turn into which, without losing a value."""

from __future__ import annotations

from solar_target_duckdb.columns import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    JSON,
    TIME,
    TIMESTAMP,
    VARCHAR,
    literal,
)

# Beyond 2^53 a DOUBLE no longer holds every whole number.
_EXACT = 2**53
# A cast of this text fails where it is reached, and unlike error() within TRY as well.
INEXACT = "a whole number beyond 2^53 is not exact as DOUBLE"

_ISO = "%Y-%m-%dT%H:%M:%S"
_TIMESTAMP_TEXT = (
    "CASE WHEN date_part('microsecond', {0}) % 1000000 = 0 "
    f"THEN strftime({{0}}, '{_ISO}Z') ELSE strftime({{0}}, '{_ISO}.%fZ') END"
)
_TEXT = "CAST({0} AS VARCHAR)"
_AS_JSON = "to_json({0})"

# From a type to every type that can take over all of its values.
_WIDENINGS: dict[tuple[str, str], str] = {
    (BIGINT, DOUBLE): (
        f"CASE WHEN abs(CAST({{0}} AS HUGEINT)) > {_EXACT} THEN CAST({literal(INEXACT)} AS DOUBLE) "
        "ELSE CAST({0} AS DOUBLE) END"
    ),
    (BIGINT, VARCHAR): _TEXT,
    (BIGINT, JSON): _AS_JSON,
    (DOUBLE, VARCHAR): _TEXT,
    (DOUBLE, JSON): _AS_JSON,
    (BOOLEAN, VARCHAR): _TEXT,
    (BOOLEAN, JSON): _AS_JSON,
    (DATE, TIMESTAMP): "CAST({0} AS TIMESTAMP)",
    (DATE, VARCHAR): _TEXT,
    (DATE, JSON): f"to_json({_TEXT})",
    (TIME, VARCHAR): _TEXT,
    (TIME, JSON): f"to_json({_TEXT})",
    (TIMESTAMP, VARCHAR): _TIMESTAMP_TEXT,
    (TIMESTAMP, JSON): f"to_json({_TIMESTAMP_TEXT})",
    (VARCHAR, JSON): _AS_JSON,
    # Types of tables that other programs made.
    (BIGINT, "HUGEINT"): "CAST({0} AS HUGEINT)",
    (TIMESTAMP, "TIMESTAMP WITH TIME ZONE"): "CAST({0} AS TIMESTAMPTZ)",
    ("FLOAT", DOUBLE): "CAST({0} AS DOUBLE)",
    **{
        (small, wide): f"CAST({{0}} AS {wide})"
        for small in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
        for wide in (BIGINT, DOUBLE, VARCHAR)
    },
}


def widening(old: str, new: str, value: str) -> str | None:
    """Return the SQL that carries values from one type over to another.

    Args:
        old: The type that the values have.
        new: The type that they shall have.
        value: SQL of a value of the old type.

    Returns:
        SQL of the value as the new type, or None if values could be lost.
    """
    if old == new:
        return value
    template = _WIDENINGS.get((old, new))
    return template.format(value) if template else None


def is_plain_cast(old: str, new: str) -> bool:
    """Tell whether a change of type is the cast that DuckDB itself would make.

    Args:
        old: The type that the values have.
        new: The type that they shall have.

    Returns:
        True if ALTER may do it. With an expression it may not: DuckDB writes that to its
        log, and cannot read a log with functions in it when it opens a file after a kill.
    """
    template = _WIDENINGS.get((old, new), "")
    return template == f"CAST({{0}} AS {new})" or (old, new) == (BIGINT, DOUBLE)
