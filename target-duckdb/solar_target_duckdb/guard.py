"""Checks each record against its stream's columns, before anything is stored.

DuckDB's JSON reader converts what it can: it rounds 1.5 to 2 for a BIGINT and takes 5
for true. A loader must not, so every value is held to its declared JSON type first.
"""

from __future__ import annotations

import typing as t

import msgspec

from solar_target_duckdb.columns import BIGINT, DATE, JSON, TIME, TIMESTAMP, Column, Kind
from solar_target_duckdb.errors import InputError, MissingKeyError, shown

if t.TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN: dict[Kind, t.Any] = {
    Kind.BOOLEAN: bool,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.STRING: str,
}
REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError)
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_Whole = t.Annotated[int, msgspec.Meta(ge=_LOWEST, le=_HIGHEST)]
# A longer text carries a time of day, which a DATE would drop without a word.
_Day = t.Annotated[str, msgspec.Meta(max_length=10)]
# Shorter texts ('now', 'epoch', 'infinity') mean something to DuckDB but not to JSON.
_Instant = t.Annotated[str, msgspec.Meta(min_length=10)]
_ANY_BUT_NULL = dict[str, t.Any] | list[t.Any] | str | int | float | bool

_EXPECTED = {
    BIGINT: "a whole number of at most 64 bits",
    DATE: "a date such as 2026-03-29",
    TIMESTAMP: "a date-time such as 2026-03-29T01:30:00Z",
    TIME: "a time such as 01:30:00",
}


def _type_of(column: Column) -> t.Any:
    """Return the msgspec type of a column's values, null aside."""
    special = {BIGINT: _Whole, DATE: _Day, TIMESTAMP: _Instant}
    if column.type in special:
        return special[column.type]
    if not column.kinds:
        return _ANY_BUT_NULL
    return t.Union[tuple(_PLAIN[kind] for kind in column.kinds)]  # noqa: UP007


def _nameable(name: str) -> bool:
    """Tell whether msgspec can look for this member in an object."""
    return all(char >= " " and char not in '"\\' for char in name)


class Guard:
    """Checks the records of one stream.

    Args:
        stream: The stream's name, for messages.
        columns: The stream's columns.
        keys: The names of its key columns.

    Attributes:
        check: Checks one record fast; where it raises one of ``REFUSALS``, ``examine``
            has the last word.
    """

    def __init__(self, stream: str, columns: Sequence[Column], keys: Sequence[str]) -> None:
        self._stream = stream
        self._columns = columns
        self._keys = keys
        nameable = all(_nameable(column.name) for column in columns)
        self.check: t.Callable[[msgspec.Raw], object] = (
            self._decoder() if nameable else self.examine
        )

    def _decoder(self) -> t.Callable[[msgspec.Raw], object]:
        """Build the decoder that lets well-formed records pass at full speed."""
        fields: list[tuple[str, t.Any] | tuple[str, t.Any, t.Any]] = []
        names: dict[str, str] = {}
        for number, column in enumerate(self._columns):
            key = column.name in self._keys
            if column.type == JSON and not key:
                continue
            field = f"f{number}"
            names[field] = column.name
            kind = _type_of(column)
            fields.append((field, kind) if key else (field, kind | None, None))
        record = msgspec.defstruct("Record", fields, rename=names, kw_only=True, gc=False)
        return msgspec.json.Decoder(record).decode

    def examine(self, raw: msgspec.Raw) -> None:
        """Check one record value by value, to accept the odd and to name the wrong.

        Args:
            raw: The record as the tap wrote it.

        Raises:
            InputError: A value is not of its column's type, or a key is missing.
        """
        try:
            record = msgspec.json.decode(raw)
        except REFUSALS as error:
            msg = f"stream '{self._stream}': a record holds text that is not valid JSON ({error})"
            raise InputError(msg) from None
        if not isinstance(record, dict):
            msg = f"stream '{self._stream}': a record is {shown(record)}, not an object"
            raise InputError(msg)
        for key in self._keys:
            if record.get(key) is None:
                state = "is null" if key in record else "is missing"
                msg = (
                    f"stream '{self._stream}': key column '{key}' {state} in a record; "
                    "every row needs its whole key"
                )
                raise MissingKeyError(msg)
        for column in self._columns:
            value = record.get(column.name)
            if value is not None and not _fits(column, value):
                msg = (
                    f"stream '{self._stream}', column '{column.name}': expected "
                    f"{expected(column)}, got {shown(value)}"
                )
                raise InputError(msg)


def _fits(column: Column, value: object) -> bool:
    """Tell whether a value may go into a column.

    JSON Schema counts 5.0 as an integer, which msgspec does not.
    """
    if column.type == BIGINT and isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        msgspec.convert(value, _type_of(column))
    except msgspec.ValidationError:
        return False
    return True


def expected(column: Column) -> str:
    """Describe what a column takes.

    Args:
        column: The column.

    Returns:
        Words for an error line.
    """
    special = _EXPECTED.get(column.type)
    kinds = sorted(kind.value for kind in column.kinds)
    return special or f"a value of type {' or '.join(kinds)}"
