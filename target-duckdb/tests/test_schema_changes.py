"""Tables follow their streams as far as no stored value is lost."""

from __future__ import annotations

import datetime as dt
import shutil
import typing as t

import duckdb
import pytest

from solar_target_duckdb.errors import ConversionError, SchemaError, WarehouseError
from solar_target_duckdb.loader import Loader
from solar_target_duckdb.settings import Settings

if t.TYPE_CHECKING:
    from conftest import Singer, Warehouse


pytestmark = pytest.mark.slow

DAY = {"type": ["null", "string"], "format": "date"}
INSTANT = {"type": ["null", "string"], "format": "date-time"}
CLOCK = {"type": ["null", "string"], "format": "time"}
TEXT = {"type": ["null", "string"]}
WHOLE = {"type": ["null", "integer"]}
NUMBER = {"type": ["null", "number"]}
FLAG = {"type": ["null", "boolean"]}
ANY: dict[str, t.Any] = {}

WIDENINGS = [
    (WHOLE, 2**53, NUMBER, 0.5, "DOUBLE", 9007199254740992.0, 0.5),
    (WHOLE, 7, TEXT, "x", "VARCHAR", "7", "x"),
    (WHOLE, 7, ANY, [1], "JSON", "7", "[1]"),
    (NUMBER, 1.5, TEXT, "x", "VARCHAR", "1.5", "x"),
    (NUMBER, 1.5, ANY, {}, "JSON", "1.5", "{}"),
    (FLAG, True, TEXT, "x", "VARCHAR", "true", "x"),
    (FLAG, True, ANY, 1, "JSON", "true", "1"),
    (
        DAY, "2026-03-29", INSTANT, "2026-03-29T01:00:00Z",
        "TIMESTAMP", dt.datetime(2026, 3, 29), dt.datetime(2026, 3, 29, 1),  # noqa: DTZ001
    ),
    (DAY, "2026-03-29", TEXT, "x", "VARCHAR", "2026-03-29", "x"),
    (DAY, "2026-03-29", ANY, 1, "JSON", '"2026-03-29"', "1"),
    (CLOCK, "01:30:00", TEXT, "x", "VARCHAR", "01:30:00", "x"),
    (CLOCK, "01:30:00", ANY, 1, "JSON", '"01:30:00"', "1"),
    (INSTANT, "2026-03-29T01:00:00Z", TEXT, "x", "VARCHAR", "2026-03-29T01:00:00Z", "x"),
    (
        INSTANT, "2026-03-29T01:00:00.25+01:00", TEXT, "x",
        "VARCHAR", "2026-03-29T00:00:00.250000Z", "x",
    ),
    (INSTANT, "2026-03-29T01:00:00Z", ANY, 1, "JSON", '"2026-03-29T01:00:00Z"', "1"),
    (TEXT, 'a"b', ANY, 1, "JSON", '"a\\"b"', "1"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "value", "new", "later", "kind", "then", "now"), WIDENINGS)
def test_widening(  # noqa: PLR0913, PLR0917
    warehouse: Warehouse,
    singer: Singer,
    old: t.Any,
    value: t.Any,
    new: t.Any,
    later: t.Any,
    kind: str,
    then: t.Any,
    now: t.Any,
) -> None:
    """A column takes the wider type and keeps its values."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": old}, ["id"]),
        singer.record("s", {"id": 1, "v": value}),
        singer.record("s", {"id": 2}),
        singer.schema("s", {"id": "integer", "v": new}, ["id"]),
        singer.record("s", {"id": 3, "v": later}),
    )
    assert warehouse.types("s") == {"id": "BIGINT", "v": kind}
    assert warehouse.query("SELECT v FROM s ORDER BY id") == [(then,), (None,), (now,)]


@pytest.mark.parametrize(("old", "value", "new", "later", "kind", "then", "now"), WIDENINGS)
def test_narrower_stream_keeps_the_wide_column(  # noqa: PLR0913, PLR0917
    warehouse: Warehouse,
    singer: Singer,
    old: t.Any,
    value: t.Any,
    new: t.Any,
    later: t.Any,
    kind: str,
    then: t.Any,
    now: t.Any,
) -> None:
    """When the stream goes back to the narrower type, its values become the wider one."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": new}, ["id"]),
        singer.record("s", {"id": 3, "v": later}),
        singer.schema("s", {"id": "integer", "v": old}, ["id"]),
        singer.record("s", {"id": 1, "v": value}),
    )
    assert warehouse.types("s") == {"id": "BIGINT", "v": kind}
    assert warehouse.query("SELECT v FROM s ORDER BY id") == [(then,), (now,)]


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        (NUMBER, 1.5, FLAG),
        (NUMBER, 1.5, INSTANT),
        (FLAG, True, WHOLE),
        (FLAG, True, NUMBER),
        (WHOLE, 1, INSTANT),
        (WHOLE, 1, DAY),
        (WHOLE, 1, CLOCK),
        (INSTANT, "2026-03-29T01:00:00Z", CLOCK),
        (CLOCK, "01:00:00", DAY),
    ],
)
def test_other_changes_are_refused(
    warehouse: Warehouse, singer: Singer, old: t.Any, value: t.Any, new: t.Any
) -> None:
    """A change that could lose values ends the run and leaves the table as it was."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": old}, ["id"]),
        singer.record("s", {"id": 1, "v": value}),
    )
    before = warehouse.query("FROM s"), warehouse.types("s")
    with pytest.raises(SchemaError, match=r"stream 's', column 'v': its table main\.s holds"):
        warehouse.load(singer.schema("s", {"id": "integer", "v": new}, ["id"]))
    assert (warehouse.query("FROM s"), warehouse.types("s")) == before


def test_column_without_values_takes_any_type(warehouse: Warehouse, singer: Singer) -> None:
    """Where nothing is stored, nothing can be lost."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": FLAG}, ["id"]),
        singer.record("s", {"id": 1}),
        singer.schema("s", {"id": "integer", "v": INSTANT}, ["id"]),
        singer.record("s", {"id": 2, "v": "2026-03-29T01:00:00Z"}),
    )
    assert warehouse.types("s")["v"] == "TIMESTAMP"
    assert warehouse.query("SELECT count(*), count(v) FROM s") == [(2, 1)]


