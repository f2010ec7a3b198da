"""However days arrive, the tables are those that a full refresh makes: every column, every bit.

Each way of arriving happens to a system of its own, and all of them at once: a run of dbt costs
the same for one changed day as for fifty.
"""

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
    from collections.abc import Callable, Iterable

    from raw_rows import Clouds
    from raw_warehouse import Loader, Row

pytestmark = pytest.mark.slow

MODELS = (
    "int_sigen__30min", "int_sigen__30min_statistics", "sigen_monthly", "int_solaredge__30min",
    "int_sigen__metered_days", "fct_energy_daily",
)  # fmt: skip
"""All that is built by the day; whatever else there is, every run makes whole."""

BUILD = ("run", "--select", "+sigen_monthly", "+fct_energy_daily")
"""With all that they are made of, checks and findings of days among it."""

BERLIN_AUTUMN = tuple(dt.date(2025, 10, day) for day in (25, 26, 27))
EVE, CHANGE, AFTER = BERLIN_AUTUMN
SIGEN_ROWS, SOLAREDGE_ROWS = "sigen.history_intervals", "solaredge.site_energy"
LEDGERS = {SIGEN_ROWS: "sigen.history_days", SOLAREDGE_ROWS: "solaredge.sync_days"}
IDS = {SIGEN_ROWS: "system_id", SOLAREDGE_ROWS: "site_id"}
SYSTEMS = {SIGEN_ROWS: "HOUSE1700000000", SOLAREDGE_ROWS: "4300001"}
LONG_AGO = dt.datetime(2026, 6, 30)  # noqa: DTZ001 - as loaders write it


AN_HOUR = 12 + 4
"""Intervals of both vendors."""


def points_of(*days: dt.date) -> int:
    """Return the intervals of some days of both vendors."""
    return sum(AN_HOUR * (25 if day == CHANGE else 24) for day in days)


