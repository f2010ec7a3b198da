"""Plain answers read at once: the same records as field by field, or none at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.fields import NOT_AVAILABLE, Field
from solar_tap_kit.plain import PlainReader
from solar_tap_kit.projection import Projection
from solar_tap_kit.table import Table

FIELDS = (
    Field("label", "string", "Label.", ("dataTime",)),
    Field.vendor("pvPower", "number", "PV, kW.", "PVPower"),
    Field.vendor("active", "boolean", "Active."),
    Field.vendor("optimizers", "integer", "How many."),
    Field("fetched_at", "timestamp", "When.", required=True),
)
READER = PlainReader(FIELDS, rows="itemList", beside=["total"])
PLAIN = {"dataTime": "a", "pvPower": 1.5, "active": True, "optimizers": 3}


def read(*rows: dict[str, Any], **beside: Any) -> Any:
    """Read rows that stand in an answer."""
    return READER.read(json.dumps({"itemList": rows, **beside}))


def test_a_plain_answer_is_read_whole() -> None:
    """Rows, what stands beside them, and the columns that the caller adds."""
    found = read(PLAIN, {"dataTime": "b", "pvPower": 2}, total=7)
    assert found.beside == {"total": 7}
    assert found.column("label") == ["a", "b"]
    table = found.table({"fetched_at": "now"}, {"seq": [0, 1]})
    assert list(table) == [
        {"label": "a", "pv_power": 1.5, "active": True, "optimizers": 3, "fetched_at": "now",
         "seq": 0},
        {"label": "b", "pv_power": 2, "active": None, "optimizers": None, "fetched_at": "now",
         "seq": 1},
    ]  # fmt: skip
    assert type(table[1]["pv_power"]) is int


@pytest.mark.parametrize(
    "odd",
    [
        {"brandNew": 1}, {"PVPower": 1.0}, {"pvPower": "1.5"}, {"pvPower": ""}, {"active": "true"},
        {"optimizers": 2.5}, {"dataTime": 20260101}, *({"pvPower": n} for n in NOT_AVAILABLE),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_plain_is_left_to_others(odd: dict[str, Any]) -> None:
    """A new field, another spelling, a wrong type, a "not available": nothing is guessed."""
    assert read(PLAIN, PLAIN | odd) is None


@pytest.mark.parametrize("text", ["", "[]", "null", '"x"', "{cut", '{"itemList": 1}', '{"x": 1}'])
def test_another_form_is_none(text: str) -> None:
    """Whatever comes, nothing is raised."""
    assert READER.read(text) is None
    assert READER.read(text.encode() + b"\xff") is None


@pytest.mark.parametrize("text", ["{}", '{"itemList": null}', '{"itemList": []}'])
def test_no_rows_are_no_rows(text: str) -> None:
    """An empty day is an answer."""
    found = READER.read(text)
    assert found is not None
    assert list(found.table({"x": 1}, {"seq": []})) == []


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)


@given(st.lists(st.dictionaries(st.sampled_from([*PLAIN, "other"]), values), max_size=4))
def test_it_reads_what_the_projection_reads(rows: list[dict[str, Any]]) -> None:
    """Where it reads at all, field by field gives the same records."""
    found = read(*rows)
    if found is None:
        return
    project = Projection(FIELDS)
    assert list(found.table({}, {})) == [project(row) for row in rows]


def test_a_slice_of_a_table_is_a_table() -> None:
    """Its last records are looked at without making all of them."""
    table = Table(("a", "b"), [(1, 2), (3, 4), (5, 6)])
    assert list(table[-2:]) == [{"a": 3, "b": 4}, {"a": 5, "b": 6}]
    assert len(table[:1]) == 1
