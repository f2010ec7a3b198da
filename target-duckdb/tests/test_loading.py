"""Rows arrive in the table as the tap meant them."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest

from solar_target_duckdb.errors import WarehouseError

if t.TYPE_CHECKING:
    from conftest import Singer, Warehouse


pytestmark = pytest.mark.slow

STRING = {"type": ["null", "string"]}


@pytest.mark.parametrize(
    ("schema", "kind", "value", "stored"),
    [
        ({"type": "integer"}, "BIGINT", 9223372036854775807, 9223372036854775807),
        ({"type": ["integer", "null"]}, "BIGINT", -9223372036854775808, -9223372036854775808),
        ({"type": "integer"}, "BIGINT", 5.0, 5),
        ({"type": "number"}, "DOUBLE", 0.1, 0.1),
        ({"type": "number"}, "DOUBLE", 7, 7.0),
        ({"type": ["integer", "number"]}, "DOUBLE", 7, 7.0),
        ({"type": "boolean"}, "BOOLEAN", False, False),
        ({"type": "string"}, "VARCHAR", "", ""),
        ({"type": "string"}, "VARCHAR", "null", "null"),
        ({"type": "string"}, "VARCHAR", 'Zoë \U0001f31e \u0000 \\ " \n 太陽', None),
        ({"type": "string", "format": "uuid"}, "VARCHAR", "x", "x"),
        ({"type": "string", "format": "date"}, "DATE", "2026-03-29", dt.date(2026, 3, 29)),
        ({"type": "string", "format": "time"}, "TIME", "01:30:00", dt.time(1, 30)),
        ({"type": "string", "format": "time"}, "TIME", "01:30:00Z", dt.time(1, 30)),
        ({"type": "string", "format": "time"}, "TIME", "01:30:00+02:00", dt.time(23, 30)),
        ({"type": "object"}, "JSON", {"b": [1, {"c": None}]}, '{"b":[1,{"c":null}]}'),
        ({"type": "array", "items": {"type": "string"}}, "JSON", ["a", ""], '["a",""]'),
        ({}, "JSON", "any", '"any"'),
        ({"anyOf": [{"type": "object"}, {"type": "string"}]}, "JSON", "x", '"x"'),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "DOUBLE", 2, 2.0),
        ({"oneOf": [{"type": "integer"}, {"type": "null"}]}, "BIGINT", 2, 2),
        ({"type": ["string", "integer"]}, "VARCHAR", 12, "12"),
        ({"type": ["string", "integer"]}, "VARCHAR", "12", "12"),
        ({"type": ["string", "boolean"]}, "VARCHAR", True, "true"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, STRING]}, "VARCHAR", "x", "x"),
        ({"type": "null"}, "VARCHAR", None, None),
    ],
)
def test_types(
    warehouse: Warehouse, singer: Singer, schema: object, kind: str, value: object, stored: object
) -> None:
    """Each JSON type has its column type, and values come through it unharmed."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": schema}, ["id"]),
        singer.record("s", {"id": 1, "v": value}),
        singer.record("s", {"id": 2, "v": None}),
        singer.record("s", {"id": 3}),
    )
    assert warehouse.types("s") == {"id": "BIGINT", "v": kind}
    expected = value if stored is None else stored
    rows = warehouse.query("SELECT id, v FROM s ORDER BY id")
    assert rows == [(1, expected), (2, None), (3, None)]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-29T01:30:00+02:00", "2026-03-28 23:30:00"),
        ("2026-03-29T01:30:00Z", "2026-03-29 01:30:00"),
        ("2026-03-29T01:30:00", "2026-03-29 01:30:00"),
        ("2026-03-29 01:30:00.250+05:45", "2026-03-28 19:45:00.25"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25 00:30:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25 01:30:00"),
        ("2026-03-29T01:30:00-0930", "2026-03-29 11:00:00"),
        ("2026-03-29T01:30:00.123456Z", "2026-03-29 01:30:00.123456"),
        ("2026-03-29", "2026-03-29 00:00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31 23:59:59"),
    ],
)
def test_date_times_are_utc(warehouse: Warehouse, singer: Singer, text: str, utc: str) -> None:
    """An offset is converted, a date-time without one is UTC already."""
    warehouse.load(
        singer.schema("s", {"at": {"type": "string", "format": "date-time"}}),
        singer.record("s", {"at": text}),
    )
    assert warehouse.types("s") == {"at": "TIMESTAMP"}
    assert warehouse.query('SELECT CAST("at" AS VARCHAR) FROM s') == [(utc,)]