class History:
    """Days of systems of both vendors, as they arrive at a warehouse one after the other."""

    def __init__(self, rows: RawRows, warehouse: Loader) -> None:
        """Begin with a warehouse that has every model, and no row."""
        self.warehouse = warehouse
        self.minute = 0
        self.source = rows.rows
        self.landing: dict[tuple[str, bool], dict[object, Row]] = {}
        warehouse.clear()
        for name in self.source:
            warehouse.load(TABLES[name], [])
        warehouse.execute("create schema tap_kept")
        warehouse.dbt("run", "--select", "+fct_energy_daily", "+sigen_monthly")

    def day(
        self, name: str, system: str, date: dt.date, fetched: dt.datetime | None = None
    ) -> tuple[list[Row], Row]:
        """Return a system's copies of a day's rows and its ledger entry, as fetched just now."""
        self.minute += 1
        fetched = fetched or dt.datetime(2026, 7, 2) + dt.timedelta(minutes=self.minute)  # noqa: DTZ001 - as loaders write it
        mine = {IDS[name]: system, "fetched_at": fetched.isoformat()}
        rows, entries = (
            [
                {**row, **mine}
                for row in self.source[stream]
                if row["local_date"] == str(date)
                and row[IDS[name]] == SYSTEMS[name]
                and row.get("stream", "site_energy") == "site_energy"
            ]
            for stream in (name, LEDGERS[name])
        )
        (entry,) = entries
        return rows, entry

    def arrive(
        self,
        system: str,
        *dates: dt.date,
        names: Iterable[str] = LEDGERS,
        change: Callable[[list[Row]], list[Row]] = list,
        landed: slice = slice(None),
        append: bool = False,
        fetched: dt.datetime | None = None,
    ) -> None:
        """Load days of a system, changed or not, or only some of the rows that were fetched."""
        for name in names:
            for date in dates:
                rows, entry = self.day(name, system, date, fetched)
                rows = change(rows)
                entry["n_points"] = len(rows)
                if "n_rows" in entry:
                    entry["n_rows"] = len(rows)
                self.land(name, rows[landed], append=append)
                self.land(LEDGERS[name], [entry], append=append)

    def land(self, name: str, rows: Iterable[Row], *, append: bool = False) -> None:
        """Keep rows for the loader, which an upserting one matches by key and an appending not."""
        batch = self.landing.setdefault((name, append), {})
        for row in rows:
            batch[len(batch) if append else tuple(row[key] for key in TABLES[name].keys)] = row

    def half_arrives(self, system: str, date: dt.date, landed: slice) -> Callable[[], None]:
        """Load the ledger's entries and some of the rows; the result loads the others."""
        fetches = [(name, *self.day(name, system, date)) for name in LEDGERS]
        for name, rows, entry in fetches:
            self.land(LEDGERS[name], [entry])
            self.land(name, rows[landed])

        def others() -> None:
            for name, rows, _ in fetches:
                self.land(name, rows)

        return others

    def remove(self, system: str) -> None:
        """Take a system out of the raw tables."""
        self.warehouse.execute(
            *(
                f"delete from {TABLES[table].path} where {IDS[name]} = '{system}'"
                for name, ledger in LEDGERS.items()
                for table in (name, ledger)
            )
        )

    def build(self) -> None:
        """Load what has arrived and build what is new."""
        for (name, append), rows in self.landing.items():
            self.warehouse.load(TABLES[name], list(rows.values()), append=append)
        self.landing.clear()
        self.warehouse.dbt(*BUILD)

    def keep(self) -> None:
        """Remember every table as it is."""
        for model in MODELS:
            self.warehouse.execute(
                f"drop table if exists tap_kept.{model}",
                f"create table tap_kept.{model} as select * from analytics.{model}",
            )

    def is_as_kept(self) -> bool:
        """Hold every table against what it was: each row, each column, to the last bit."""
        for model in MODELS:
            before, now = f"select * from tap_kept.{model}", f"select * from analytics.{model}"
            different = self.warehouse.query(
                f"select * from ((({before}) except all ({now})) union all "
                f"(({now}) except all ({before}))) as different limit 3"
            )
            assert different == [], model
        return True

    def is_exact(self) -> bool:
        """Build what is new, then everything anew, and say whether that is the same."""
        self.build()
        self.keep()
        self.warehouse.dbt(*BUILD, "--full-refresh")
        return self.is_as_kept()

    def points(self) -> dict[str, int]:
        """Return how many source intervals the daily table holds of each system."""
        found = self.warehouse.query(
            "select system_id, sum(data_points_count) from analytics.fct_energy_daily group by 1"
        )
        return {system: int(count) for system, count in found}


@pytest.fixture(scope="module")
def three_days(clouds: Clouds) -> RawRows:
    """Return the rows of three days of one system of each vendor."""
    rows = RawRows()
    clouds.fetch(rows, EVE, dt.date(2025, 10, 28), *SYSTEMS.values())
    return rows


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def history(request: pytest.FixtureRequest, three_days: RawRows) -> History:
    """Return a warehouse of each engine in turn, in which every test has systems of its own."""
    return History(three_days, request.getfixturevalue(f"{request.param}_loader"))


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


def nothing(_: list[Row]) -> list[Row]:
    """Return no row: a vendor's empty answer."""
    return []


FIRST_HALF, SECOND_HALF, NONE = slice(0, 40), slice(40, None), slice(0, 0)


