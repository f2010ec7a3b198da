"""Secrets stay out of every text that leaves the process.

Credentials are registered once, when the settings are read; from then on each log record
passes through `Redactor`, whoever writes it and at whatever level.
"""

from __future__ import annotations

import logging
import traceback
import urllib.parse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "[secret]"
SHORTEST_SECRET = 4
"""Masking shorter values would eat ordinary words and help nobody."""


class Redactor(logging.Filter):
    """Replaces known secrets in log records and other text."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: list[str] = []

    def add(self, *secrets: object) -> None:
        """Register secrets, in the forms in which they can appear in text.

        Args:
            *secrets: Values to mask; None and very short values are ignored.
        """
        known = set(self._secrets)
        for secret in secrets:
            text = "" if secret is None else str(secret)
            if len(text) >= SHORTEST_SECRET:
                known |= {text, urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text)}
        # Longest first: one secret may contain another.
        self._secrets = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return `text` with every known secret masked."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record's message and traceback; never drops a record."""
        message = record.getMessage()
        masked = self.text(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info:
            trace = "".join(traceback.format_exception(*record.exc_info))
            if self.text(trace) != trace:
                record.exc_text, record.exc_info = self.text(trace), None
        return True

    def install(self, loggers: Iterable[str] = ("",)) -> None:
        """Attach to every handler of the named loggers, once each."""
        for name in loggers:
            for handler in logging.getLogger(name).handlers:
                if self not in handler.filters:
                    handler.addFilter(self)