def test_same_instant_is_the_same_key(warehouse: Warehouse, singer: Singer) -> None:
    """A date-time key written with another offset replaces the row, it does not double it."""
    at = {"type": "string", "format": "date-time"}
    warehouse.load(
        singer.schema("s", {"at": at, "v": "integer"}, ["at"]),
        singer.record("s", {"at": "2026-01-01T01:00:00+01:00", "v": 1}),
        singer.record("s", {"at": "2026-01-01T00:00:00Z", "v": 2}),
    )
    warehouse.load(
        singer.schema("s", {"at": at, "v": "integer"}, ["at"]),
        singer.record("s", {"at": "2025-12-31T23:00:00-01:00", "v": 3}),
    )
    assert warehouse.query("SELECT v FROM s") == [(3,)]


@pytest.mark.parametrize(
    ("schema", "one", "two"),
    [
        ({"type": "number"}, 0.1, 1e300),
        ({"type": "boolean"}, True, False),
        ({"type": "string"}, "", "a\u0000"),
        ({"type": "string", "format": "date"}, "2026-01-01", "2026-01-02"),
        ({"type": "string", "format": "time"}, "01:00:00", "01:00:01"),
        ({"type": "object"}, {"a": 1, "b": [2]}, {}),
        ({"type": ["string", "integer"]}, "1", 2),
    ],
)
def test_keys_of_any_type(
    warehouse: Warehouse, singer: Singer, schema: t.Any, one: t.Any, two: t.Any
) -> None:
    """Values of every type identify rows."""
    for value in (1, 2):
        warehouse.load(
            singer.schema("s", {"k": schema, "v": "integer"}, ["k"]),
            singer.record("s", {"k": one, "v": 0}),
            singer.record("s", {"k": two, "v": value}),
            singer.record("s", {"k": one, "v": -value}),
        )
    assert warehouse.query("SELECT v FROM s ORDER BY v") == [(-2,), (2,)]


def test_last_row_wins_within_a_batch_and_between_runs(
    warehouse: Warehouse, singer: Singer
) -> None:
    """Of rows with one key the last that came is kept."""
    schema = singer.schema("s", {"a": "integer", "b": "string", "v": "integer"}, ["a", "b"])
    warehouse.load(
        schema,
        singer.record("s", {"a": 1, "b": "x", "v": 1}),
        singer.record("s", {"a": 1, "b": "y", "v": 2}),
        singer.record("s", {"a": 1, "b": "x", "v": 3}),
    )
    assert warehouse.query("FROM s ORDER BY ALL") == [(1, "x", 3), (1, "y", 2)]
    warehouse.load(
        schema,
        singer.record("s", {"a": 1, "b": "y", "v": 4}),
        singer.record("s", {"a": 2, "b": "y", "v": 5}),
    )
    assert warehouse.query("FROM s ORDER BY ALL") == [(1, "x", 3), (1, "y", 4), (2, "y", 5)]


