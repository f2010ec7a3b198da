"""What can go wrong, each as one line a user can act on."""

from __future__ import annotations

from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException


class TargetError(Exception):
    """A failure whose message is the one line that the user is shown."""


class SettingError(TargetError):
    """A setting is missing, malformed or cannot be met."""


class InputError(TargetError):
    """The tap sent something that cannot be stored as declared."""


class ConversionError(InputError):
    """DuckDB could not convert a stored text to its column's type."""


class NoSchemaError(InputError, RecordsWithoutSchemaException):
    """A stream's rows came before its SCHEMA message."""


class MissingKeyError(InputError, MissingKeyPropertiesError):
    """A row lacks a value for a key column."""


class SchemaError(TargetError):
    """A stream's declared shape cannot be stored in its table."""


class WarehouseError(TargetError):
    """The DuckDB file cannot be opened, read or written."""


class OutputError(TargetError):
    """Nobody reads the STATE lines any more."""


_SHOWN_CHARACTERS = 24


def shown(value: object) -> str:
    """Describe a value for an error line without repeating much of it.

    Args:
        value: Any decoded JSON value.

    Returns:
        The kind of the value and at most its beginning: rows may hold personal data.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = str(value)
    short = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
    if isinstance(value, str):
        return "the text " + ascii(short)
    return f"the number {short}"


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, shortened.

    Args:
        error: An exception of the operating system or of DuckDB.

    Returns:
        Text that fits into a one-line message.
    """
    lines = str(error).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    limit = 300
    return line if len(line) <= limit else f"{line[:limit]}..."
