"""Every interval, half hour, day and month is what really flowed, on both engines."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest
from held_against_truth import (
    HALF_HOUR_KWH,
    days_are_true,
    half_hours_are_true,
    months_are_true,
    naive,
    same_energies,
)
from raw_rows import RawRows

if TYPE_CHECKING:
    from raw_rows import Clouds
    from raw_warehouse import Loader

pytestmark = pytest.mark.slow

DAY = dt.timedelta(days=1)
LOADING_TIMES = ("created_at", "updated_at", "last_sync_time", "attributes_json")
"""Columns in which two engines may differ: JSON is spelled as the loader's engine does."""


@pytest.fixture(scope="module")
def built(
    duckdb_loader: Loader, postgres_loader: Loader, clock_changes: RawRows
) -> dict[str, Loader]:
    """Return both warehouses, loaded with the same rows and built with all data tests.

    The models' unit tests run along on one of them: rows that are made up give the same on both,
    if all the others do.
    """
    for warehouse in (duckdb_loader, postgres_loader):
        warehouse.clear()
        clock_changes.load_into(warehouse)
    duckdb_loader.dbt("build")
    postgres_loader.dbt("build", "--exclude-resource-type", "unit_test")
    return {"duckdb": duckdb_loader, "postgres": postgres_loader}


def fetched(rows: RawRows, system_id: str) -> list[dt.date]:
    """Return the local days that were fetched of a system."""
    ledgers = rows.rows["sigen.history_days"] + rows.rows["solaredge.sync_days"]
    return sorted(
        {
            dt.date.fromisoformat(entry["local_date"])
            for entry in ledgers
            if system_id in (entry.get("system_id"), entry.get("site_id"))
        }
    )


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_half_hours_days_and_months_are_what_flowed(
    engine: str, built: dict[str, Loader], clouds: Clouds, clock_changes: RawRows
) -> None:
    """Days of 23, 24 and 25 hours in four zones: no half hour is lost, doubled or shifted."""
    warehouse = built[engine]
    for site in clouds.sites:
        days = fetched(clock_changes, site.site_id)
        half_hours_are_true(warehouse, clouds.truth, site.site_id, days)
        days_are_true(warehouse, clouds.truth, site.site_id, days)
        months_are_true(warehouse, clouds.truth, site.site_id, days)
        hours = dict(
            warehouse.query(
                "select local_date, hours_in_day from analytics.fct_energy_daily "
                f"where system_id = '{site.site_id}'"
            )
        )
        assert hours == {
            day: (_midnight(site.zone, day + DAY) - _midnight(site.zone, day)).total_seconds()
            / 3600
            for day in days
        }


def _midnight(zone: str, day: dt.date) -> dt.datetime:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - of this test alone

    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_intervals_are_what_flowed(engine: str, built: dict[str, Loader], clouds: Clouds) -> None:
    """The finest grain of each vendor: 5 and 15 minutes, without gap or overlap."""
    for model, system in (
        ("int_sigen__intervals", "system_id"),
        ("int_solaredge__intervals", "site_id"),
    ):
        export = "pv_to_grid_kwh" if system == "system_id" else "export_kwh"
        for site in clouds.sites:
            found = built[engine].query(
                f"select interval_start_utc, interval_end_utc, local_date, pv_kwh, load_kwh, "
                f"import_kwh, {export}, charge_kwh, discharge_kwh, quality from analytics.{model} "
                f"where {system} = '{site.site_id}' order by interval_start_utc"
            )
            for row, following in itertools.pairwise(found):
                assert row[1] == following[0] or row[2] != following[2], "no gap, no overlap"
            for start, end, _, *energies, quality in found[::5]:
                real = clouds.truth.energy(
                    site.site_id, start.replace(tzinfo=dt.UTC), end.replace(tzinfo=dt.UTC)
                )
                same_energies(tuple(energies), real, HALF_HOUR_KWH, (site.site_id, start))
                assert quality in ("ok", "unsettled")