def test_batches_of_one_row(warehouse: Warehouse, singer: Singer) -> None:
    """The smallest batch size gives the same table."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": "integer"}, ["id"]),
        *(singer.record("s", {"id": n % 7, "v": n}) for n in range(50)),
        batch_size_rows=1,
    )
    assert warehouse.query("SELECT v FROM s ORDER BY id") == [
        (49,), (43,), (44,), (45,), (46,), (47,), (48,),
    ]  # fmt: skip


def test_without_key_rows_are_appended(warehouse: Warehouse, singer: Singer) -> None:
    """A stream without keys keeps every row, equal ones too."""
    lines = [singer.schema("s", {"v": "integer"}), *[singer.record("s", {"v": 1})] * 3]
    warehouse.load(*lines)
    warehouse.load(*lines)
    assert warehouse.query("SELECT count(*) FROM s") == [(6,)]


def test_first_rows_of_batches_are_not_lost(warehouse: Warehouse, singer: Singer) -> None:
    """Every batch keeps its first row, also of streams of text only."""
    warehouse.load(
        singer.schema("s", {"id": "string", "v": "string"}, ["id"]),
        *(singer.record("s", {"id": f"id{n}", "v": "v"}) for n in range(1000)),
        batch_size_rows=100,
    )
    assert warehouse.query("SELECT count(*), count(DISTINCT id) FROM s") == [(1000, 1000)]


def test_absent_field_overwrites_with_null(warehouse: Warehouse, singer: Singer) -> None:
    """A record is the whole row: what it lacks is null afterwards."""
    schema = singer.schema("s", {"id": "integer", "v": "integer"}, ["id"])
    warehouse.load(schema, singer.record("s", {"id": 1, "v": 1}))
    warehouse.load(schema, singer.record("s", {"id": 1}))
    assert warehouse.query("FROM s") == [(1, None)]


def test_column_outside_the_schema_is_kept(warehouse: Warehouse, singer: Singer) -> None:
    """A property that the tap no longer declares keeps its values, in replaced rows too."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": "integer", "old": "string"}, ["id"]),
        singer.record("s", {"id": 1, "v": 1, "old": "a"}),
        singer.record("s", {"id": 2, "v": 1, "old": "b"}),
    )
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": "integer"}, ["id"]),
        singer.record("s", {"id": 2, "v": 2}),
        singer.record("s", {"id": 3, "v": 3}),
    )
    rows = warehouse.query("SELECT id, v, old FROM s ORDER BY id")
    assert rows == [(1, 1, "a"), (2, 2, "b"), (3, 3, None)]


def test_undeclared_members_are_ignored(warehouse: Warehouse, singer: Singer) -> None:
    """What a record has beyond its schema is not stored."""
    warehouse.load(
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.record("s", {"id": 1, "more": {"x": [1]}, "ID": "not me"}),
    )
    assert warehouse.query("FROM s") == [(1,)]


def test_schema_alone_creates_the_table(warehouse: Warehouse, singer: Singer) -> None:
    """An empty stream has an empty table."""
    warehouse.load(singer.schema("s", {"id": "integer", "v": "number"}, ["id"]))
    assert warehouse.types("s") == {"id": "BIGINT", "v": "DOUBLE"}
    assert warehouse.query("SELECT count(*) FROM s") == [(0,)]


def test_interleaved_streams(warehouse: Warehouse, singer: Singer) -> None:
    """Rows of many streams may come in any order."""
    names = [f"s{n}" for n in range(40)]
    warehouse.load(
        *(singer.schema(name, {"id": "integer"}, ["id"]) for name in names),
        *(singer.record(name, {"id": n}) for n in range(30) for name in names),
        batch_size_rows=13,
    )
    counts = [warehouse.query(f"SELECT count(*) FROM {name}") for name in names]  # noqa: S608
    assert counts == [[(30,)]] * 40


