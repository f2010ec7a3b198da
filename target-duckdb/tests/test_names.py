"""Names are kept as the tap writes them, and never taken for SQL."""

from __future__ import annotations

import typing as t

import pytest

from solar_target_duckdb.errors import SchemaError
from solar_target_duckdb.tables import TableName, table_of

if t.TYPE_CHECKING:
    from conftest import Singer, Warehouse


pytestmark = pytest.mark.slow

ODD = [
    'say "hi"',
    "it's",
    "back\\slash",
    "tab\there",
    "select",
    "order",
    "table",
    "record",
    "staged",
    "old",
    "rowid_",
    "größe 太陽 \U0001f31e",
    "a.b",
    "a-b",
    "a{0}b",
    "%s",
    "$1",
    "?",
    "1st",
    " leading",
    "CamelCase",
]


def test_odd_column_names(warehouse: Warehouse, singer: Singer) -> None:
    """Quotes, reserved words, braces and non-Latin letters work as columns and as keys."""
    properties = dict.fromkeys(ODD, "integer")
    for value in (1, 2):
        warehouse.load(
            singer.schema("s", properties, ODD[:3]),
            singer.record("s", {**dict.fromkeys(ODD, value), **dict.fromkeys(ODD[:3], 7)}),
        )
    assert list(warehouse.types("s")) == ODD
    assert warehouse.query("FROM s") == [(7, 7, 7, *[2] * (len(ODD) - 3))]


@pytest.mark.parametrize("name", [*ODD, "kept", "version", "received"])
def test_odd_key_names(warehouse: Warehouse, singer: Singer, name: str) -> None:
    """Any such name alone is a good key, also next to columns that the stream lost."""
    warehouse.load(
        singer.schema("s", {name: "integer", "v": "integer", "lost": "integer"}, [name]),
        singer.record("s", {name: 1, "v": 1, "lost": 5}),
    )
    warehouse.load(
        singer.schema("s", {name: "integer", "v": "integer"}, [name]),
        singer.record("s", {name: 1, "v": 2}),
        singer.record("s", {name: 1, "v": 3}),
        singer.record("s", {name: 2, "v": 4}),
    )
    assert warehouse.query("FROM s ORDER BY v") == [(1, 3, 5), (2, 4, None)]


def test_odd_column_names_with_metadata(warehouse: Warehouse, singer: Singer) -> None:
    """The same holds when the rows carry metadata."""
    warehouse.load(
        singer.schema("s", dict.fromkeys(ODD, "string"), ODD[:3]),
        singer.record("s", dict.fromkeys(ODD, "x")),
        add_record_metadata=True,
    )
    assert warehouse.query("FROM s")[0][: len(ODD)] == ("x",) * len(ODD)


@pytest.mark.parametrize("name", [*ODD, "main.orders", "x'; DROP TABLE s; --"])
def test_odd_stream_names(warehouse: Warehouse, singer: Singer, name: str) -> None:
    """A stream's name may hold anything."""
    stream = name.replace("-", "_")
    for value in (1, 2):
        warehouse.load(
            singer.schema(stream, {"id": "integer", "v": "integer"}, ["id"]),
            singer.record(stream, {"id": 1, "v": value}),
            default_target_schema=f"in {stream}",
        )
    assert warehouse.query("SELECT schema_name, table_name FROM duckdb_tables()") == [
        (f"in {stream}", stream)
    ]
    quoted = stream.replace('"', '""')
    assert warehouse.query(f'FROM "in {quoted}"."{quoted}"') == [(1, 2)]


@pytest.mark.parametrize(
    ("stream", "default", "expected"),
    [
        ("orders", None, ("main", "orders")),
        ("orders", "raw", ("raw", "orders")),
        ("shop-orders", None, ("shop", "orders")),
        ("shop-orders", "raw", ("raw", "orders")),
        ("db-shop-orders", None, ("shop", "orders")),
        ("a-b-c-d", None, ("main", "d")),
        ("shop.orders", None, ("main", "shop.orders")),
        ("orders-", None, ("main", "orders-")),
        ("-orders", "raw", ("raw", "-orders")),
    ],
)
def test_schema_and_table(stream: str, default: str | None, expected: tuple[str, str]) -> None:
    """The table is found as the SDK's SQL targets do it."""
    assert table_of(stream, default) == TableName(*expected)


def test_streams_that_would_share_a_table(warehouse: Warehouse, singer: Singer) -> None:
    """Two streams are never mixed into one table."""
    with pytest.raises(SchemaError, match=r"'a-orders' and 'b-orders' would share .*raw\.orders"):
        warehouse.load(
            singer.schema("a-orders", {"id": "integer"}),
            singer.schema("b-orders", {"id": "integer"}),
            default_target_schema="raw",
        )
    with pytest.raises(SchemaError, match=r"'Orders' and 'orders' would share"):
        warehouse.load(
            singer.schema("Orders", {"id": "integer"}), singer.schema("orders", {"id": "integer"})
        )


def test_columns_that_differ_in_case(warehouse: Warehouse, singer: Singer) -> None:
    """DuckDB cannot tell such columns apart, so the run says so instead of mixing them."""
    with pytest.raises(SchemaError, match=r"'Id' and 'ID' differ only in case"):
        warehouse.load(singer.schema("s", {"Id": "integer", "ID": "integer"}))


def test_table_keeps_its_own_case(warehouse: Warehouse, singer: Singer) -> None:
    """A table made with other capitals is the same table, and its columns the same columns."""
    warehouse.execute("CREATE TABLE Readings (ID BIGINT, Power DOUBLE)")
    for value in (1.5, 2.5):
        warehouse.load(
            singer.schema("readings", {"id": "integer", "power": "number"}, ["id"]),
            singer.record("readings", {"id": 1, "power": value}),
        )
    assert warehouse.types("Readings") == {"ID": "BIGINT", "Power": "DOUBLE"}
    assert warehouse.query("FROM Readings") == [(1, 2.5)]


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_impossible_column_names(warehouse: Warehouse, singer: Singer, name: str) -> None:
    """Names that no column can have are refused."""
    with pytest.raises(SchemaError, match=r"stream 's': a property has an empty or unprintable"):
        warehouse.load(singer.schema("s", {name: "integer"}))


def test_odd_paths(warehouse: Warehouse, singer: Singer) -> None:
    """The file may lie in a folder whose name looks like a pattern or holds quotes."""
    folder = "it's [a] *strange* {folder}"
    warehouse.path = warehouse.path.parent / folder / "ware 'house'.duckdb"
    warehouse.load(singer.schema("s", {"id": "integer"}), singer.record("s", {"id": 1}))
    assert warehouse.query("FROM s") == [(1,)]
