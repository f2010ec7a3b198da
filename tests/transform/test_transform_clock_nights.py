"""Each manner of clock change in the tz database: no half hour twice, none shifted, none lost."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from clock_nights import DAY, HALF_HOUR, Transition, manners
from held_against_truth import (
    DAY_KWH,
    HALF_HOUR_KWH,
    QUANTITIES,
    days_are_true,
    energies_by,
    half_hours_are_true,
    naive,
)
from raw_rows import Clouds, RawRows

from solar_simulator.site import Battery, Inverter
from solar_simulator.testing.sites import make_site
from solar_simulator.zones import local_date

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


PASSES = ("first_pass", "second_pass")
"""Which pass a cloud keeps that has one row for each label."""


def merged_house(zone: str, kept: str) -> Site:
    """Return a house whose cloud keeps one pass of the hour that comes twice."""
    return house("sigen", 10 * list(NIGHTS).index(zone) + 5 + PASSES.index(kept), zone)


MERGED = ("Africa/Ceuta", "America/Havana", "Antarctica/Troll", "Australia/LHI", "NZ-CHAT")
"""An hour of the night, the first of the day, two hours, half an hour, an hour from 02:45 on."""


def autumn_of(zone: str) -> list[Transition]:
    """Return the clock changes of a zone that repeat an hour, where they are merged too."""
    return [change for change in NIGHTS[zone] if change.after < change.before and zone in MERGED]


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
        merged = [merged_house(zone, kept) for kept in PASSES]
        sites = sites_of(zone)
        with Clouds((*sites, *merged), now, tmp_path_factory.mktemp("taps")) as clouds:
            for kept, site in zip(PASSES, merged, strict=True):
                clouds.switches.set("sigen.autumn_rows", kept, site=site.site_id)
                for change in autumn_of(zone):
                    clouds.fetch(rows, change.day, change.day + DAY, site.site_id)
            for place, site in enumerate(sites):
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
    """One row a UTC key, at the wall clock that it says, complete, and as the truth has it."""
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
        "analytics.fct_energy_30min where quality <> 'ok' and vendor = 'sigen' and "
        "right(system_id, 1) = '0' group by all"
    )
    nights = sum(map(len, NIGHTS.values()))
    assert found == [("unsettled", "unsettled", nights, False)]


def test_a_system_is_installed_on_a_day_of_its_own_clock(
    built: tuple[DuckDBLoader, dict[str, Truth]],
) -> None:
    """Not on the day that it was in Greenwich."""
    found = dict(built[0].query("select system_id, installed_on from analytics.dim_systems"))
    for zone in NIGHTS:
        for site in sites_of(zone):
            real = local_date(zone, site.connected_minute)
            assert found[site.site_id] == real, (zone, site.vendor)


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
        real = sum(len(truths[zone].half_hours(site.site_id, day, day)) for day in days_of(zone))
        assert keys == [(real, real, "estimated")]


@pytest.mark.parametrize("kept", PASSES)
def test_the_counters_tell_which_pass_of_a_merged_hour_is_there(
    built: tuple[DuckDBLoader, dict[str, Truth]], kept: str
) -> None:
    """What is `ok` is what flowed, the day has its sum, and the lost pass is a gap."""
    warehouse, truths = built
    for zone, truth in truths.items():
        site = merged_house(zone, kept)
        found = {
            row[0]: row[1:]
            for row in warehouse.query(
                "select block_start_utc, load_kwh, load_quality, charge_kwh, charge_quality, "
                "discharge_kwh, discharge_quality, pv_kwh, pv_quality, export_kwh, export_quality, "
                "import_kwh, import_quality from analytics.fct_energy_30min "
                f"where system_id = '{site.site_id}'"
            )
        }
        for change in autumn_of(zone):
            sums = energies_by(warehouse, "fct_energy_daily", "local_date", site.site_id)
            real = truth.day(site.site_id, change.day)
            for name, value in zip(QUANTITIES, sums[change.day], strict=False):
                # What was bought meanwhile is estimated from the powers and the balance.
                off = 0.06 if name in ("import", "export") else DAY_KWH
                assert value == pytest.approx(getattr(real, f"{name}_kwh"), abs=off), (zone, name)
            lost = change.at - (change.before - change.after) * (kept == "second_pass")
            assert naive(lost) not in found
            for row in truth.half_hours(site.site_id, change.day, change.day):
                values = found.get(naive(row.start_utc), ())
                for name, value, quality in zip(
                    ("load", "charge", "discharge", "pv", "export", "import"),
                    values[::2], values[1::2], strict=False,
                ):  # fmt: skip
                    flowed = getattr(row.energies, f"{name}_kwh")
                    assert quality != "ok" or value == pytest.approx(flowed, abs=HALF_HOUR_KWH)
                borders = {change.at - HALF_HOUR, change.at + (change.before - change.after)}
                if row.start_utc in borders and kept == "first_pass":
                    assert values[1] != "ok", (zone, row.local_label)