def test_both_engines_have_the_same_tables(built: dict[str, Loader]) -> None:
    """Every model but the views that only rename raw columns, every column, to the last bit."""
    duckdb, postgres = built["duckdb"], built["postgres"]
    columns: dict[str, list[str]] = defaultdict(list)
    for model, column in duckdb.query(
        "select table_name, column_name from information_schema.columns where table_schema = "
        "'analytics' and table_name not like 'stg%' order by ordinal_position"
    ):
        if column not in LOADING_TIMES:
            columns[model].append(f'"{column}"')
    assert len(columns) > 40
    for model, names in columns.items():
        query = f"select {', '.join(names)} from analytics.{model}"
        assert Counter(duckdb.query(query)) == Counter(postgres.query(query)), model


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_accounts_agree_with_themselves(engine: str, built: dict[str, Loader]) -> None:
    """Balance closes, vendor figures agree, and nothing is said to be missing."""
    warehouse = built[engine]
    unbalanced = warehouse.query(
        "select grain, count(*) from analytics.fct_energy_balance where not is_balanced group by 1"
    )
    assert unbalanced == []
    verdicts = warehouse.query(
        "select distinct verdict from analytics.fct_reconciliation where grain = 'day'"
    )
    assert verdicts == [("agrees",)]
    streams = {
        stream
        for (stream,) in warehouse.query(
            "select distinct vendor_stream from analytics.fct_reconciliation"
        )
    }
    assert streams >= {"history_days", "daily_totals", "monthly_totals", "summary", "energy_days"}
    holes = warehouse.query(
        "select distinct status, reason from analytics.fct_day_coverage where is_hole"
    )
    # Days between the fetched ones were never asked for, and are told apart from refused ones.
    assert {status for status, _ in holes} == {"before_start", "missing"}


def test_the_last_block_tells_that_the_day_after_is_not_there(built: dict[str, Loader]) -> None:
    """Import of the last five minutes stands in the next day: it is unsettled until then."""
    qualities = built["duckdb"].query(
        "select distinct import_quality from analytics.fct_energy_30min as blocks where vendor = "
        "'sigen' and not exists (select 1 from analytics.fct_energy_30min as later where "
        "later.system_id = blocks.system_id and later.local_date > blocks.local_date and "
        "later.local_date <= blocks.local_date + 1) and block_start_local = "
        "local_date + interval '23 hours 30 minutes'"
    )
    assert qualities == [("unsettled",)]


def test_version_one_is_true_too(duckdb_loader: Loader, clouds: Clouds) -> None:
    """v1 labels and readings at odd seconds: PV without the battery's share, days exact."""
    rows = RawRows()
    site = next(s for s in clouds.sites if s.vendor == "solaredge" and s.zone == "Europe/Berlin")
    first, last = dt.date(2026, 6, 10), dt.date(2026, 6, 11)
    clouds.fetch(rows, first, last + DAY, site.site_id, api_version="v1")
    duckdb_loader.clear()
    rows.load_into(duckdb_loader)
    duckdb_loader.dbt("build", "--exclude-resource-type", "unit_test")
    found = {
        row[0]: row[1:]
        for row in duckdb_loader.query(
            "select local_date, pv_kwh, load_kwh, import_kwh, export_kwh, charge_kwh, "
            "discharge_kwh from analytics.fct_energy_daily"
        )
    }
    for day in (first, last):
        # Readings of the battery come every five minutes; what flowed between is interpolated.
        same_energies(found[day], clouds.truth.day(site.site_id, day), 0.25, day)
    methods = duckdb_loader.query(
        "select distinct charge_method, charge_quality from analytics.fct_energy_30min"
    )
    assert methods == [("readings", "estimated")]


def test_naive_is_utc() -> None:
    """The helper that compares instants does not shift them."""
    assert naive(dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))) == (
        dt.datetime(2026, 1, 1, 10)  # noqa: DTZ001 - naive on purpose
    )
