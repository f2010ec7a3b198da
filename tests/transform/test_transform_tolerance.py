"""Whatever a user loads, with whatever loader: every model builds and every test passes."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

import pytest
from held_against_truth import half_hours_are_true
from raw_rows import TABLES, RawRows

if TYPE_CHECKING:
    from raw_rows import Clouds
    from raw_warehouse import DuckDBLoader, PostgresLoader

pytestmark = pytest.mark.slow

BUILD = ("build", "--exclude-resource-type", "unit_test")
DAY = dt.date(2026, 3, 29)
LONG_DAY = dt.date(2026, 4, 5)
"""25 hours in Auckland."""

SIGEN, SOLAREDGE, NEW_YORK, AUCKLAND = "HOUSE1700000000", "4300001", "4300011", "4300021"


def test_an_empty_warehouse(duckdb_loader: DuckDBLoader) -> None:
    """No run has come yet: every model and view is there, and empty."""
    duckdb_loader.clear()
    duckdb_loader.dbt(*BUILD)
    names = duckdb_loader.query(
        "select table_name from information_schema.tables where table_schema = 'analytics'"
    )
    assert len(names) > 70
    counts = " union all ".join(
        f"select '{name}' as name, count(*) as n from analytics.{name}" for (name,) in names
    )
    assert duckdb_loader.query(f"select name from ({counts}) as counts where n > 0") == []


def test_one_vendor_by_a_loader_that_makes_everything_text(
    duckdb_loader: DuckDBLoader, clouds: Clouds
) -> None:
    """Sigen alone, all columns text, some absent: the types are the transform's business."""
    rows = RawRows()
    clouds.fetch(rows, DAY, DAY + dt.timedelta(days=1), SIGEN)
    duckdb_loader.clear()
    for name, found in rows.rows.items():
        kept = [column for column in TABLES[name].columns if column != "payload_sha256"]
        table = dataclasses.replace(TABLES[name], columns=dict.fromkeys(kept, "text"))
        duckdb_loader.load(
            table,
            [{k: v if v is None else str(v) for k, v in row.items() if k in kept} for row in found],
        )
    duckdb_loader.dbt(*BUILD)
    half_hours_are_true(duckdb_loader, clouds.truth, SIGEN, [DAY])
    assert duckdb_loader.query("select distinct vendor from analytics.dim_systems") == [("sigen",)]


def test_two_accounts_in_schemas_of_their_own(
    postgres_loader: PostgresLoader, clouds: Clouds
) -> None:
    """SolarEdge alone, two accounts that share a site: told apart, and counted once.

    One of them has a site by the hour: each half hour is an estimate then, the day is exact.
    """
    postgres_loader.clear()
    for account, sites in (("tap_home", (SOLAREDGE,)), ("tap_fleet", (SOLAREDGE, NEW_YORK))):
        rows = RawRows()
        clouds.fetch(rows, DAY, DAY + dt.timedelta(days=1), *sites)
        if account == "tap_fleet":
            clouds.fetch(
                rows, LONG_DAY, LONG_DAY + dt.timedelta(days=1), AUCKLAND, resolution="hour"
            )
        for name, found in rows.rows.items():
            postgres_loader.load(dataclasses.replace(TABLES[name], schema=account), found)
    postgres_loader.dbt(*BUILD, RAW_SOLAREDGE_SCHEMA="tap_home, tap_fleet")
    for site in (SOLAREDGE, NEW_YORK):
        half_hours_are_true(postgres_loader, clouds.truth, site, [DAY])
    accounts = postgres_loader.query(
        "select system_id, account from analytics.dim_systems order by system_id"
    )
    assert dict(accounts)[NEW_YORK] == "tap_fleet"
    assert len(accounts) == 3
    stored = postgres_loader.query(
        "select account, count(*) from analytics.stg_solaredge__site_energy where site_id = "
        f"'{SOLAREDGE}' group by account order by account"
    )
    assert stored == [("tap_fleet", 92), ("tap_home", 92)]
    ((pv, load, quality, coverage, hours),) = postgres_loader.query(
        "select pv_kwh, load_kwh, load_quality, coverage_share, hours_in_day "
        f"from analytics.fct_energy_daily where system_id = '{AUCKLAND}'"
    )
    real = clouds.truth.day(AUCKLAND, LONG_DAY)
    assert pv == pytest.approx(real.pv_kwh, abs=0.02)
    assert load == pytest.approx(real.load_kwh, abs=0.02)
    assert (quality, coverage, hours) == ("estimated", 1.0, 25.0)
