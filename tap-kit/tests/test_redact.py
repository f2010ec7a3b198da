"""No secret reaches a log, at any level, in any form."""

from __future__ import annotations

import io
import logging
import urllib.parse

import pytest

from solar_tap_kit.redact import MASK, Redactor

SECRET = "p@ss word/äö+%"  # noqa: S105 - invented


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO, Redactor]:
    """Return a logger whose handler is guarded, and what it has written."""
    out = io.StringIO()
    logger = logging.Logger("guarded", level=logging.DEBUG)  # noqa: LOG001 - not to be shared
    handler = logging.StreamHandler(out)
    logger.addHandler(handler)
    redactor = Redactor()
    handler.addFilter(redactor)
    redactor.add(SECRET, None, "abc")
    return logger, out, redactor


@pytest.mark.parametrize(
    "form", [SECRET, urllib.parse.quote(SECRET, safe=""), urllib.parse.quote_plus(SECRET)]
)
def test_every_form_is_masked(log: tuple[logging.Logger, io.StringIO, Redactor], form: str) -> None:
    """As it is and as it stands in a URL, in the message and in its arguments."""
    logger, out, _ = log
    logger.debug("GET /x?key=%s", form)
    logger.error(f"key {form} here")  # noqa: G004 - the form under test
    assert form not in out.getvalue()
    assert out.getvalue().count(MASK) == 2


def test_a_traceback_is_masked(log: tuple[logging.Logger, io.StringIO, Redactor]) -> None:
    """A chained library error would quote the whole URL."""
    logger, out, _ = log
    inner = ValueError(f"no host for key {SECRET}")
    outer = RuntimeError("outer")
    outer.__cause__ = inner
    logger.error("failed", exc_info=outer)
    assert SECRET not in out.getvalue()
    assert "direct cause" in out.getvalue()


def test_ordinary_text_is_left_alone(log: tuple[logging.Logger, io.StringIO, Redactor]) -> None:
    """Very short values are no secrets: masking them would eat words."""
    logger, out, redactor = log
    logger.info("abc %d", 5)
    assert out.getvalue() == "abc 5\n"
    assert redactor.text("abc") == "abc"