def test_whole_numbers_a_double_cannot_hold(warehouse: Warehouse, singer: Singer) -> None:
    """BIGINT becomes DOUBLE only while every number stays exact."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": WHOLE}, ["id"]),
        singer.record("s", {"id": 1, "v": 2**53 + 1}),
    )
    with pytest.raises(SchemaError, match=r"column 'v'.*beyond 2\^53"):
        warehouse.load(singer.schema("s", {"id": "integer", "v": NUMBER}, ["id"]))
    assert warehouse.query("SELECT v FROM s") == [(2**53 + 1,)]


def test_whole_number_too_large_for_its_double_column(warehouse: Warehouse, singer: Singer) -> None:
    """A whole number that an existing DOUBLE column cannot hold exactly is refused."""
    warehouse.load(singer.schema("s", {"v": NUMBER}), singer.record("s", {"v": 0.5}))
    with pytest.raises(ConversionError, match=r"column 'v'.*beyond 2\^53"):
        warehouse.load(singer.schema("s", {"v": WHOLE}), singer.record("s", {"v": 2**53 + 1}))
    assert warehouse.query("FROM s") == [(0.5,)]


def test_new_columns_are_added(warehouse: Warehouse, singer: Singer) -> None:
    """A new property becomes a column, null in the rows before it."""
    warehouse.load(
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.record("s", {"id": 1}),
        singer.schema("s", {"id": "integer", "n": NUMBER, "o": ANY}, ["id"]),
        singer.record("s", {"id": 2, "n": 1.5, "o": [1]}),
        singer.record("s", {"id": 1, "n": 2.5}),
    )
    assert warehouse.types("s") == {"id": "BIGINT", "n": "DOUBLE", "o": "JSON"}
    assert warehouse.query("FROM s ORDER BY id") == [(1, 2.5, None), (2, 1.5, "[1]")]


def test_refused_change_keeps_the_rows_before_it(warehouse: Warehouse, singer: Singer) -> None:
    """Rows and state before a refused SCHEMA are stored and acknowledged."""
    with pytest.raises(SchemaError, match=r"line 4 of the input"):
        warehouse.load(
            singer.schema("s", {"id": "integer", "v": FLAG}, ["id"]),
            singer.record("s", {"id": 1, "v": True}),
            singer.state({"done": 1}),
            singer.schema("s", {"id": "integer", "v": INSTANT}, ["id"]),
        )
    assert warehouse.query("FROM s") == [(1, True)]


KEYED_TABLES = [
    "CREATE TABLE s (id INTEGER PRIMARY KEY, v INTEGER NOT NULL DEFAULT 3, w VARCHAR UNIQUE)",
    "CREATE TABLE s (id BIGINT, v BIGINT CHECK (v > 0), w VARCHAR, PRIMARY KEY (id, v))",
]


@pytest.mark.parametrize("made", KEYED_TABLES)
@pytest.mark.parametrize("index", ["", "CREATE INDEX by_v ON s (v)"])
def test_tables_with_keys_and_indexes(
    warehouse: Warehouse, singer: Singer, made: str, index: str
) -> None:
    """Tables that others made with a primary key or an index are loaded and changed too."""
    warehouse.execute(made, "INSERT INTO s VALUES (1, 5, 'a'), (2, 6, 'b')", index)
    keys = ["id", "v"] if "id, v" in made else ["id"]
    for value in (5, 7):
        warehouse.load(
            singer.schema("s", {"id": WHOLE, "v": NUMBER, "w": TEXT, "x": TEXT}, keys),
            singer.record("s", {"id": 1, "v": value, "w": "c", "x": "new"}),
            singer.record("s", {"id": 3, "v": value, "w": "d"}),
        )
    assert warehouse.types("s") == {"id": "BIGINT", "v": "DOUBLE", "w": "VARCHAR", "x": "VARCHAR"}
    rows = warehouse.query("SELECT id, v FROM s ORDER BY ALL")
    once = [(1, 7.0), (2, 6.0), (3, 7.0)]
    assert rows == (once if keys == ["id"] else [(1, 5.0), (1, 7.0), (2, 6.0), (3, 5.0), (3, 7.0)])
    kept = warehouse.query("SELECT constraint_type FROM duckdb_constraints() ORDER BY ALL")
    assert ("PRIMARY KEY",) in kept
    assert (("CHECK",) in kept) == ("CHECK" in made)
    indexes = warehouse.query("SELECT index_name FROM duckdb_indexes()")
    assert indexes == ([("by_v",)] if index else [])


def test_constraint_of_others_is_named(warehouse: Warehouse, singer: Singer) -> None:
    """A rule that somebody else put on the table ends the run in one line."""
    warehouse.execute("CREATE TABLE s (id BIGINT, v BIGINT NOT NULL)")
    with pytest.raises(WarehouseError, match=r"NOT NULL constraint failed: s\.v") as caught:
        warehouse.load(
            singer.schema("s", {"id": WHOLE, "v": WHOLE}, ["id"]), singer.record("s", {"id": 1})
        )
    assert "\n" not in str(caught.value)


def test_types_of_others(warehouse: Warehouse, singer: Singer) -> None:
    """Wider types that another loader chose are kept, narrower ones widened."""
    warehouse.execute(
        "CREATE TABLE s (id HUGEINT, small SMALLINT, f FLOAT, at_ TIMESTAMPTZ)",
        "INSERT INTO s VALUES (1, 2, 0.5, '2026-01-01 00:00:00+00')",
    )
    properties = {"id": WHOLE, "small": WHOLE, "f": NUMBER, "at_": INSTANT}
    warehouse.load(
        singer.schema("s", properties, ["id"]),
        singer.record("s", {"id": 2, "small": 2**40, "f": 0.1, "at_": "2026-01-01T02:00:00+02:00"}),
    )
    assert list(warehouse.types("s").values()) == [
        "HUGEINT",
        "BIGINT",
        "DOUBLE",
        "TIMESTAMP WITH TIME ZONE",
    ]
    assert warehouse.query("SELECT count(*), count(DISTINCT at_), max(f) FROM s") == [(2, 1, 0.5)]


def test_view_in_the_way(warehouse: Warehouse, singer: Singer) -> None:
    """A view with the stream's name is not overwritten."""
    warehouse.execute("CREATE VIEW s AS SELECT 1 AS id")
    with pytest.raises(SchemaError, match=r"main\.s is a view"):
        warehouse.load(singer.schema("s", {"id": WHOLE}))


