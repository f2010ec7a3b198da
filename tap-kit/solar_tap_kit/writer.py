"""Singer messages to standard output, with the bytes counted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message


class CountingWriter(MsgSpecWriter):
    """Writes each message at once and knows how much has gone out."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_written = 0

    def write_message(self, message: Message) -> None:
        """Write one message as one line."""
        line = self.format_message(message)
        self.bytes_written += len(line)
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
