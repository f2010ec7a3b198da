"""Singer messages to standard output, with the bytes counted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.singerlib import Message

    from solar_tap_kit.fields import Record


class CountingWriter(MsgSpecWriter):
    """Writes each message at once and knows how much has gone out."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_written = 0
        self._encoder = msgspec.json.Encoder()

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
        self._write(
            self._encoder.encode_lines(
                [
                    {
                        "type": "RECORD",
                        "stream": stream,
                        "record": record,
                        "time_extracted": extracted_at,
                    }
                    for record in records
                ]
            )
        )

    def _write(self, lines: Any) -> None:
        self.bytes_written += len(lines)
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