def test_key_may_change_where_rows_allow(warehouse: Warehouse, singer: Singer) -> None:
    """A new key is accepted when it tells all stored rows apart."""
    properties = {"a": WHOLE, "b": WHOLE, "v": WHOLE}
    warehouse.load(
        singer.schema("s", properties, ["a"]),
        singer.record("s", {"a": 1, "b": 1, "v": 1}),
        singer.record("s", {"a": 2, "b": 1, "v": 1}),
    )
    with pytest.raises(SchemaError, match=r"empty or repeat in the key b"):
        warehouse.load(singer.schema("s", properties, ["b"]))
    warehouse.load(
        singer.schema("s", properties, ["a", "b"]),
        singer.record("s", {"a": 1, "b": 2, "v": 2}),
        singer.record("s", {"a": 1, "b": 1, "v": 3}),
    )
    assert warehouse.query("FROM s ORDER BY ALL") == [(1, 1, 3), (1, 2, 2), (2, 1, 1)]


def test_key_may_not_vanish(warehouse: Warehouse, singer: Singer) -> None:
    """A stream that loses its key would double its rows, so it is refused."""
    warehouse.load(singer.schema("s", {"a": WHOLE}, ["a"]))
    with pytest.raises(SchemaError, match=r"has the key a but the tap declares none"):
        warehouse.load(singer.schema("s", {"a": WHOLE}))


