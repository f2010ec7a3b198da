"""Which pass of a repeated hour survived: by the counters, and not at all where they are mute."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tap_sigen import decode

if TYPE_CHECKING:
    from solar_tap_kit.fields import Record

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = dt.date(2026, 10, 25)
LATER = "2026-10-27T06:00:00.000000Z"
FIVE = dt.timedelta(minutes=5)
START = dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC)
PASS_BEGINS = {"first": 24, "second": 36}
"""How many five minutes after midnight each pass of 02:00 begins."""


def answer(load_kw: float, kept: str, *, spike: bool = False) -> dict[str, object]:
    """Return a day of 288 rows: of 02:00 to 03:00 only one pass is there."""
    total, items = 0.0, []
    for place in range(300):
        power = 9.0 if spike and place == PASS_BEGINS[kept] + 3 else load_kw
        if place:
            total += power / 12
        wall = (START + place * FIVE).astimezone(BERLIN)
        dropped = "second" if kept == "first" else "first"
        if 0 <= place - PASS_BEGINS[dropped] < 12:
            continue
        items.append(
            {
                "dataTime": f"{wall:%Y%m%d %H:%M}",
                "powerUse": round(total, 2),
                "loadPower": power,
                "powerGeneration": 0.0,
                "pvTotalPower": 0.0,
                "esCharging": 0.0,
                "esDischarging": 0.0,
                "esChargeDischargePower": 0.0,
            }
        )
    return {"powerUse": round(total + load_kw / 12, 2), "itemList": items}


def hour(rows: list[Record]) -> list[str]:
    """Return the instants of the rows of the repeated hour that count."""
    return [
        row["recorded_at"][11:16]
        for row in rows
        if row["local_time"][11:13] == "02" and row["is_valid_local_time"]
    ]


@pytest.mark.parametrize("spike", [False, True])
@pytest.mark.parametrize("kept", ["first", "second"])
def test_the_jump_of_an_hour_tells_the_pass(kept: str, *, spike: bool) -> None:
    """Even where a charger runs for five minutes: its power explains its energy."""
    rows, entry = decode.day(answer(0.3, kept, spike=spike), "A", NIGHT, BERLIN, LATER)
    found = hour(list(rows))
    assert (found[0], found[-1]) == (("00:00", "00:55") if kept == "first" else ("01:00", "01:55"))
    assert (entry["n_points"], entry["status"]) == (288, "partial")
    assert entry["reason"] == "pass_missing"


@pytest.mark.parametrize("kept", ["first", "second"])
def test_where_the_counters_are_mute_the_hour_does_not_count(kept: str) -> None:
    """A house that takes next to nothing: no half hour is claimed."""
    rows, entry = decode.day(answer(0.01, kept), "A", NIGHT, BERLIN, LATER)
    assert hour(list(rows)) == []
    assert (entry["n_points"], entry["reason"]) == (276, "pass_unknown")
    assert len(rows) == 288


def test_a_counter_that_falls_tells_nothing() -> None:
    """A row that contradicts its neighbours may have made the jump."""
    data = answer(0.3, "first")
    data["itemList"][30]["powerUse"] = 0.0  # type: ignore[index]
    rows, entry = decode.day(data, "A", NIGHT, BERLIN, LATER)
    assert hour(list(rows)) == []
    assert entry["reason"] == "pass_unknown"


def test_before_the_second_pass_has_begun_there_is_no_doubt() -> None:
    """The running night is read while its first 02:30 goes by."""
    data = answer(0.3, "first")
    data["itemList"] = data["itemList"][:30]  # type: ignore[index]
    rows, entry = decode.day(data, "A", NIGHT, BERLIN, "2026-10-25T00:30:00.000000Z")
    assert len(hour(list(rows))) == 6
    assert (entry["n_points"], entry["reason"]) == (30, None)
