"""How JSON Schema properties become DuckDB columns, and how columns may change."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

from solar_target_duckdb.errors import SchemaError

if t.TYPE_CHECKING:
    from collections.abc import Iterator

BIGINT = "BIGINT"
BOOLEAN = "BOOLEAN"
DATE = "DATE"
DOUBLE = "DOUBLE"
JSON = "JSON"
TIME = "TIME"
TIMESTAMP = "TIMESTAMP"
VARCHAR = "VARCHAR"

_STRING_FORMATS = {"date": DATE, "date-time": TIMESTAMP, "time": TIME}


class Kind(enum.Enum):
    """The JSON types that a column can tell apart when it checks a value."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"


@dataclass(frozen=True)
class Column:
    """One column of a stream.

    Attributes:
        name: The property's name, exactly as the tap writes it.
        type: The DuckDB type that holds it.
        kinds: The JSON types its values may have; empty when any value is welcome.
    """

    name: str
    type: str
    kinds: frozenset[Kind] = frozenset()


def quoted(name: str) -> str:
    """Return a name as a SQL identifier.

    Args:
        name: A schema, table or column name.

    Returns:
        The name in double quotes.
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as a SQL string literal.

    Args:
        text: Any text.

    Returns:
        The text in single quotes.
    """
    return "'" + text.replace("'", "''") + "'"


def _leaves(schema: object) -> Iterator[tuple[str, str | None]]:
    """List the JSON types a schema allows, each with its string format.

    Args:
        schema: A JSON Schema, or anything a tap put in its place.

    Yields:
        Pairs of type and format; the type ``any`` where the schema does not say.
    """
    if not isinstance(schema, dict):
        yield "any", None
        return
    unions = [schema[word] for word in ("anyOf", "oneOf", "allOf") if schema.get(word)]
    declared = schema.get("type")
    if declared is not None:
        types = declared if isinstance(declared, list) else [declared]
        for one in types:
            name = one if isinstance(one, str) else "any"
            yield name, schema.get("format") if name == "string" else None
        return
    if not unions:
        yield "any", None
    for union in unions:
        for option in union if isinstance(union, list) else [union]:
            yield from _leaves(option)


def column_of(name: str, schema: object) -> Column:
    """Choose the column for a property.

    Args:
        name: The property's name.
        schema: The property's JSON Schema.

    Returns:
        The column: of the one scalar type where there is one, text where several
        scalar types meet, JSON where an object, an array or anything may come.
    """
    leaves = {(kind, form) for kind, form in _leaves(schema) if kind != "null"}
    kinds = {kind for kind, _ in leaves}
    if not leaves:
        # A property that is always null says nothing yet; text can become anything
        # later, because a column without values may change its type freely.
        return Column(name, VARCHAR, frozenset({Kind.STRING}))
    if not kinds <= {kind.value for kind in Kind}:
        return Column(name, JSON)
    accepted = frozenset(Kind(kind) for kind in kinds)
    if kinds == {"integer"}:
        return Column(name, BIGINT, accepted)
    if kinds <= {"integer", "number"}:
        return Column(name, DOUBLE, accepted)
    if kinds == {"boolean"}:
        return Column(name, BOOLEAN, accepted)
    if kinds == {"string"} and len(leaves) == 1:
        [(_, form)] = leaves
        return Column(name, _STRING_FORMATS.get(form or "", VARCHAR), accepted)
    return Column(name, VARCHAR, accepted)


def columns_of(stream: str, schema: object) -> list[Column]:
    """Choose the columns for a stream.

    Args:
        stream: The stream's name, for messages.
        schema: The stream's JSON Schema.

    Returns:
        One column per property, in the order of the schema.

    Raises:
        SchemaError: The schema has no usable properties.
    """
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        msg = f"stream '{stream}': its SCHEMA message declares no properties, so no table fits it"
        raise SchemaError(msg)
    seen: dict[str, str] = {}
    for name in properties:
        if not name or "\0" in name:
            msg = f"stream '{stream}': a property has an empty or unprintable name; deselect it"
            raise SchemaError(msg)
        other = seen.setdefault(name.lower(), name)
        if other != name:
            msg = (
                f"stream '{stream}': properties '{other}' and '{name}' differ only in case, which "
                "DuckDB columns cannot; deselect or rename one of them in the tap"
            )
            raise SchemaError(msg)
    return [column_of(name, sub) for name, sub in properties.items()]


def reading(column: Column) -> tuple[str, str]:
    """Say how a column is read from the spool.

    Args:
        column: The column.

    Returns:
        The type that the JSON reader is asked for, and a template that turns ``{}``,
        the value so read, into the column's type.
    """
    if column.type == TIMESTAMP:
        # The session's zone is UTC: a text without an offset is taken as UTC, one with
        # an offset is converted.
        return "TIMESTAMPTZ", "CAST({} AS TIMESTAMP)"
    if column.type == TIME:
        # DuckDB reads no 'Z' in a time and, without a zone type, drops offsets silently.
        zoned = "CAST(regexp_replace({}, '[Zz]$', '+00') AS TIMETZ)"
        return VARCHAR, f"CAST(timezone('UTC', {zoned}) AS TIME)"
    return column.type, "{}"
