"""The ``_sdc_`` columns, and ACTIVATE_VERSION that works on them."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from solar_target_duckdb.loader import Loader
from solar_target_duckdb.settings import Settings

if t.TYPE_CHECKING:
    from conftest import Singer, Warehouse


pytestmark = pytest.mark.slow

NAMES = {
    "_sdc_extracted_at": "TIMESTAMP",
    "_sdc_received_at": "TIMESTAMP",
    "_sdc_batched_at": "TIMESTAMP",
    "_sdc_deleted_at": "TIMESTAMP",
    "_sdc_sequence": "BIGINT",
    "_sdc_table_version": "BIGINT",
    "_sdc_sync_started_at": "BIGINT",
}


def utc_now() -> dt.datetime:
    """Return the time as the target stores it."""
    return dt.datetime.now(tz=dt.UTC).replace(tzinfo=None)


def test_no_metadata_by_default(warehouse: Warehouse, singer: Singer) -> None:
    """Without the setting neither columns nor a tap's own metadata are stored."""
    warehouse.load(
        singer.schema("s", {"id": "integer", "_sdc_sequence": "integer"}, ["id"]),
        singer.record("s", {"id": 1, "_sdc_sequence": 5}, time_extracted="2026-01-01T00:00:00Z"),
    )
    assert warehouse.types("s") == {"id": "BIGINT"}


def test_metadata_columns(warehouse: Warehouse, singer: Singer) -> None:
    """The setting adds seven columns that say when and with which version a row came."""
    before = utc_now() - dt.timedelta(milliseconds=1)
    warehouse.load(
        singer.schema("s", {"id": "integer", "_sdc_deleted_at": "string"}, ["id"]),
        singer.record("s", {"id": 1}, time_extracted="2026-01-01T01:00:00.5+01:00", version=7),
        singer.record("s", {"id": 2, "_sdc_deleted_at": "2026-02-01T00:00:00Z"}),
        add_record_metadata=True,
    )
    after = utc_now()
    assert warehouse.types("s") == {"id": "BIGINT", **NAMES}
    [first, second] = warehouse.query(f"SELECT {', '.join(NAMES)} FROM s ORDER BY id")  # noqa: S608
    extracted, received, batched, deleted, sequence, version, started = first
    assert extracted == dt.datetime(2026, 1, 1, 0, 0, 0, 500000)  # noqa: DTZ001
    assert before <= received <= batched <= after
    assert sequence == round(received.replace(tzinfo=dt.UTC).timestamp() * 1000)
    assert started <= sequence
    assert (deleted, version) == (None, 7)
    assert second[0] is None
    assert second[3] == dt.datetime(2026, 2, 1)  # noqa: DTZ001
    assert second[5] is None


def test_metadata_may_be_switched_on_and_off(warehouse: Warehouse, singer: Singer) -> None:
    """An existing table gains the columns, and they do not outlive the row they describe."""
    lines = singer.schema("s", {"id": "integer"}, ["id"]), singer.record("s", {"id": 1})
    warehouse.load(*lines)
    warehouse.load(*lines, add_record_metadata=True)
    assert warehouse.query("SELECT count(_sdc_received_at) FROM s") == [(1,)]
    warehouse.load(*lines)
    assert warehouse.query("SELECT count(*), count(_sdc_received_at) FROM s") == [(1, 0)]


@pytest.mark.parametrize("keys", [["id"], []])
@pytest.mark.parametrize("announced", ["before", "after", "both"])
@pytest.mark.parametrize("hard", [True, False])
def test_activate_version(
    warehouse: Warehouse, singer: Singer, keys: list[str], announced: str, *, hard: bool
) -> None:
    """Rows that the new version lacks are removed or marked, wherever the tap announces it."""

    def load(version: int, *ids: int) -> None:
        announcement = singer.activate("s", version)
        warehouse.load(
            singer.schema("s", {"id": "integer"}, keys),
            announcement if announced != "after" else "",
            *(singer.record("s", {"id": n}, version=version) for n in ids),
            announcement if announced != "before" else "",
            hard_delete=hard,
        )

    load(1, 1, 2, 3)
    load(2, 2, 4)
    live = (
        "SELECT id FROM s ORDER BY id"
        if hard
        else ("SELECT id FROM s WHERE _sdc_deleted_at IS NULL ORDER BY id")
    )
    assert warehouse.query(live) == [(2,), (4,)]
    load(3, 1, 4)
    assert warehouse.query(live) == [(1,), (4,)]
    everything = warehouse.query("SELECT DISTINCT id FROM s ORDER BY id")
    assert everything == ([(1,), (4,)] if hard else [(1,), (2,), (3,), (4,)])


