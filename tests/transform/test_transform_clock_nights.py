"""Each manner of clock change in the tz database: no half hour twice, none shifted, none lost."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from clock_nights import DAY, manners
from held_against_truth import days_are_true, half_hours_are_true, naive
from raw_rows import Clouds, RawRows

from solar_simulator.site import Battery, Inverter
from solar_simulator.testing.sites import make_site

if TYPE_CHECKING:
    from raw_warehouse import DuckDBLoader

    from solar_simulator.site import Site
    from solar_simulator.truth import Truth

pytestmark = pytest.mark.slow

NIGHTS = manners()
"""The latest clock change of each manner from 2020 to 2027, by zone."""

BY_HOUR = ("Australia/LHI", "NZ-CHAT")
"""Zones in which a clock change cuts an hour, so that SolarEdge is read by hours too."""


def house(vendor: str, number: int, zone: str) -> Site:
    """Return an invented house with a battery; the sun does not care for its zone."""
    return make_site(
        vendor=vendor,
        site_id=f"NIGHT{1_500_000_000 + number}" if vendor == "sigen" else str(4_600_000 + number),
        name=f"Night {number}",
        zone=zone,
        latitude=35.0,
        longitude=0.0,
        installed_at=NIGHTS[zone][0].at - 9 * DAY,
        inverters=(Inverter(f"7EDE{number:04}-01", 8.0, 9.2, optimizers=14),),
        battery=Battery(f"48DEM0-{number:06}", 9.7, 4.8, 4.8),
    )


def sites_of(zone: str) -> tuple[Site, ...]:
    """Return the houses of a zone, the last one read by hours."""
    number = 10 * list(NIGHTS).index(zone)
    sites = (house("sigen", number, zone), house("solaredge", number, zone))
    return (*sites, house("solaredge", number + 1, zone)) if zone in BY_HOUR else sites


def days_of(zone: str) -> list[dt.date]:
    """Return the day of each clock change of a zone, the one before and the one after."""
    return [change.day + n * DAY for change in NIGHTS[zone] for n in (-1, 0, 1)]


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, duckdb_loader: DuckDBLoader
) -> tuple[DuckDBLoader, dict[str, Truth]]:
    """Return a warehouse of all nights, as the real taps read them, and what flowed."""
    rows = RawRows()
    truths = {}
    for zone, changes in NIGHTS.items():
        now = changes[-1].at + 4 * DAY
        with Clouds(sites_of(zone), now, tmp_path_factory.mktemp("taps")) as clouds:
            for place, site in enumerate(clouds.sites):
                for change in changes:
                    settings = {"resolution": "hour"} if place > 1 else {}
                    first, end = change.day - DAY, change.day + 2 * DAY
                    clouds.fetch(rows, first, end, site.site_id, **settings)
            truths[zone] = clouds.truth
    duckdb_loader.clear()
    rows.load_into(duckdb_loader)
    duckdb_loader.dbt("build", "--exclude-resource-type", "unit_test")
    return duckdb_loader, truths


def test_every_half_hour_of_every_night_is_what_flowed(
    built: tuple[DuckDBLoader, dict[str, Truth]],
) -> None:
    """One row a UTC key, on the wall clock that it says, complete, and with the sums of the truth."""
    warehouse, truths = built
    for zone, truth in truths.items():
        for site in sites_of(zone)[:2]:
            half_hours_are_true(warehouse, truth, site.site_id, days_of(zone))
            days_are_true(warehouse, truth, site.site_id, days_of(zone))
            real = {
                naive(row.start_utc): row.start_utc.astimezone(ZoneInfo(zone))
                for day in days_of(zone)
                for row in truth.half_hours(site.site_id, day, day)
            }
            found = warehouse.query(
                "select block_start_utc, block_start_local, utc_offset_minutes, coverage_share "
                f"from analytics.fct_energy_30min where system_id = '{site.site_id}'"
            )
            assert {start for start, *_ in found} == set(real), (zone, site.vendor)
            for start, local, offset, coverage in found:
                wall = real[start]
                assert wall.replace(tzinfo=None) == local, (zone, start)
                assert wall.utcoffset() == dt.timedelta(minutes=offset)
                assert coverage == 1.0


def test_only_what_the_next_day_still_has_to_tell_is_not_ok(
    built: tuple[DuckDBLoader, dict[str, Truth]],
) -> None:
    """A clock change is no gap: the last five minutes before a day that was not fetched are."""
    found = built[0].query(
        "select quality, import_quality, count(*), bool_or(spans_gap) from "
        "analytics.fct_energy_30min where quality <> 'ok' and vendor = 'sigen' group by all"
    )
    nights = sum(map(len, NIGHTS.values()))
    assert found == [("unsettled", "unsettled", nights, False)]


def test_hours_that_a_clock_change_cuts_keep_their_sum(
    built: tuple[DuckDBLoader, dict[str, Truth]],
) -> None:
    """SolarEdge by hours: one row a UTC key, and the energy of the day."""
    warehouse, truths = built
    for zone in BY_HOUR:
        site = sites_of(zone)[2]
        days_are_true(warehouse, truths[zone], site.site_id, days_of(zone))
        keys = warehouse.query(
            "select count(*), count(distinct block_start_utc), min(pv_quality) from "
            f"analytics.fct_energy_30min where system_id = '{site.site_id}'"
        )
        real = sum(
            len(truths[zone].half_hours(site.site_id, day, day)) for day in days_of(zone)
        )
        assert keys == [(real, real, "estimated")]