def test_each_way_in_which_days_arrive(history: History) -> None:
    """The ten ways that merges, watermarks and microbatches get wrong, and some more."""
    whole = points_of(*BERLIN_AUTUMN)
    history.arrive("10", AFTER)  # the newest day first, the others after it
    history.arrive("20", EVE, AFTER)  # the day of clock change comes last, in the middle
    for system in ("30", "40", "50", "60", "80"):
        history.arrive(system, *BERLIN_AUTUMN)
    history.arrive("90", EVE, CHANGE)
    # Its rows land in halves, after its ledger entry: the first ones first, or the last ones,
    # which leaves the day before without the midnight that ends it.
    rest = [history.half_arrives("70", AFTER, FIRST_HALF)]
    history.arrive("71", EVE, CHANGE)
    rest.append(history.half_arrives("71", AFTER, SECOND_HALF))
    for system in ("33", "44"):
        history.arrive(system, *BERLIN_AUTUMN, append=True)
    history.build()
    first = history.points()
    assert first["10"] == points_of(AFTER)
    assert first["30"] == first["33"] == whole
    assert first["70"] == 2 * 40
    assert first["71"] == whole - 2 * 40
    history.keep()
    history.build()
    assert history.is_as_kept(), "a run with nothing new has changed something"

    history.arrive("10", EVE)
    history.arrive("20", CHANGE)
    history.arrive("30", EVE, change=more)  # fetched again, with other values
    history.arrive("40", CHANGE, change=lacks_an_hour)  # fetched again, with an hour less
    history.arrive("50", AFTER, change=nothing)  # fetched again, and empty now
    rest.append(history.half_arrives("60", CHANGE, NONE))  # fetched again, no row has landed yet
    history.remove("80")
    history.arrive("90", AFTER, fetched=LONG_AGO)  # fetched before all others, landed after them
    history.arrive("33", EVE, change=more, append=True)  # an appending loader keeps every fetch
    history.arrive("44", CHANGE, change=lacks_an_hour, append=True)
    assert history.is_exact()
    second = history.points()
    assert second["20"] == second["30"] == second["33"] == second["90"] == whole
    assert second["40"] == second["44"] == whole - AN_HOUR, "stale rows stayed"
    assert second["50"] == points_of(EVE, CHANGE)
    assert second["60"] == points_of(EVE, AFTER), "rows of an earlier fetch stayed"
    assert "80" not in second

    for land in rest:
        land()
    history.arrive("10", CHANGE)
    assert history.is_exact()
    third = history.points()
    assert {third[system] for system in ("10", "60", "71")} == {whole}
    assert third["70"] == points_of(AFTER)


def test_statistics_of_an_earlier_release_are_built_anew(history: History) -> None:
    """They lacked what energies are computed from: an ordinary run mends that."""
    history.arrive("5", *BERLIN_AUTUMN)
    history.build()
    statistics = "analytics.int_sigen__30min_statistics"
    history.warehouse.execute(f"alter table {statistics} drop column power_use_rest_min")
    history.build()
    assert history.points()["5"] == points_of(*BERLIN_AUTUMN)
    assert history.is_exact()


KINDS: dict[str, dict[str, Any]] = {
    "whole": {},
    "again": {"change": more},
    "less": {"change": lacks_an_hour},
    "empty": {"change": nothing},
    "first half": {"landed": FIRST_HALF},
    "second half": {"landed": SECOND_HALF},
    "ledger alone": {"landed": NONE},
}
DECK = [(name, day, kind) for kind in KINDS for name in LEDGERS for day in BERLIN_AUTUMN]
ROUNDS, HANDS = 2, 3


@given(cards=st.permutations(DECK), append=st.booleans())
@settings(
    max_examples=2,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_any_history_leaves_what_a_full_refresh_leaves(
    history: History,
    cards: list[tuple[str, dt.date, str]],
    append: bool,  # noqa: FBT001 - drawn
) -> None:
    """Every kind of fetch of every day, shuffled and dealt to some systems, with runs between."""
    for turn in range(ROUNDS):
        if turn:
            history.build()
        for place, (name, day, kind) in enumerate(cards[turn::ROUNDS]):
            system = str(1_000 + 10 * append + place % HANDS)
            history.arrive(system, day, names=[name], append=append, **KINDS[kind])
    assert history.is_exact()
