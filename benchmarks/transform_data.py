"""Raw Sigen tables of any size, for the benchmarks of the transform: invented, but well-formed.

Every system-day has the rows that its zone gives it (276, 288 or 300), counters that run
since midnight, totals that agree with them, and an entry in the day ledger.
"""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

ZONES = (
    "America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Berlin",
    "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Tokyo",
)  # fmt: skip
FIRST = dt.date(2025, 1, 1)
FETCHED = dt.datetime(2026, 6, 1)  # noqa: DTZ001 - loaders write naive UTC
DAY = dt.timedelta(days=1)

POWERS = """
    pv as pv_total_power, load as load_power, to_grid as to_grid_power,
    from_grid as from_grid_power, charge - discharge as es_charge_discharge_power,
    charge as es_charge_power,
    discharge as es_discharge_power, greatest(load - from_grid, 0) as oneself_power
"""
COUNTERS = {
    "power_generation": "pv",
    "power_to_grid": "to_grid",
    "power_self_consumption": "pv - to_grid",
    "power_use": "load",
    "power_from_grid": "from_grid",
    "power_oneself": "greatest(load - from_grid, 0)",
    "power_from_battery": "discharge",
    "es_charging": "charge",
    "es_discharging": "discharge",
}


def fill(connection: duckdb.DuckDBPyConnection, systems: int, days: int) -> int:
    """Make the raw tables of Sigen systems and return the number of five-minute rows.

    Args:
        connection: An empty database.
        systems: How many systems.
        days: How many local days of each, from 2025-01-01 on.
    """
    connection.execute("create schema if not exists tap_sigen")
    connection.execute(
        "create table calendar (zone varchar, local_date date, start_utc timestamp, "
        "change_utc timestamp, before_minutes integer, after_minutes integer, n integer)"
    )
    connection.executemany(
        "insert into calendar values (?, ?, ?, ?, ?, ?, ?)",
        [_day(zone, FIRST + n * DAY) for zone in ZONES for n in range(days)],
    )
    connection.execute(
        f"create table tap_sigen.systems as select 'BENCH' || n as system_id, 'Bench ' || n as "
        f"system_name, ({list(ZONES)!r})[1 + n % {len(ZONES)}] as time_zone, 8.0::double as "
        f"pv_capacity, 10.0::double as battery_capacity, timestamp '{FIRST}' as grid_connected_at, "
        f"timestamp '{FETCHED}' as fetched_at, 'normal' as status from range({systems}) as t(n)"
    )
    counters = ", ".join(
        # A row's power is the mean of the five minutes before it: the midnight row's is of the eve.
        f"round(sum(round({power}, 3) / 12) over day "
        f"- first_value(round({power}, 3) / 12) over day, 2) as {name}"
        for name, power in COUNTERS.items()
    )
    totals = ", ".join(
        f"round(max({name}) + coalesce(max_by({name}_after, seq), 0) / 12, 2) as {name}"
        for name, power in COUNTERS.items()
    )
    following = ", ".join(
        f"lead({power}) over system as {name}_after" for name, power in COUNTERS.items()
    )
    connection.execute(
        f"""
        create table tap_sigen.history_intervals as
        with slots as (
            select
                systems.system_id, calendar.*, cast(slot.n as integer) as seq,
                start_utc + to_minutes(5 * slot.n) as recorded_at,
                case when start_utc + to_minutes(5 * slot.n) >= change_utc
                    then after_minutes else before_minutes end as utc_offset_minutes,
                (hash(systems.system_id, local_date, slot.n) % 1000) / 1000.0 as noise
            from tap_sigen.systems, calendar, range(300) as slot(n)
            where systems.time_zone = calendar.zone and slot.n < calendar.n
        ),
        powers as (
            select
                *,
                round(greatest(0, 8 * sin(pi() * (seq - 72) / 144)) * (0.5 + noise / 2), 3) as pv,
                round(0.3 + 2 * noise, 3) as load
            from slots
        ),
        flows as (
            select
                *,
                round(least(greatest(pv - load, 0), 2.5), 3) as charge,
                round(least(greatest(load - pv, 0), 1.0), 3) as discharge
            from powers
        ),
        grid as (
            select
                *,
                round(greatest(pv - load - charge, 0), 3) as to_grid,
                round(greatest(load - pv - discharge, 0), 3) as from_grid
            from flows
        )
        select
            system_id, seq, recorded_at,
            strftime(recorded_at + to_minutes(utc_offset_minutes), '%Y-%m-%d %H:%M:%S')
                as local_time,
            utc_offset_minutes, local_date, timestamp '{FETCHED}' as fetched_at,
            strftime(recorded_at + to_minutes(utc_offset_minutes), '%Y%m%d %H:%M') as data_time,
            true as is_valid_local_time,
            {POWERS}, {counters}, round(50 + 40 * sin(seq / 40.0), 1) as bat_soc,
            pv, load, charge, discharge, to_grid, from_grid
        from grid
        window day as (partition by system_id, local_date order by seq
            rows between unbounded preceding and current row)
        """
    )
    connection.execute(
        f"""
        create table tap_sigen.history_days as
        with rows as (
            select
                *,
                {following}
            from tap_sigen.history_intervals
            window system as (partition by system_id order by local_date, seq)
        )
        select
            rows.system_id, rows.local_date, min(start_utc) as recorded_at,
            timestamp '{FETCHED}' as fetched_at, count(*) as n_points, count(*) as expected_points,
            'complete' as status, any_value(zone) as timezone, {totals}
        from rows
        join tap_sigen.systems using (system_id)
        join calendar on calendar.zone = systems.time_zone and calendar.local_date = rows.local_date
        group by rows.system_id, rows.local_date
        """
    )
    for name in ("pv", "load", "charge", "discharge", "to_grid", "from_grid"):
        connection.execute(f"alter table tap_sigen.history_intervals drop column {name}")
    connection.execute("drop table calendar")
    found = connection.execute("select count(*) from tap_sigen.history_intervals").fetchone()
    return int(found[0]) if found else 0


def _day(zone: str, day: dt.date) -> tuple[object, ...]:
    """Return a local day's first instant, its change of the clock, offsets and five minutes."""
    tz = zoneinfo.ZoneInfo(zone)

    def utc(local_day: dt.date) -> dt.datetime:
        midnight = dt.datetime.combine(local_day, dt.time(), tz)
        return midnight.astimezone(dt.UTC).replace(tzinfo=None)

    def offset(instant: dt.datetime) -> int:
        local = instant.replace(tzinfo=dt.UTC).astimezone(tz)
        return int((local.utcoffset() or dt.timedelta()).total_seconds() // 60)

    start, end = utc(day), utc(day + DAY)
    before, change = offset(start), start
    while change < end and offset(change) == before:
        change += dt.timedelta(minutes=30)
    slots = int((end - start).total_seconds() // 300)
    return zone, day, start, change, before, offset(end - dt.timedelta(minutes=5)), slots
