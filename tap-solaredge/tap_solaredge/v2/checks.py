"""The answer of a series held against the request: its period, and the site's zone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, utc_text
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.notices import notice
from tap_solaredge.days import Dated
from tap_solaredge.v2.points import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.windows import Window

NO_REACH = dt.timedelta()
LONGEST_CALL = 32 * DAY
"""A call for days covers a calendar month at most, and may reach into the running day."""

ANOTHER_DAY = "rows_of_another_day"
ANOTHER_ZONE = "offset_contradicts_zone"
"""What may be odd about an answer, as the ledger's `reason` has it."""


def within(
    window: Window, found: list[Record], stream: str, reach: dt.timedelta = NO_REACH
) -> tuple[list[Record], int]:
    """Return the rows of a window's days, and how many others came; those are reported.

    The first interval after the window is no oddity: some servers take `to` as included.

    Args:
        window: What was requested.
        found: All rows of the answer.
        stream: Their stream.
        reach: How long the request may have been, where it reaches past the window.
    """
    end_utc = max(window.end_utc, window.start_utc + reach)
    first, end = utc_text(window.start_utc), utc_text(end_utc)
    mine = [row for row in found if first <= row["recorded_at"] < end]
    if len(mine) == len(found):
        return found, 0
    strays = sum(1 for row in found if not first <= row["recorded_at"] <= end)
    if strays:
        told = f"{strays} row(s) of other days than the requested ones came; left out"
        notice(f"{stream} {window.site.id} {ANOTHER_DAY}", told)
    return mine, strays


def noted(dated: Dated, window: Window, strays: int, *, is_elsewhere: bool = False) -> Dated:
    """Return a judgement with what was odd about the answer.

    A day of which nothing was said, as rows of other days came, is not a day without data.

    Args:
        dated: The judgement.
        window: What was requested.
        strays: How many rows of other days came.
        is_elsewhere: Whether timestamps contradict the site's zone.
    """
    if not strays and not is_elsewhere:
        return dated
    silent = strays > 0 and any(entry["status"] == "empty" for entry in dated.entries)
    entries = [
        {**entry, "reason": ANOTHER_DAY if strays else ANOTHER_ZONE}
        | ({"status": "partial"} if silent and entry["status"] == "empty" else {})
        for entry in dated.entries
    ]
    return Dated(dated.rows, entries, window.days.first if silent else dated.final_until)


def contradicts_zone(window: Window, answers: Sequence[Any]) -> bool:
    """Return, and report, whether timestamps carry an offset that the site's zone never has then.

    They are instants all the same, so no value is wrong; where the days are cut may be.
    """
    tz = window.site.tz
    for text in _first_timestamps(answers):
        try:
            stamp = parse_timestamp(text)
        except DecodeError:
            continue
        said, known = stamp.utcoffset(), stamp.astimezone(tz).utcoffset()
        if said and said != known:
            told = f"timestamps carry {_hours(said)}, where {tz} has {_hours(known)}"
            notice(f"offset of {window.site.id}", f"{told}; time_zones can name the site's zone")
            return True
    return False


def _hours(offset: dt.timedelta | None) -> str:
    minutes = round(offset.total_seconds() / 60) if offset else 0
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _first_timestamps(answer: Any) -> Iterator[str]:
    """Yield the first timestamp of each series."""
    if isinstance(answer, dict) and isinstance(answer.get("values"), list):
        yield from (str(item.get("timestamp")) for item in answer["values"][:1] if item)
    elif isinstance(answer, dict | list):
        for part in answer.values() if isinstance(answer, dict) else answer:
            yield from _first_timestamps(part)
