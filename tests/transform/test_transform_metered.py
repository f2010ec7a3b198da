"""A day's import and export are the meter's; half hours are scaled to it, or contradict it."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from raw_rows import Clouds, RawRows

from solar_simulator.testing.sites import grid_charger, make_site

if TYPE_CHECKING:
    from raw_warehouse import DuckDBLoader

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
FIRST = dt.date(2026, 6, 8)
DAY = dt.timedelta(days=1)
HOUSE, TRADER, AWAY, YOUNG = (f"METER170000000{n}" for n in range(4))
QUERY = """
select system_id, local_date, import_kwh, import_method, import_quality, export_kwh, export_method,
    export_quality, metered_verdict
from analytics.fct_energy_daily
"""


@pytest.fixture(scope="module")
def days(
    duckdb_loader: DuckDBLoader, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, dt.date], tuple[Any, ...]]:
    """Return days by system: two as they are, one whose meter differs, one fetched too early."""
    sites = (
        make_site(site_id=HOUSE),
        grid_charger(site_id=TRADER),
        make_site(site_id=AWAY),
        make_site(site_id=YOUNG),
    )
    rows = RawRows()
    with Clouds(sites, NOW, tmp_path_factory.mktemp("metered")) as clouds:
        clouds.fetch(rows, FIRST, FIRST + 4 * DAY)
        truth = clouds.truth
    for row in rows.rows["sigen.flows_by_day"]:
        if row["system_id"] == AWAY and row["flow"] in ("FROM_GRID", "TO_GRID"):
            row["value"] += 5
        elif row["system_id"] == YOUNG:
            row["fetched_at"] = f"{row['local_date']}T20:00:00.000000Z"
            row["value"] /= 2
    duckdb_loader.clear()
    rows.load_into(duckdb_loader)
    duckdb_loader.dbt("run", "--select", "+fct_energy_daily")
    found = {(row[0], row[1]): row[2:] for row in duckdb_loader.query(QUERY)}
    for (system_id, day), row in found.items():
        real = truth.day(system_id, day)
        found[system_id, day] = (*row, real.import_kwh, real.export_kwh)
    return found


@pytest.mark.parametrize("system_id", [HOUSE, TRADER])
def test_a_metered_day_is_the_meters(
    system_id: str, days: dict[tuple[str, dt.date], tuple[Any, ...]]
) -> None:
    """To the last digit of the meter, and said to be so; what a battery trades is in it."""
    for number in range(3):
        bought, how, quality, sold, how_sold, quality_sold, verdict, *real = days[
            system_id, FIRST + number * DAY
        ]
        assert (how, how_sold) == ("metered day total",) * 2
        assert (quality, quality_sold, verdict) == ("ok", "ok", "agrees")
        assert bought == pytest.approx(real[0], abs=0.0051)
        assert sold == pytest.approx(real[1], abs=0.0051)


@pytest.mark.parametrize("system_id", [HOUSE, TRADER])
def test_half_hours_add_up_to_the_meter(
    system_id: str,
    duckdb_loader: DuckDBLoader,
    days: dict[tuple[str, dt.date], tuple[Any, ...]],
) -> None:
    """Scaled ones say so, and parts of import and export go on adding up to them."""
    found = duckdb_loader.query(
        "select local_date, sum(import_kwh), sum(export_kwh), max(import_method), "
        "sum(grid_to_load_kwh + grid_to_battery_kwh), sum(pv_to_grid_kwh + battery_to_grid_kwh) "
        f"from analytics.fct_energy_30min where system_id = '{system_id}' group by 1"
    )
    for day, bought, sold, method, used, delivered in found:
        metered = days[system_id, day]
        assert bought == pytest.approx(metered[0], abs=0.011)
        assert sold == pytest.approx(metered[3], abs=0.011 if system_id == TRADER else 0.02)
        # Where all import is in half hours that are ok or in none, there is nothing to scale.
        assert method.startswith("power integrated")
        assert "scaled to the metered day" in method or bought == pytest.approx(
            metered[7], abs=0.02
        )
        assert used == pytest.approx(bought, abs=0.05)
        assert delivered == pytest.approx(sold, abs=0.001)


def test_a_meter_that_differs_makes_the_day_suspect(
    days: dict[tuple[str, dt.date], tuple[Any, ...]], duckdb_loader: DuckDBLoader
) -> None:
    """Either may be wrong: the day shows the meter's and says so, half hours keep their own."""
    row = days[AWAY, FIRST + DAY]
    assert row[0] == pytest.approx(row[7] + 5, abs=0.01)
    assert (row[2], row[5], row[6]) == ("suspect", "suspect", "differs")
    ((own,),) = duckdb_loader.query(
        "select sum(import_kwh) from analytics.fct_energy_30min "
        f"where system_id = '{AWAY}' and local_date = '{FIRST + DAY}'"
    )
    assert own == pytest.approx(row[7], abs=0.05)


def test_flows_of_a_day_that_was_not_over_count_for_nothing(
    days: dict[tuple[str, dt.date], tuple[Any, ...]],
) -> None:
    """They hold a part of the day."""
    bought, how, quality, _, _, _, verdict, real, _ = days[YOUNG, FIRST + DAY]
    assert (how, quality, verdict) == ("half hours", "ok", None)
    assert bought == pytest.approx(real, abs=0.05)
