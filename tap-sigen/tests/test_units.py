"""Pieces that need no cloud: envelopes, labels, codes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.errors import DecodeError, SolarError
from solar_tap_kit.windows import Days, Site, Window
from tap_sigen import decode
from tap_sigen.codes import CODES, Action, meaning
from tap_sigen.envelope import code_and_message, data_of, unwrap

NOTES = Path(__file__).parents[2] / "docs" / "vendors" / "sigen.md"
DAY = dt.date(2026, 6, 1)
UTC = ZoneInfo("UTC")
NOW = "2026-06-02T09:00:00.000000Z"
WINDOW = Window("s", Site("A", UTC), Days(DAY, DAY + dt.timedelta(days=1)), "backfill")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("wrapped", "plain"),
    [
        ('{"a": "[1, 2]"}', {"a": [1, 2]}),
        (['{"b": "{\\"c\\": 1}"}'], [{"b": {"c": 1}}]),
        ("123", "123"),
        ("{not json", "{not json"),
        ({"systemName": "[Villa]"}, {"systemName": "[Villa]"}),
    ],
)
def test_json_in_json_is_opened(wrapped: Any, plain: Any) -> None:
    """Every level is parsed, and a name that only looks like JSON is left alone."""
    assert unwrap(wrapped) == plain


def test_a_body_that_nests_without_end_is_refused() -> None:
    """Depth is bounded: an answer must not be able to exhaust the stack."""
    text = "1"
    for _ in range(12):
        text = json.dumps([text])
    with pytest.raises(DecodeError, match="nests"):
        unwrap(text)


@pytest.mark.parametrize("body", [None, [], {}, "x", 5, {"code": "?"}, [{"code": 0}, {"code": 0}]])
def test_a_body_without_a_code_is_a_typed_error(body: Any) -> None:
    """What is no envelope ends in one line, not in a traceback."""
    with pytest.raises(DecodeError):
        code_and_message(body)


@given(JSON)
def test_any_data_ends_in_rows_or_a_typed_error(data: Any) -> None:
    """The cloud is untrusted input: nothing it says may raise anything else."""
    body = {"code": 0, "data": data}
    for read in (
        lambda: decode.systems(data_of(body), NOW),
        lambda: decode.devices(data_of(body), WINDOW, NOW),
        lambda: decode.day(data_of(body), "A", DAY, UTC, NOW),
    ):
        with contextlib.suppress(SolarError):
            read()


@given(st.lists(st.fixed_dictionaries({"dataTime": JSON, "pvTotalPower": JSON}), max_size=4))
def test_any_row_ends_in_a_row_or_a_typed_error(items: list[Any]) -> None:
    """Odd labels and values keep their row, or end in one line that names the field."""
    try:
        rows, entry = decode.day({"itemList": items}, "A", DAY, UTC, NOW)
    except SolarError:
        return
    assert len(rows) <= len(items)
    assert entry["n_points"] <= len(rows)


def test_a_row_without_a_readable_label_is_kept() -> None:
    """No row is lost: it is marked, and sorts at the day's start."""
    items = [{"dataTime": "20260601 00:00", "powerUse": 0}, {"dataTime": "soon"}, {}]
    rows, entry = decode.day({"itemList": items}, "A", DAY, UTC, NOW)
    assert [row["is_valid_local_time"] for row in rows] == [True, False, False]
    assert [row["seq"] for row in rows] == [0, 1, 2]
    assert entry["n_points"] == 1
    assert rows[1]["local_time"] is None


@pytest.mark.parametrize("name", ["powerGenerationKwh", "powerGeneration"])
def test_totals_are_read_under_either_name(name: str) -> None:
    """Servers differ; where both are given, the suffixed one is filled."""
    _, entry = decode.day({name: 9.5, "itemList": []}, "A", DAY, UTC, NOW)
    assert entry["power_generation"] == 9.5
    both = {"powerGeneration": 0.0, "powerGenerationKwh": 9.5, "itemList": []}
    assert decode.day(both, "A", DAY, UTC, NOW)[1]["power_generation"] == 9.5


@pytest.mark.parametrize(
    ("item", "instant"),
    [
        ({"gridConnectedTime": 1746419521000}, "2025-05-05T04:32:01+00:00"),
        ({"gridConnectTime": 1711814399}, "2024-03-30T15:59:59+00:00"),
        ({"gridConnectedTime": 0}, None),
        ({"gridConnectedTime": 1e300}, None),
        ({"gridConnectedTime": None}, None),
        ({}, None),
    ],
)
def test_the_grid_connection_is_read_in_either_unit(
    item: dict[str, Any], instant: str | None
) -> None:
    """Seconds by the document, milliseconds in reality, absent now and then."""
    found = decode.grid_connected_at(item)
    assert (found.isoformat() if found else None) == instant


def test_the_notes_hold_the_table_of_codes() -> None:
    """What the document says about a code is what the tap does."""
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", NOTES.read_text(), flags=re.MULTILINE)
    assert {int(code): (text, action) for code, text, action in rows} == {
        code: (known.text, known.action.value) for code, known in CODES.items()
    }


def test_an_unknown_code_is_tried_again() -> None:
    """New codes appear; guessing that they are fatal would stop everybody."""
    assert meaning(987654).action is Action.RETRY
