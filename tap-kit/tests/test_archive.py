"""The archive: what was paid for comes back whole, or not at all."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import TYPE_CHECKING

from solar_tap_kit.archive import Archive, Stored
from solar_tap_kit.windows import Days

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
FETCHED = "2026-03-10T12:00:00.000000Z"


def day(number: int) -> Days:
    """Return one day of January."""
    first = dt.date(2026, 1, 1) + dt.timedelta(days=number)
    return Days(first, first + dt.timedelta(days=1))


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    """Bodies in order and the time of their fetch; another question finds nothing."""
    archive = Archive(tmp_path, "me")
    assert archive.is_empty
    archive.put("s", "v2", "A", day(0), Stored([b"one", b"two"], FETCHED))
    assert archive.get("s", "v2", "A", day(0)) == Stored([b"one", b"two"], FETCHED)
    for question in (("s", "v1", "A", day(0)), ("s", "v2", "B", day(0)), ("s", "v2", "A", day(1))):
        assert archive.get(*question) is None
        assert not archive.has(*question)
    assert Archive(tmp_path, "you").is_empty


def test_a_bulk_body_is_kept_once(tmp_path: Path) -> None:
    """A hundred sites of one answer share its bytes."""
    archive = Archive(tmp_path, "me")
    for number in range(100):
        archive.put("bulk", "v1", str(number), day(0), Stored([b"x" * 5000], FETCHED))
    db = sqlite3.connect(tmp_path / "archive.sqlite")
    assert db.execute("SELECT count(*) FROM bodies").fetchone() == (1,)
    db.close()


def test_a_damaged_body_counts_as_absent(tmp_path: Path) -> None:
    """What has not its hash any more is asked again."""
    archive = Archive(tmp_path, "me")
    archive.put("s", "v2", "A", day(0), Stored([b"one"], FETCHED))
    db = sqlite3.connect(tmp_path / "archive.sqlite")
    db.execute("UPDATE bodies SET body = ?", (b"\x00\x01",))
    db.commit()
    db.close()
    assert archive.get("s", "v2", "A", day(0)) is None


def test_size_and_age_are_kept_in_bounds(tmp_path: Path) -> None:
    """The oldest answers go first, with the bodies that nobody else needs."""
    archive = Archive(tmp_path, "me")
    for number in range(300):
        at = NOW + dt.timedelta(days=number)
        body = bytes((number * 7 + index * 31) % 251 for index in range(9000))
        text = f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
        archive.put("s", "v2", "A", day(number), Stored([body, b"shared"], text))
    archive.tidy(NOW + dt.timedelta(days=300), keep_days=290, max_mb=None)
    assert archive.get("s", "v2", "A", day(9)) is None
    assert archive.get("s", "v2", "A", day(10)) is not None
    archive.tidy(NOW, keep_days=None, max_mb=0.04)
    assert archive.get("s", "v2", "A", day(20)) is None
    assert archive.get("s", "v2", "A", day(299)) is not None