def test_first_version_replaces_rows_without_one(warehouse: Warehouse, singer: Singer) -> None:
    """Rows loaded before versions were known count as old."""
    schema = singer.schema("s", {"id": "integer"}, ["id"])
    warehouse.load(schema, singer.record("s", {"id": 1}), singer.record("s", {"id": 2}))
    warehouse.load(
        schema,
        singer.activate("s", 5),
        singer.record("s", {"id": 2}, version=5),
        hard_delete=True,
    )
    assert warehouse.query("SELECT id FROM s") == [(2,)]


def test_empty_version_empties_the_table(warehouse: Warehouse, singer: Singer) -> None:
    """A full-table stream that holds nothing any more leaves nothing."""
    schema = singer.schema("s", {"id": "integer"}, ["id"])
    warehouse.load(schema, singer.record("s", {"id": 1}, version=1))
    warehouse.load(schema, singer.activate("s", 2), hard_delete=True)
    assert warehouse.query("SELECT id FROM s") == []


def test_rows_without_version_are_not_deleted(
    warehouse: Warehouse, singer: Singer, caplog: pytest.LogCaptureFixture
) -> None:
    """A tap that announces a version its rows do not carry loses nothing."""
    warehouse.load(
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.record("s", {"id": 1}),
        singer.activate("s", 5),
        hard_delete=True,
    )
    assert warehouse.query("SELECT id FROM s") == [(1,)]
    assert "ACTIVATE_VERSION is ignored" in caplog.text


def test_failed_input_activates_nothing(warehouse: Warehouse, singer: Singer) -> None:
    """When the input breaks off with an error, old rows stay untouched."""
    schema = singer.schema("s", {"id": "integer"}, ["id"])
    warehouse.load(schema, *(singer.record("s", {"id": n}, version=1) for n in range(3)))
    with pytest.raises(Exception, match="line 4 of the input"):
        warehouse.load(
            schema,
            singer.activate("s", 2),
            singer.record("s", {"id": 1}, version=2),
            '{"type": "REC',
            hard_delete=True,
        )
    assert warehouse.query("SELECT id, _sdc_table_version FROM s ORDER BY id") == [
        (0, 1),
        (1, 2),
        (2, 1),
    ]


def test_versions_may_be_ignored(warehouse: Warehouse, singer: Singer) -> None:
    """The setting turns ACTIVATE_VERSION off, and its columns with it."""
    schema = singer.schema("s", {"id": "integer"}, ["id"])
    for version in (1, 2):
        warehouse.load(
            schema,
            singer.record("s", {"id": version}, version=version),
            singer.activate("s", version),
            process_activate_version_messages=False,
        )
    assert warehouse.types("s") == {"id": "BIGINT"}
    assert warehouse.query("SELECT count(*) FROM s") == [(2,)]


def test_stopped_run_activates_nothing(warehouse: Warehouse, singer: Singer) -> None:
    """A run that a signal cuts short stores its rows and leaves the old ones alone."""
    schema = singer.schema("s", {"id": "integer"}, ["id"])
    warehouse.load(schema, *(singer.record("s", {"id": n}, version=1) for n in range(3)))
    loader = Loader(Settings(warehouse.path, hard_delete=True), lambda _: None)
    lines = schema, singer.activate("s", 2), singer.record("s", {"id": 1}, version=2)
    loader._take("\n".join(lines).encode())  # noqa: SLF001
    loader.stop()
    loader.finish()
    rows = warehouse.query("SELECT id, _sdc_table_version FROM s ORDER BY id")
    assert rows == [(0, 1), (1, 2), (2, 1)]
