"""A file of days: what it names is fetched, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from solar_tap_kit.errors import SettingsError
from solar_tap_kit.requested import RequestedDays
from solar_tap_kit.windows import Cut, Days, missing

if TYPE_CHECKING:
    from pathlib import Path


def named(tmp_path: Path, *lines: tuple[str, str, int, int, bool]) -> RequestedDays:
    """Write a file of days in March and read it."""
    path = tmp_path / "days.jsonl"
    entries = [
        {"site": site, "stream": stream, "first": f"2026-03-{first:02}",
         "last": f"2026-03-{last:02}", "refetch": refetch}
        for site, stream, first, last, refetch in lines
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, entries)) + "\n\n", encoding="utf-8")
    return RequestedDays(str(path))


def march(first: int, end: int) -> Days:
    """Return days of March."""
    return Days(dt.date(2026, 3, first), dt.date(2026, 3, end))


def test_scattered_days_are_spans_newest_first(tmp_path: Path) -> None:
    """What any stream of a request lacks is fetched; of other sites and streams nothing."""
    days = named(
        tmp_path, ("A", "s", 1, 3, False), ("A", "t", 3, 4, True), ("A", "s", 9, 9, False),
        ("B", "s", 20, 20, False),
    )  # fmt: skip
    assert days.spans("A", ["s", "t"]) == [march(9, 10), march(3, 5), march(1, 3)]
    assert days.spans("A", ["other"]) == []
    assert days.spans("C", ["s"]) == []
    assert days.is_refetch("A", ["s", "t"], march(3, 4))
    assert not days.is_refetch("A", ["s"], march(3, 4))
    assert not days.is_refetch("A", ["s", "t"], march(1, 3))


def test_a_span_is_fetched_whole_whatever_was_fetched_before_it() -> None:
    """Newer spans of the same run neither hide an older one nor fill what lies between."""
    for stored in (None, march(9, 10), march(5, 10)):
        due = missing(march(3, 5), stored, cut=Cut())
        found = {day for span in (due.forward, due.history) for day in span}
        assert found == set(march(3, 5))


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"site": "A"}',
        '{"site": "A", "stream": "s", "first": "x", "last": "y"}',
    ],
)
def test_a_line_that_can_not_be_read_is_named(line: str, tmp_path: Path) -> None:
    """And a file that is not there too; nothing is fetched then."""
    path = tmp_path / "days.jsonl"
    path.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"days_file: .*days\.jsonl, line 2"):
        RequestedDays(str(path))
    with pytest.raises(SettingsError, match="can't be read"):
        RequestedDays(str(tmp_path / "nothing"))
