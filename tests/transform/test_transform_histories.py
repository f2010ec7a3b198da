"""However days arrive, the tables are those that a full refresh makes: every column, every bit."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import copy
import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from raw_rows import TABLES, RawRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from raw_rows import Clouds
    from raw_warehouse import Loader, Row

pytestmark = pytest.mark.slow

MODELS = (
    "int_sigen__30min", "int_sigen__30min_statistics", "sigen_monthly", "int_solaredge__30min",
    "fct_energy_daily",
)  # fmt: skip
"""All that is built by the day; whatever else there is, every run makes whole."""

BUILD = ("run", "--select", *MODELS, "fct_energy_30min")
"""The view between them too: PostgreSQL drops it along with a table that is made anew."""

SIGEN, SOLAREDGE = "HOUSE1700000000", "4300001"
BERLIN_AUTUMN = tuple(dt.date(2025, 10, day) for day in (25, 26, 27))
SIGEN_ROWS, SIGEN_LEDGER = "sigen.history_intervals", "sigen.history_days"
SOLAREDGE_ROWS, SOLAREDGE_LEDGER = "solaredge.site_energy", "solaredge.sync_days"
LEDGERS = {SIGEN_ROWS: SIGEN_LEDGER, SOLAREDGE_ROWS: SOLAREDGE_LEDGER}


class History:
    """Days of one system of each vendor, as they arrive at a warehouse one after the other."""

    def __init__(self, rows: RawRows, warehouse: Loader) -> None:
        """Begin with an empty warehouse that has every view."""
        self.warehouse = warehouse
        self.hour = 0
        self.source = rows.rows

    def begin(self) -> None:
        """Take all days out of the warehouse, and build every model without them."""
        if not self.is_as_left_by_this_module():
            self.warehouse.clear()
            for name in self.source:
                self.warehouse.load(TABLES[name], [])
            self.warehouse.dbt("run", "--select", "+fct_energy_daily", "+sigen_monthly")
        self.warehouse.execute(*(f"delete from {TABLES[name].path}" for name in self.source))
        self.warehouse.dbt(*BUILD, "--full-refresh")

    def is_as_left_by_this_module(self) -> bool:
        """Say whether every table and view is there, and the raw ones hold no other test's rows."""
        found = {
            f"{schema}.{name}"
            for schema, name in self.warehouse.query(
                "select table_schema, table_name from information_schema.tables"
            )
        }
        raw = [TABLES[name].path for name in self.source]
        if not {*raw, "analytics.fct_energy_daily"} <= found:
            return False
        systems = self.warehouse.query(f"select system_id from {TABLES['sigen.systems'].path}")
        return systems == []

    def day(self, name: str, date: dt.date) -> tuple[list[Row], Row]:
        """Return copies of a day's rows and its ledger entry, as fetched just now."""
        self.hour += 1
        fetched = (dt.datetime(2026, 7, 2) + dt.timedelta(hours=self.hour)).isoformat()  # noqa: DTZ001 - as loaders write it
        rows = [dict(row) for row in self.source[name] if row["local_date"] == str(date)]
        entry = next(
            dict(row)
            for row in self.source[LEDGERS[name]]
            if row["local_date"] == str(date) and row.get("stream", "site_energy") == "site_energy"
        )
        for row in (*rows, entry):
            row["fetched_at"] = fetched
        return rows, entry

    def arrive(
        self,
        name: str,
        date: dt.date,
        change: Callable[[list[Row]], list[Row]] = lambda rows: rows,
        *,
        append: bool = False,
        points: int | None = None,
    ) -> None:
        """Load a day, changed or not, with a ledger entry that counts its rows."""
        rows, entry = self.day(name, date)
        rows = change(rows)
        entry["n_points"] = len(rows) if points is None else points
        self.warehouse.load(TABLES[name], rows, append=append)
        self.warehouse.load(TABLES[LEDGERS[name]], [entry], append=append)

    def rows_of(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every table's rows in order."""
        return {
            model: sorted(self.warehouse.query(f"select * from analytics.{model}"), key=str)
            for model in MODELS
        }

    def build(self) -> None:
        """Build what is new."""
        self.warehouse.dbt(*BUILD)

    def is_exact(self) -> dict[str, list[tuple[Any, ...]]]:
        """Build what is new, then everything anew: the same rows; return them."""
        self.build()
        incremental = self.rows_of()
        self.warehouse.dbt(*BUILD, "--full-refresh")
        full = self.rows_of()
        for model in MODELS:
            assert incremental[model] == full[model], model
        return full


@pytest.fixture(scope="module")
def three_days(clouds: Clouds) -> RawRows:
    """Return the rows of three days of one system of each vendor."""
    rows = RawRows()
    clouds.fetch(rows, BERLIN_AUTUMN[0], dt.date(2025, 10, 28), SIGEN, SOLAREDGE)
    return rows


@pytest.fixture
def history(warehouse: Loader, three_days: RawRows) -> History:
    """Return an empty warehouse of each engine in turn."""
    found = History(three_days, warehouse)
    found.begin()
    return found


def more(rows: list[Row]) -> list[Row]:
    """Return the rows with other energies, as a revision of the vendor's has them."""
    changed = copy.deepcopy(rows)
    for row in changed:
        for name in ("power_generation", "energy"):
            if row.get(name) is not None:
                row[name] = round(row[name] * 1.25, 2)
    return changed


def lacks_an_hour(rows: list[Row]) -> list[Row]:
    """Return the rows without those from 11 to 12 o'clock."""
    return [row for row in rows if row["local_time"][11:13] != "11"]


def points(history: History) -> int:
    """Return how many source intervals the daily table holds."""
    ((found,),) = history.warehouse.query(
        "select coalesce(sum(data_points_count), 0) from analytics.fct_energy_daily"
    )
    return int(found)


def test_the_ten_histories(history: History) -> None:
    """Each way in which days arrive, one on top of the other, at an upserting loader."""
    eve, change, after = BERLIN_AUTUMN
    for name in LEDGERS:  # 1: the first build; 2: days out of order, the newest first
        history.arrive(name, after)
    history.build()
    for name in LEDGERS:
        history.arrive(name, eve)
    before = history.is_exact()
    history.build()  # 3: a rerun with nothing new
    assert history.rows_of() == before

    for name in LEDGERS:  # 4: the day of clock change comes late, in the middle
        history.arrive(name, change)
    history.is_exact()
    assert points(history) == 3 * (288 + 96) + 12 + 4

    for name in LEDGERS:  # 5: fetched again, with other values; 6: again, with an hour less
        history.arrive(name, eve, more)
        history.arrive(name, change, lacks_an_hour)
    assert history.is_exact() != before
    assert points(history) == 3 * (288 + 96), "stale rows stayed"

    rows, entry = history.day(
        SIGEN_ROWS, after
    )  # 7: the ledger and half of the rows, then the rest
    history.warehouse.load(TABLES[SIGEN_LEDGER], [entry])
    history.warehouse.load(TABLES[SIGEN_ROWS], rows[:100])
    history.build()
    assert points(history) == 3 * (288 + 96) - 188
    history.warehouse.load(TABLES[SIGEN_ROWS], rows[100:])
    history.is_exact()
    assert points(history) == 3 * (288 + 96)

    for name in LEDGERS:  # 8: fetched again, and empty now
        history.arrive(name, after, lambda _: [], points=0)
    history.build()
    assert points(history) == 2 * (288 + 96)
    late = "2026-06-30T00:00:00"  # 9: fetched before the newest that is loaded, landed after it
    rows, entry = history.day(SIGEN_ROWS, after)
    history.warehouse.execute(
        f"delete from {TABLES[SIGEN_LEDGER].path} where local_date = '{after}'"
    )
    history.warehouse.load(TABLES[SIGEN_ROWS], [{**row, "fetched_at": late} for row in rows])
    history.warehouse.load(TABLES[SIGEN_LEDGER], [{**entry, "fetched_at": late}])
    history.is_exact()
    assert points(history) == 3 * 288 + 2 * 96

    history.warehouse.execute(  # 10: a system is taken out of the raw tables
        f"delete from {TABLES[SIGEN_LEDGER].path}",
        f"delete from {TABLES[SIGEN_ROWS].path}",
    )
    history.is_exact()
    assert points(history) == 2 * 96


def test_an_appending_loader_gives_the_same(history: History) -> None:
    """It keeps every fetch of a day; the one that the ledger names last is the one that counts."""
    eve, change, _ = BERLIN_AUTUMN
    for name in LEDGERS:
        for day in (eve, change):
            history.arrive(name, day, append=True)
    history.build()
    for name in LEDGERS:
        history.arrive(name, change, lacks_an_hour, append=True)
        history.arrive(name, eve, more, append=True)
    history.is_exact()
    assert points(history) == 2 * (288 + 96)


CHANGES: dict[str, Callable[[list[Row]], list[Row]]] = {
    "whole": list,
    "again": more,
    "less": lacks_an_hour,
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(LEDGERS)),
        st.sampled_from(BERLIN_AUTUMN),
        st.sampled_from(["whole", "again", "less", "empty", "half"]),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)


@given(steps=STEPS)
@settings(
    max_examples=2,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_any_history_leaves_what_a_full_refresh_leaves(history: History, steps: list[Any]) -> None:
    """Random fetches, revisions, holes and half-loaded days, with runs between some of them."""
    for name, day, kind, then_run in steps:
        if kind == "half":
            rows, entry = history.day(name, day)
            history.warehouse.load(TABLES[name], rows[: len(rows) // 2])
            history.warehouse.load(TABLES[LEDGERS[name]], [{**entry, "n_points": len(rows)}])
        elif kind == "empty":
            history.arrive(name, day, lambda _: [], points=0)
        else:
            history.arrive(name, day, CHANGES[kind])
        if then_run:
            history.build()
    history.is_exact()