def test_append_table_may_gain_a_key(warehouse: Warehouse, singer: Singer) -> None:
    """Rows loaded without a key are checked before a key is believed."""
    for _ in range(2):
        warehouse.load(singer.schema("s", {"a": WHOLE}), singer.record("s", {"a": 1}))
    with pytest.raises(SchemaError, match=r"repeat in the key a"):
        warehouse.load(singer.schema("s", {"a": WHOLE}, ["a"]))
    warehouse.execute("DELETE FROM s", "INSERT INTO s VALUES (1), (2)")
    warehouse.load(singer.schema("s", {"a": WHOLE}, ["a"]), singer.record("s", {"a": 2}))
    assert warehouse.query("FROM s ORDER BY a") == [(1,), (2,)]


def test_comment_of_others_is_kept(warehouse: Warehouse, singer: Singer) -> None:
    """Somebody's own comment on a table stays; the rows are checked instead."""
    lines = singer.schema("s", {"a": WHOLE}, ["a"]), singer.record("s", {"a": 1})
    warehouse.load(*lines)
    warehouse.execute("COMMENT ON TABLE s IS 'mine'")
    warehouse.load(*lines)
    assert warehouse.query("SELECT comment FROM duckdb_tables()") == [("mine",)]
    warehouse.execute("INSERT INTO s VALUES (1)")
    with pytest.raises(SchemaError, match=r"repeat in the key a"):
        warehouse.load(*lines)


def replayed(warehouse: Warehouse, *lines: str) -> list[tuple[t.Any, ...]]:
    """Load lines, and return table ``s`` as a kill right after the last commit leaves it."""
    loader = Loader(Settings(warehouse.path), lambda _: None)
    for line in lines:
        loader._take(f"{line}\n".encode())  # noqa: SLF001
    loader.flush()
    copy = warehouse.path.with_name("copy.duckdb")
    shutil.copy(warehouse.path, copy)
    log = warehouse.path.with_name("warehouse.duckdb.wal")
    assert log.stat().st_size > 0
    shutil.copy(log, copy.with_name("copy.duckdb.wal"))
    loader.abandon()
    with duckdb.connect(str(copy), read_only=True) as connection:
        return connection.execute("FROM s ORDER BY id").fetchall()


@pytest.mark.parametrize(("old", "value", "new", "later", "kind", "then", "now"), WIDENINGS)
def test_widening_survives_a_kill(  # noqa: PLR0913, PLR0917
    warehouse: Warehouse,
    singer: Singer,
    old: t.Any,
    value: t.Any,
    new: t.Any,
    later: t.Any,
    kind: str,  # noqa: ARG001
    then: t.Any,
    now: t.Any,
) -> None:
    """DuckDB can read its log of the change, also as the first thing after a kill."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "v": old}, ["id"]),
        singer.record("s", {"id": 1, "v": value}),
    )
    assert replayed(
        warehouse,
        singer.schema("s", {"id": "integer", "v": new, "added": "object"}, ["id"]),
        singer.record("s", {"id": 3, "v": later, "added": {}}),
    ) == [(1, then, None), (3, now, "{}")]


@pytest.mark.parametrize("made", KEYED_TABLES)
@pytest.mark.parametrize("index", ["", "CREATE INDEX by_v ON s (v)"])
def test_rebuilt_table_survives_a_kill(
    warehouse: Warehouse, singer: Singer, made: str, index: str
) -> None:
    """The same holds for a table with a primary key or an index."""
    warehouse.execute(made, "INSERT INTO s VALUES (1, 5, 'a'), (2, 6, 'b')", index)
    assert replayed(
        warehouse,
        singer.schema("s", {"id": WHOLE, "v": NUMBER, "w": ANY}, ["id"]),
        singer.record("s", {"id": 1, "v": 0.5, "w": "c"}),
    ) == [(1, 0.5, '"c"'), (2, 6.0, '"b"')]


def test_emptied_column_survives_a_kill(warehouse: Warehouse, singer: Singer) -> None:
    """The same holds for a column that changes its type because it is empty."""
    warehouse.load(singer.schema("s", {"id": WHOLE, "v": FLAG}, ["id"]))
    assert replayed(
        warehouse,
        singer.schema("s", {"id": WHOLE, "v": INSTANT}, ["id"]),
        singer.record("s", {"id": 1, "v": "2026-03-29T00:00:00Z"}),
    ) == [(1, dt.datetime(2026, 3, 29))]  # noqa: DTZ001


def test_versions_survive_a_kill(warehouse: Warehouse, singer: Singer) -> None:
    """The same holds for the columns that versions need."""
    warehouse.load(singer.schema("s", {"id": WHOLE}, ["id"]), singer.record("s", {"id": 1}))
    assert replayed(
        warehouse,
        singer.schema("s", {"id": WHOLE}, ["id"]),
        singer.record("s", {"id": 2}, version=3),
        singer.activate("s", 3),
    ) == [(1, None, None), (2, None, 3)]