def test_repeated_schema_does_not_cut_batches(
    warehouse: Warehouse, singer: Singer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SCHEMA before every row, as parent streams cause, costs no transaction."""
    opened = []
    from solar_target_duckdb.database import Database  # noqa: PLC0415

    original = Database.transaction
    monkeypatch.setattr(Database, "transaction", lambda self: opened.append(1) or original(self))
    schema = singer.schema("s", {"id": "integer"}, ["id"])
    lines = [line for n in range(200) for line in (schema, singer.record("s", {"id": n}))]
    warehouse.load(*lines)
    assert len(opened) == 2
    assert warehouse.query("SELECT count(*) FROM s") == [(200,)]


def test_wide_schema(warehouse: Warehouse, singer: Singer) -> None:
    """Five hundred columns are stored, each value in its own."""
    names = [f"column {n}" for n in range(500)]
    warehouse.load(
        singer.schema("s", {"id": "integer", **dict.fromkeys(names, "integer")}, ["id"]),
        *(
            singer.record("s", {"id": k, **{name: n for n, name in enumerate(names)}})
            for k in range(20)
        ),
    )
    assert len(warehouse.types("s")) == 501
    assert warehouse.query('SELECT DISTINCT "column 0", "column 499" FROM s') == [(0, 499)]


def test_huge_values(warehouse: Warehouse, singer: Singer) -> None:
    """A text of many megabytes is one value like any other."""
    text = "x" * 15_000_000
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": "string", "j": "object"}, ["id"]),
        singer.record("s", {"id": 1, "v": text}),
        singer.record("s", {"id": 2, "j": {"k": "é" * 1_000_000}}),
        singer.record("s", {"id": 3, "v": "small"}),
    )
    rows = warehouse.query("SELECT id, length(v), length(j->>'k') FROM s ORDER BY id")
    assert rows == [(1, 15_000_000, None), (2, None, 1_000_000), (3, 5, None)]


def test_value_beyond_the_memory_limit(warehouse: Warehouse, singer: Singer) -> None:
    """A value too large for the limit names the setting, and loads once it is raised."""
    lines = (
        singer.schema("s", {"id": "integer", "v": "string"}, ["id"]),
        singer.record("s", {"id": 1, "v": "x" * 60_000_000}),
    )
    with pytest.raises(WarehouseError, match=r"ran out of memory .*; raise 'memory_limit_mb'"):
        warehouse.load(*lines, memory_limit_mb=100)
    warehouse.load(*lines, memory_limit_mb=600)
    assert warehouse.query("SELECT length(v) FROM s") == [(60_000_000,)]


def test_escaped_member_names(warehouse: Warehouse, singer: Singer) -> None:
    """A column is found whether its name is written plainly or with escapes."""
    warehouse.load(
        singer.schema("s", {"größe": "integer"}),
        '{"type":"RECORD","stream":"s","record":{"größe":1}}',
        '{"type":"RECORD","stream":"s","record":{"gr\\u00f6\\u00dfe":2}}',
    )
    assert warehouse.query("FROM s ORDER BY ALL") == [(1,), (2,)]


def test_blank_lines_and_line_ends(warehouse: Warehouse, singer: Singer) -> None:
    """Blank lines and carriage returns do not disturb."""
    warehouse.load(
        singer.schema("s", {"id": "integer"}) + "\r",
        "",
        singer.record("s", {"id": 1}) + "\r",
        "   ",
        singer.record("s", {"id": 2}),
    )
    assert warehouse.query("SELECT count(*) FROM s") == [(2,)]


def test_numbers_keep_all_digits(warehouse: Warehouse, singer: Singer) -> None:
    """Doubles come back bit by bit, JSON keeps numbers that no column could hold."""
    values = [0.1 + 0.2, 1e-300, 1.7976931348623157e308, -0.0, 123456.789]
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": "number", "j": {}}, ["id"]),
        *(singer.record("s", {"id": n, "v": v}) for n, v in enumerate(values)),
        singer.record("s", {"id": 9, "j": 10**30}),
    )
    stored = [row[0] for row in warehouse.query("SELECT v FROM s WHERE id < 9 ORDER BY id")]
    assert json.dumps(stored) == json.dumps(values)
    assert warehouse.query("SELECT j FROM s WHERE id = 9") == [(str(10**30),)]
