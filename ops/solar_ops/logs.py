"""The log of a run: a file with rotation, as text or JSON, with every secret masked."""

from __future__ import annotations

import datetime as dt
import json
import logging
import logging.handlers
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from solar_ops.errors import OpsError
from solar_tap_kit.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solar_ops.settings import Settings

MEGABYTE = 1024 * 1024
TEXT_FORMAT = "%(asctime)s %(levelname)-7s %(solar_source)s: %(message)s"
logger = logging.getLogger("solar")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        entry: dict[str, Any] = {
            "at": f"{dt.datetime.fromtimestamp(record.created, dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": record.levelname.lower(),
            "run_id": getattr(record, "solar_run", ""),
            "source": getattr(record, "solar_source", ""),
            "message": record.getMessage(),
        }
        if summary := getattr(record, "solar_summary", None):
            entry["summary"] = summary
        return json.dumps(entry, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    @staticmethod
    def converter(seconds: float | None) -> time.struct_time:
        """Return a moment in UTC."""
        return time.gmtime(seconds)

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"


def redactor_for(settings: Settings) -> Redactor:
    """Return what masks every secret of the settings, passwords inside addresses included."""
    redactor = Redactor()
    for secret in settings.secrets():
        redactor.add(secret)
        if "://" in secret and "@" in secret:
            redactor.add(secret.split("://")[1].rpartition("@")[0].partition(":")[2])
    return redactor


class RunLog:
    """Writes what a run and its programs say.

    Args:
        run_id: The run.
        redactor: What masks secrets.
    """

    def __init__(self, run_id: str, redactor: Redactor) -> None:
        self._run_id = run_id
        self._redactor = redactor

    def write(self, level: int, source: str, message: str, **extra: Any) -> None:
        """Write one message.

        Args:
            level: Its severity.
            source: The program that says it.
            message: What it says.
            **extra: `summary`, for the end of a run.
        """
        more = {f"solar_{name}": value for name, value in extra.items()}
        logger.log(
            level,
            "%s",
            self._redactor.text(message),
            extra={"solar_run": self._run_id, "solar_source": source, **more},
        )


@contextmanager
def run_log(settings: Settings, run_id: str, redactor: Redactor) -> Iterator[RunLog]:
    """Open the log file for a run.

    Raises:
        OpsError: The file can't be written.
    """
    path = settings.path("LOG_FILE")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path,
            maxBytes=int(settings.number("LOG_MAX_MB") * MEGABYTE),
            backupCount=int(settings.number("LOG_KEEP")),
            encoding="utf-8",
        )
    except OSError as error:
        message = f"SOLAR_LOG_FILE: {path} can not be written: {error.strerror}"
        raise OpsError(message) from None
    as_json = settings["LOG_FORMAT"] == "json"
    handler.setFormatter(JsonFormatter() if as_json else _TextFormatter(TEXT_FORMAT))
    logger.setLevel(settings["LOG_LEVEL"].upper())
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield RunLog(run_id, redactor)
    finally:
        logger.removeHandler(handler)
        handler.close()
