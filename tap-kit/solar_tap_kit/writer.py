"""Singer messages to standard output, with the bytes counted."""

from __future__ import annotations

import hashlib
import re
import sys
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter

from solar_tap_kit.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.singerlib import Message

    from solar_tap_kit.fields import Record

NUL = rb"\u0000"
"""PostgreSQL takes a text with this character in no column: one such name would end the load."""

_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


class CountingWriter(MsgSpecWriter):
    """Writes each message at once and knows how much has gone out."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_written = 0
        self._encoder = msgspec.json.Encoder()
        self._last_state = b""

    def write_message(self, message: Message) -> None:
        """Write one message as one line."""
        self._write(self.format_message(message))

    def write_records(self, stream: str, records: Sequence[Record], extracted_at: str) -> None:
        """Write RECORD messages, a line each, in one go.

        Args:
            stream: The stream's name.
            records: Values that JSON knows.
            extracted_at: When they were read, as text.
        """
        head, tail = self._encoder.encode(
            {"type": "RECORD", "stream": stream, "record": None, "time_extracted": extracted_at}
        ).split(b"null", 1)
        # JSON text holds no line feed, so each one ends a record: what stands around all of
        # them alike is put there in one go.
        rows = records.encodable if isinstance(records, Table) else records
        lines = self._encoder.encode_lines(rows)
        if NUL in lines:
            lines = _ESCAPED_NUL.sub(rb"\1", lines)
        between = tail + b"\n"
        self._write(head + lines[:-1].replace(b"\n", between + head) + between)

    def write_state(self, value: Mapping[str, Any]) -> None:
        """Write a STATE message, unless it says what the last one said.

        The SDK's own writer copies the whole state each time, twice; with thousands of
        sites that takes longer than the records.

        Args:
            value: The state, of values that JSON knows.
        """
        line = bytearray()
        self._encoder.encode_into({"type": "STATE", "value": value}, line)
        # Its digest, because a fleet's state is megabytes.
        digest = hashlib.sha256(line).digest()
        if digest != self._last_state:
            self._last_state = digest
            line += b"\n"
            self._write(line)

    def _write(self, lines: Any) -> None:
        self.bytes_written += len(lines)
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
