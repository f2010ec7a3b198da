"""Both clouds to a warehouse through real Meltano runs, held against the simulator's truth."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from end_to_end import Pipeline, Warehouse

    from solar_simulator.server import SimulatorServer
    from solar_simulator.truth import Energies

pytestmark = pytest.mark.slow

QUANTITIES = ("pv", "load", "import", "export", "charge", "discharge")
UNMETERED = "4100002"
TOLERANCE_KWH = 0.02
READINGS = ("login", "summary", "energy_flow", "overview", "power_flow", "alerts")
"""What a run may ask again at once: the present."""
DAY = dt.timedelta(days=1)
RAW_KEYS = {
    "tap_sigen.systems": "system_id",
    "tap_sigen.devices": "system_id, serial_number",
    "tap_sigen.history_intervals": "system_id, local_date, seq",
    "tap_sigen.history_days": "system_id, local_date",
    "tap_solaredge.sites": "site_id",
    "tap_solaredge.devices": "site_id, serial_number, device_type, meter_type",
    "tap_solaredge.site_energy": "site_id, resolution, recorded_at",
    "tap_solaredge.meter_energy": "site_id, serial_number, meter_type, recorded_at",
    "tap_solaredge.inverter_telemetry": "site_id, serial_number, recorded_at",
    "tap_solaredge.storage_telemetry": "site_id, serial_number, recorded_at",
    "tap_solaredge.sync_days": "site_id, stream, local_date",
}
MARTS = {
    "sigen_30min": "1, 3",
    "int_solaredge__30min": "1, 3",
    "fct_energy_30min": "1, 4",
    "fct_energy_daily": "1, 4",
    "fct_energy_monthly": "1, 4",
    "fct_energy_total": "1",
}


def columns() -> str:
    """Return the energy columns of a mart as SQL."""
    return ", ".join(f"{name}_kwh" for name in QUANTITIES)


def check_energies(
    site: str, found: tuple[float | None, ...], truth: Energies, when: object
) -> None:
    """Hold one row of energies against the truth; only an unmetered site may lack some."""
    for name, value in zip(QUANTITIES, found, strict=True):
        real = getattr(truth, f"{name}_kwh")
        if value is None:
            assert name == "pv" or site == UNMETERED, (site, when, name)
            assert name != "pv" or real < TOLERANCE_KWH, (site, when, "null while producing")
        else:
            assert value == pytest.approx(real, abs=TOLERANCE_KWH), (site, when, name)


def check_truth(
    warehouse: Warehouse, cloud: SimulatorServer, first: dt.date, last: dt.date
) -> None:
    """Every half hour and day of every system is there once and has the energy that flowed."""
    for site in cloud.truth.site_ids:
        half_hours = {
            row[0]: row[1:]
            for row in warehouse.query(
                f"select block_start_utc, {columns()} from analytics.fct_energy_30min "  # noqa: S608
                f"where system_id = '{site}'"
            )
        }
        expected = cloud.truth.half_hours(site, first, last)
        assert set(half_hours) == {row.start_utc.replace(tzinfo=None) for row in expected}, site
        for row in expected:
            start = row.start_utc.replace(tzinfo=None)
            check_energies(site, half_hours[start], row.energies, start)
        days = {
            row[0]: row[1:]
            for row in warehouse.query(
                f"select local_date, {columns()} from analytics.fct_energy_daily "  # noqa: S608
                f"where system_id = '{site}' and coverage_share = 1"
            )
        }
        assert len(days) == (last - first).days + 1
        for day in cloud.truth.days(site, first, last):
            check_energies(site, days[day.local_date], day.energies, day.local_date)


def check_keys(warehouse: Warehouse) -> None:
    """No raw table holds a key twice, and none is empty."""
    for table, key in RAW_KEYS.items():
        ((rows, keys),) = warehouse.query(
            f"select count(*), (select count(*) from (select {key} from {table} group by {key}) k)"  # noqa: S608
            f" from {table}"
        )
        assert rows == keys > 0, table


def check_secrets(pipeline: Pipeline) -> None:
    """No credential stands in a log, a state or any file that the runs have left."""
    let_in = pipeline.cloud.credentials
    secrets = {
        let_in.sigen_password,
        let_in.solaredge_fleet_key,
        pipeline.warehouse.environment.get("PG_PASSWORD", let_in.sigen_password),
    }
    for name, text in pipeline.everything_written():
        for secret in secrets:
            assert secret not in text, name


def marts(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """Return the content of every mart, in order."""
    return {
        name: warehouse.query(f"select * from analytics.{name} order by {order}")  # noqa: S608
        for name, order in MARTS.items()
    }


def three_runs(pipeline: Pipeline, job: str, first: dt.date, until: dt.date) -> None:
    """Run from nothing, again with nothing new, and three virtual days later.

    Args:
        pipeline: Where to.
        job: The Meltano job.
        first: First local day of the first run.
        until: Day before which the first two runs stop.
    """
    cloud, warehouse = pipeline.cloud, pipeline.warehouse
    pipeline.run(job, first, until)
    check_truth(warehouse, cloud, first, until - DAY)
    check_keys(warehouse)
    before = marts(warehouse)
    cloud.calls.reset()
    pipeline.run(job, first, until, TAP_SIGEN_LOOKBACK_DAYS="0", TAP_SOLAREDGE_LOOKBACK_DAYS="0")
    asked = {call.endpoint for call in cloud.calls}
    assert not {name for name in asked if not name.endswith(READINGS)}, "nothing was new"
    assert marts(warehouse) == before
    pipeline.run(job, first, until + 3 * DAY)
    check_truth(warehouse, cloud, first, until + 2 * DAY)
    check_keys(warehouse)
    check_secrets(pipeline)


def test_autumn_into_duckdb(pipeline_into_duckdb: Pipeline) -> None:
    """Nine days with both autumn changes: every half hour of the long days is there."""
    three_runs(pipeline_into_duckdb, "daily", dt.date(2025, 10, 25), dt.date(2025, 11, 3))
    incremental = marts(pipeline_into_duckdb.warehouse)
    pipeline_into_duckdb.run("dbt-duckdb:refresh", dt.date(2025, 10, 25), dt.date(2025, 11, 6))
    assert marts(pipeline_into_duckdb.warehouse) == incremental, "a full refresh differs"


def test_spring_into_postgres(
    pipeline_into_postgres: Pipeline, pipeline_into_duckdb: Pipeline
) -> None:
    """Berlin's spring change on a real server; DuckDB has the very same numbers."""
    first, until = dt.date(2026, 3, 27), dt.date(2026, 3, 30)
    three_runs(pipeline_into_postgres, "daily-postgres", first, until)
    pipeline_into_duckdb.run("daily", first, until + 3 * DAY)
    energies = (
        f"select system_key, block_start_utc, {columns()} from analytics.fct_energy_30min "  # noqa: S608
        "order by system_key, block_start_utc"
    )
    of_postgres = pipeline_into_postgres.warehouse.query(energies)
    assert of_postgres == pipeline_into_duckdb.warehouse.query(energies)


def test_one_vendor_alone_is_enough(pipeline_into_duckdb: Pipeline) -> None:
    """Who has only a Sigen system runs only that job; the models build on what is there."""
    first = dt.date(2026, 6, 1)
    pipeline_into_duckdb.run("daily-sigen", first, first + DAY)
    vendors = pipeline_into_duckdb.warehouse.query(
        "select distinct vendor from analytics.dim_systems"
    )
    assert vendors == [("sigen",)]
