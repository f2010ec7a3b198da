"""The answer is held against the question: its day, its rows, its labels, its values."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.notices import listening
from tap_sigen import decode
from tap_sigen.envelope import code_and_message, data_of, parse

OSLO = ZoneInfo("Europe/Oslo")
DAY = dt.date(2026, 6, 1)
AUTUMN = dt.date(2026, 10, 25)
LATER = "2026-11-30T09:00:00.000000Z"
MINUTES = range(0, 1440, 5)


def rows_of(day: dt.date, minutes: Any = MINUTES) -> list[dict[str, Any]]:
    """Return plain rows, each with values of its own."""
    return [
        {
            "dataTime": f"{day:%Y%m%d} {minute // 60:02}:{minute % 60:02}",
            "powerUse": minute / 10,
            "loadPower": 0.6,
            "batSoc": 50.0,
        }
        for minute in minutes
    ]


def read(
    items: list[Any], *, day: dt.date = DAY, fetched_at: str = LATER, **totals: Any
) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, str]]:
    """Decode a day from text and from objects, which have to agree."""
    data = {**totals, "itemList": items}
    with listening() as notices:
        rows, entry = decode.day(json.dumps(data), "FJORD", day, OSLO, fetched_at)
    same, other = decode.day(data, "FJORD", day, OSLO, fetched_at)
    assert [*rows] == [*same]
    assert entry == other
    return [*rows], entry, notices


def counted(rows: list[dict[str, Any]]) -> list[str]:
    """Return the instants of the rows that models use."""
    return [row["recorded_at"] for row in rows if row["is_valid_local_time"]]


@pytest.mark.parametrize("shift", [-9, -1, 1, 365])
def test_rows_of_another_day_are_not_the_days(shift: int) -> None:
    """Nothing was said of the day that was asked, and its totals are another day's too."""
    other = DAY + dt.timedelta(days=shift)
    rows, entry, notices = read(rows_of(other), powerGenerationKwh=9.5)
    assert rows == []
    assert (entry["status"], entry["n_points"], entry["expected_points"]) == ("partial", 0, 288)
    assert entry["reason"] == "rows_of_another_day"
    assert entry["power_generation"] is None
    assert len(notices) == 1


def test_a_day_cut_by_another_clock_is_partial() -> None:
    """A cloud that cuts days elsewhere gives rows of two days, and totals of neither."""
    tomorrow = DAY + dt.timedelta(days=1)
    items = rows_of(DAY, range(120, 1440, 5)) + rows_of(tomorrow, range(0, 120, 5))
    rows, entry, _ = read(items, powerUseKwh=14.4)
    assert len(rows) == 264
    assert {row["local_date"] for row in rows} == {DAY.isoformat()}
    assert (entry["status"], entry["n_points"]) == ("partial", 264)
    assert entry["power_use"] is None


def test_the_next_midnight_is_no_other_day() -> None:
    """A 289th row at the day's end is left out without a word; the day is whole."""
    items = rows_of(DAY) + rows_of(DAY + dt.timedelta(days=1), [0])
    rows, entry, notices = read(items, powerUseKwh=14.4)
    assert (entry["status"], entry["n_points"], entry["reason"]) == ("complete", 288, None)
    assert entry["power_use"] == 14.4
    assert len(rows) == 288
    assert notices == {}


def test_a_row_counts_once() -> None:
    """Rows that repeat one another don't make up for those that are missing."""
    items = rows_of(DAY, [minute for minute in MINUTES if not 600 <= minute < 660])
    (again,) = (item for item in items if item["dataTime"].endswith("09:55"))
    at = items.index(again)
    items[at:at] = [again] * 12
    rows, entry, notices = read(items)
    assert (entry["status"], entry["n_points"], entry["reason"]) == (
        "partial",
        276,
        "rows_repeated",
    )
    assert [row["seq"] for row in rows] == list(range(288))
    assert len(counted(rows)) == len(set(counted(rows))) == 276
    assert len(notices) == 1


def test_more_rows_than_the_day_has_are_not_a_whole_day() -> None:
    """Rows a minute apart fill only the points that they stand on."""
    _, entry, _ = read(rows_of(DAY, range(400)))
    assert (entry["status"], entry["n_points"]) == ("partial", 80)


def test_rows_that_contradict_each_other_do_not_count() -> None:
    """Which of two values is right is unknown: neither is used."""
    items = rows_of(DAY)
    items.insert(120, {**items[119], "powerUse": 99.9})
    rows, entry, _ = read(items)
    assert (entry["status"], entry["n_points"]) == ("partial", 287)
    assert entry["reason"] == "rows_contradict"
    assert [row["data_time"][-5:] for row in rows if not row["is_valid_local_time"]] == [
        "09:55"
    ] * 2


def test_the_hour_that_comes_twice_is_no_repetition() -> None:
    """Of the autumn night all 300 rows count; a row said again in it counts once."""
    night = [*range(0, 180, 5), *range(120, 1440, 5)]
    items = [{**item, "powerUse": number} for number, item in enumerate(rows_of(AUTUMN, night))]
    _, entry, _ = read(items, day=AUTUMN)
    assert (entry["status"], entry["n_points"], entry["reason"]) == ("complete", 300, None)
    items.insert(25, items[25])
    rows, entry, _ = read(items, day=AUTUMN)
    assert (entry["status"], entry["n_points"]) == ("complete", 300)
    assert entry["reason"] == "rows_repeated"
    assert len(set(counted(rows))) == 300


@pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo", "Asia/Tokyo"])
@pytest.mark.parametrize("day", [DAY, AUTUMN, dt.date(2026, 3, 29)], ids=str)
def test_an_explicit_zone_is_honoured(zone: str, day: dt.date) -> None:
    """Labels with `Z` or an offset are instants; wall clock and offset are the system's."""
    start = dt.datetime.combine(day, dt.time(), tzinfo=OSLO).astimezone(dt.UTC)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=OSLO)
    instants = [start + dt.timedelta(minutes=5 * n) for n in range((end - start) // STEP)]
    labels = [at.astimezone(ZoneInfo(zone)).isoformat().replace("+00:00", "Z") for at in instants]
    items = [{"dataTime": label, "powerUse": n} for n, label in enumerate(labels)]
    rows, entry, _ = read(items, day=day)
    assert entry["status"] == "complete"
    assert entry["reason"] == ("offset_contradicts_zone" if zone == "Asia/Tokyo" else None)
    assert [row["recorded_at"] for row in rows] == [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in instants]
    assert rows[0]["local_time"] == f"{day} 00:00:00"
    assert {row["local_date"] for row in rows} == {day.isoformat()}
    assert rows[-1]["utc_offset_minutes"] == end.utcoffset() / dt.timedelta(minutes=1)


STEP = dt.timedelta(minutes=5)


def test_rows_ahead_of_the_answer_do_not_count() -> None:
    """The rest of the running day as rows is no measurement, and no complete day."""
    rows, entry, _ = read(rows_of(DAY), fetched_at="2026-06-01T10:02:00.000000Z")
    assert (entry["status"], entry["reason"]) == ("pending", "rows_ahead")
    assert counted(rows)[-1] == "2026-06-01T10:15:00Z"
    assert not decode.reaches_the_end(rows, DAY, OSLO)


def test_rows_without_a_value_are_no_points() -> None:
    """A label alone says nothing; the day is asked again while its end has none."""
    items = rows_of(DAY)
    for item in items[200:]:
        item.update(dict.fromkeys(("powerUse", "loadPower", "batSoc")))
    rows, entry, notices = read(items)
    assert (entry["status"], entry["n_points"]) == ("partial", 200)
    assert entry["reason"] == "rows_without_values"
    assert len(rows) == 288
    assert not decode.reaches_the_end(rows, DAY, OSLO)
    assert notices == {}


@pytest.mark.parametrize("odd", ["--", "55,5", "-", [1], {"a": 1}, True, 1e999], ids=str)
def test_one_unreadable_value_is_null(odd: Any) -> None:
    """The others of its row and day are kept, the day is whole."""
    items = rows_of(DAY)
    items[7]["batSoc"] = items[9]["batSoc"] = odd
    rows, entry, notices = read(items)
    assert [row["bat_soc"] for row in rows[6:11]] == [50.0, None, 50.0, None, 50.0]
    assert rows[7]["power_use"] == 3.5
    assert entry["status"] == "complete"
    assert len(notices) == 1


def test_an_entry_that_is_no_row_is_left_out() -> None:
    """Null between rows costs no row."""
    items = rows_of(DAY)
    rows, entry, notices = read([None, *items[:5], "x", *items[5:]])
    assert (len(rows), entry["status"], len(notices)) == (288, "complete", 1)


@pytest.mark.parametrize("data", [None, "null", "", " ", '{"itemList": null}', '{"itemList": ""}'])
def test_nothing_is_an_empty_day(data: Any) -> None:
    """Null as text, or no text at all, is no row."""
    rows, entry = decode.day(data, "FJORD", DAY, OSLO, LATER)
    assert (list(rows), entry["status"], entry["reason"]) == ([], "empty", None)
    assert data_of({"code": 0, "data": data}) in (None, {"itemList": None}, {"itemList": ""})


def test_data_without_a_code_is_a_success() -> None:
    """Some servers leave the code out of what they answer; an error they never do."""
    assert code_and_message({"data": "[]"}) == (0, "")
    assert parse(b'{"code": null, "data": "[1]"}') == [1]


minutes = st.lists(st.integers(0, 1439), max_size=30)
labels = st.builds(
    lambda day, minute, form: (
        (DAY + dt.timedelta(days=day))
        .strftime(form)
        .replace("MM", f"{minute // 60:02}:{minute % 60:02}")
    ),
    st.integers(-1, 1),
    st.integers(0, 1439),
    st.sampled_from(["%Y%m%d MM", "%Y-%m-%d MM:00", "%Y-%m-%dTMM:00Z", "%Y-%m-%dTMM+05:30", "no"]),
)
values = st.none() | st.integers(0, 3) | st.just("--")


@given(st.lists(st.fixed_dictionaries({"dataTime": labels, "powerUse": values}), max_size=12))
def test_any_answer_is_held_against_its_question(items: list[dict[str, Any]]) -> None:
    """No instant twice, none of another day, no more points than rows; text and objects agree."""
    rows, entry, _ = read(items)
    instants = counted(rows)
    assert len(instants) == len(set(instants))
    start = dt.datetime.combine(DAY, dt.time(), tzinfo=OSLO).astimezone(dt.UTC)
    for text in instants:
        at = dt.datetime.fromisoformat(text)
        assert start <= at < start + dt.timedelta(days=1)
    assert entry["n_points"] <= len(instants)
