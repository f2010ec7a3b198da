"""What goes out as Singer lines."""

from __future__ import annotations

import json

import pytest

from solar_tap_kit.writer import CountingWriter


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\x00b", "ab"),
        ("\x00", ""),
        ("\\u0000", "\\u0000"),
        ("\\\x00", "\\"),
        ("line\nfeed", "line\nfeed"),
    ],
)
def test_a_nul_is_left_out_of_a_text(
    text: str, written: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """No warehouse but DuckDB takes it; what only looks like one stays."""
    CountingWriter().write_records("s", [{"a": text, "b": 1}, {"a": text, "b": 2}], "now")
    lines = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [line["record"] for line in lines] == [{"a": written, "b": 1}, {"a": written, "b": 2}]
