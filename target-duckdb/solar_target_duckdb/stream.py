"""One stream: its declared shape, and its rows between the tap and the table."""

from __future__ import annotations

import typing as t

import msgspec
from singer_sdk.exceptions import InvalidJSONSchema, InvalidRecord
from singer_sdk.sinks.core import JSONSchemaValidator

from solar_target_duckdb.columns import columns_of
from solar_target_duckdb.database import disk_errors
from solar_target_duckdb.errors import InputError, SchemaError, first_line
from solar_target_duckdb.guard import REFUSALS, Guard
from solar_target_duckdb.metadata import NAMES, VERSION, metadata_for

if t.TYPE_CHECKING:
    from pathlib import Path

    from solar_target_duckdb.messages import Record, Schema
    from solar_target_duckdb.settings import Settings
    from solar_target_duckdb.tables import Layout

_SMALLEST_OBJECT = 1 << 16
# What a line gains around its record when metadata is kept.
_ENVELOPE_BYTES = 1 << 10


class Stream:
    """A stream as its latest SCHEMA message declares it.

    Rows stay the bytes that the tap wrote; the database reads them from a file of the
    spool, so that memory does not grow with the size of a batch.

    Args:
        message: The SCHEMA message.
        settings: The target's settings.
        spool: The stream's own file in the spool.
        versioned: Whether the rows' versions are stored.

    Attributes:
        name: The stream's name.
        message: The SCHEMA message.
        columns: The columns that the tap declares.
        keys: The names of the key columns; empty for a stream that appends.
        metadata: The ``_sdc_`` columns.
        versioned: Whether the rows' versions are among them.
        layout: Where the columns lie in the table; set once the table is ready.
        spool: The file that holds the pending rows.
        pending: How many rows wait for the next transaction.
        largest: An upper bound for the bytes of one spooled line.
        unversioned: Whether a row came without a version.
    """

    layout: Layout

    def __init__(
        self, message: Schema, settings: Settings, spool: Path, *, versioned: bool = False
    ) -> None:
        self.name = message.stream
        self.message = message
        self._schema = bytes(message.schema)
        schema = msgspec.json.decode(message.schema)
        self.columns = [c for c in columns_of(self.name, schema) if c.name not in NAMES]
        self.keys = list(dict.fromkeys(message.key_properties or []))
        for key in self.keys:
            if key not in {column.name for column in self.columns}:
                msg = f"stream '{self.name}': key column '{key}' is not among its properties"
                raise SchemaError(msg)
        self.metadata = metadata_for(settings, versioned=versioned)
        self.versioned = any(item.column.name == VERSION for item in self.metadata)
        self.spool = spool
        self.pending = 0
        self.largest = _SMALLEST_OBJECT
        self.unversioned = False
        self._guard = Guard(self.name, self.columns, self.keys)
        self._check = self._guard.check
        self._rows: list[msgspec.Raw | bytes] = []
        self._validator = self._strict_validator(schema) if settings.validate else None

    def _strict_validator(self, schema: dict[str, t.Any]) -> JSONSchemaValidator:
        """Build the check of records against the whole schema."""
        try:
            return JSONSchemaValidator(schema, validate_formats=True)
        except InvalidJSONSchema as error:
            msg = f"stream '{self.name}': its SCHEMA is no JSON Schema: {first_line(error)}"
            raise SchemaError(msg) from None

    def declares(self, message: Schema) -> bool:
        """Tell whether a SCHEMA message repeats what the stream already has.

        Args:
            message: The message.

        Returns:
            True if nothing changes; taps repeat SCHEMA for each parent row, so this
            compares bytes and decodes nothing.
        """
        return self._schema == bytes(message.schema) and (self.message.key_properties or []) == (
            message.key_properties or []
        )

    def add(self, message: Record, received: int) -> None:
        """Take one row.

        Args:
            message: The RECORD message.
            received: When it came, in milliseconds since 1970.

        Raises:
            InputError: The row does not fit the stream.
        """
        raw = message.record
        try:
            self._check(raw)
        except REFUSALS:
            self._guard.examine(raw)
        if self._validator is not None:
            self._validate(self._validator, raw)
        if message.version is None:
            self.unversioned = True
        if self.metadata:
            self._rows.append(
                b'{"received":%d,"version":%b,"extracted":%b,"record":%b}'
                % (
                    received,
                    msgspec.json.encode(message.version),
                    msgspec.json.encode(message.time_extracted),
                    raw,
                )
            )
        else:
            self._rows.append(raw)
        self.pending += 1

    def _validate(self, validator: JSONSchemaValidator, raw: msgspec.Raw) -> None:
        """Check a row against the whole JSON Schema."""
        try:
            validator.validate(msgspec.json.decode(raw))
        except InvalidRecord as error:
            reason = " ".join(error.error_message.split())[:120]
            msg = f"stream '{self.name}': a record breaks its JSON Schema: {reason}"
            raise InputError(msg) from None

    def spill(self, block_bytes: int) -> None:
        """Append the rows taken since the last call to the spool.

        Args:
            block_bytes: The size of the block that they came in.
        """
        if not self._rows:
            return
        self.largest = max(self.largest, block_bytes + _ENVELOPE_BYTES)
        with disk_errors(self.spool), self.spool.open("ab") as file:
            self._rows.append(b"")
            file.write(b"\n".join(self._rows))
        self._rows.clear()

    def clear(self) -> None:
        """Forget the pending rows, which are stored now."""
        self.pending = 0
        self.largest = _SMALLEST_OBJECT
        self._rows.clear()
        with disk_errors(self.spool):
            self.spool.unlink(missing_ok=True)
