"""Marts held against what really flowed in the simulator."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from raw_warehouse import Loader

    from solar_simulator.truth import Energies, Truth

QUANTITIES = ("pv", "load", "import", "export", "charge", "discharge")
HALF_HOUR_KWH = 0.01
"""How far a half hour may be off: one printed digit of a counter."""

DAY_KWH = 0.02
UNSETTLED_KWH = 0.06
"""What a value that says it is unsettled may be off by: its last five minutes are estimated."""

NOTHING_KWH = 0.005

Values = tuple[Any, ...]


def energies_by(
    warehouse: Loader,
    table: str,
    key: str,
    system_id: str,
    quantities: tuple[str, ...] = QUANTITIES,
) -> dict[Any, Values]:
    """Return the kWh of a mart's rows of one system, by a column."""
    columns = ", ".join(
        [f"{name}_kwh" for name in quantities] + [f"{name}_quality" for name in quantities]
    )
    found = warehouse.query(
        f"select {key}, {columns} from analytics.{table} where system_id = '{system_id}'"
    )
    by_key = {row[0]: row[1:] for row in found}
    assert len(by_key) == len(found), f"{table} has a {key} twice"
    return by_key


def same_energies(
    found: Values, real: Energies, off_kwh: float, where: object, *, metered: bool = True
) -> None:
    """Hold one row against the truth: a null is only right where nothing flowed or measures."""
    values, qualities = found[: len(QUANTITIES)], found[len(QUANTITIES) :]
    for place, (name, value) in enumerate(zip(QUANTITIES, values, strict=True)):
        truth = getattr(real, f"{name}_kwh")
        unsettled = "unsettled" in qualities[place : place + 1]
        if value is None:
            unmeasured = not metered and name != "pv"
            assert unmeasured or truth < NOTHING_KWH, (where, name, "null", truth)
        else:
            off = UNSETTLED_KWH if unsettled else off_kwh
            assert value == pytest.approx(truth, abs=off), (where, name)


def naive(instant: dt.datetime) -> dt.datetime:
    """Return an instant as warehouses keep it."""
    return instant.astimezone(dt.UTC).replace(tzinfo=None)


def half_hours_are_true(
    warehouse: Loader, truth: Truth, system_id: str, days: list[dt.date], *, metered: bool = True
) -> None:
    """Every half hour of some local days is there once, and is what flowed."""
    found = energies_by(warehouse, "fct_energy_30min", "block_start_utc", system_id)
    for day in days:
        for row in truth.half_hours(system_id, day, day):
            start = naive(row.start_utc)
            assert start in found, (system_id, "missing", row.local_label)
            where = (system_id, row.local_label)
            same_energies(found[start], row.energies, HALF_HOUR_KWH, where, metered=metered)


def days_are_true(
    warehouse: Loader, truth: Truth, system_id: str, days: list[dt.date], *, metered: bool = True
) -> None:
    """Every local day is there once, and is what flowed."""
    found = energies_by(warehouse, "fct_energy_daily", "local_date", system_id)
    for day in days:
        where = (system_id, day)
        same_energies(found[day], truth.day(system_id, day), DAY_KWH, where, metered=metered)


def months_are_true(
    warehouse: Loader, truth: Truth, system_id: str, days: list[dt.date], *, metered: bool = True
) -> None:
    """Every month is the sum of what flowed on its days that were fetched."""
    columns = ", ".join(f"{name}_kwh" for name in QUANTITIES)
    found = {
        month: tuple(values)
        for month, *values in warehouse.query(
            f"select month_start, {columns} from analytics.fct_energy_monthly "
            f"where system_id = '{system_id}'"
        )
    }
    real: dict[dt.date, list[Energies]] = defaultdict(list)
    for day in days:
        real[day.replace(day=1)].append(truth.day(system_id, day))
    assert set(found) == set(real)
    for month, of_days in real.items():
        for place, name in enumerate(QUANTITIES):
            total = sum(getattr(day, f"{name}_kwh") for day in of_days)
            value = found[month][place]
            if value is None:
                assert not metered or total < NOTHING_KWH, (system_id, month, name)
            else:
                assert value == pytest.approx(total, abs=DAY_KWH * len(of_days))
