"""Each rule of docs/which-number.md for Sigen: spoilt days, whose right values are known."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from handmade_sigen import COUNTERS, QUANTITIES, Day, System, works
from raw_rows import RawRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from raw_warehouse import DuckDBLoader

pytestmark = pytest.mark.slow

LIE_KWH, DAY_LIE_KWH = 0.02, 0.05
WHOLE_WH = 1000.0


@dataclass(frozen=True)
class Case:
    """A spoilt day, and what is right.

    Attributes:
        system: The system.
        day: Qualities that the day may have, by quantity; `ok` for the others. A value that is
            bridged has to be the true one.
        not_ok: Half hours that must not be `ok`, by quantity.
    """

    system: System
    day: Mapping[str, str] = field(default_factory=dict)
    not_ok: Mapping[str, Sequence[str]] = field(default_factory=dict)


def _everything(quality: str, *but: str) -> dict[str, str]:
    return {name: quality for name in QUANTITIES if name not in but}


def _ends_early(day: Day) -> None:
    day.drop("13:00", "24:00")


def _spike(day: Day) -> None:
    day.set("10:00", "10:05", power_generation=20.0)


def _spike_at_the_end(day: Day) -> None:
    day.set("23:30", "23:35", power_use=80.0)


def _spike_of_a_counter_that_stands(day: Day) -> None:
    day.set("00:30", "03:10", power_generation=3.0)


def _yesterday_until_seven(day: Day) -> None:
    day.set("00:05", "07:00", power_generation=9.0, power_use=12.0)


def _yesterday_and_small(day: Day) -> None:
    day.set("00:05", "07:00", power_generation=2.0)


def _negative_at_night(day: Day) -> None:
    day.set("00:30", "04:10", power_generation=-0.05, es_charging=-0.05)


def _frozen_to_the_end(day: Day) -> None:
    day.freeze("13:05", "24:00")


def _frozen_for_a_while(day: Day) -> None:
    day.freeze("08:10", "11:20")


def _frozen_for_minutes(day: Day) -> None:
    day.freeze("10:15", "10:45")


def _pv_stands(day: Day) -> None:
    at_ten = day.between("10:00", "10:05")[0]["power_generation"]
    day.set("10:05", "12:10", power_generation=at_ten)


def _stands_without_powers(day: Day) -> None:
    """Counters are held and powers read zero while the logger is away."""
    day.freeze("10:05", "13:00")
    gone = ("pv_total_power", "load_power", "to_grid_power", "from_grid_power", "es_charge_power",
            "es_charge_discharge_power", "es_discharge_power", "oneself_power")  # fmt: skip
    day.set("10:05", "13:05", **dict.fromkeys(gone, 0.0))


def _total_of_yesterday(day: Day) -> None:
    day.totals = {name: value and value * 1.5 for name, value in day.totals.items()}


def _total_of_yesterday_alone(day: Day) -> None:
    _total_of_yesterday(day)
    day.listed = {}


def _total_of_zero(day: Day) -> None:
    day.totals = dict.fromkeys(day.totals, 0.0)


def _no_total(day: Day) -> None:
    day.totals, day.listed = dict.fromkeys(day.totals), {}


def _no_total_and_no_end(day: Day) -> None:
    _no_total(day)
    day.set("16:05", "24:00", **dict.fromkeys(COUNTERS))


def _in_wh(day: Day) -> None:
    for row in day.rows:
        row.update({name: row[name] * WHOLE_WH for name in COUNTERS})
    day.totals = {name: value and value * WHOLE_WH for name, value in day.totals.items()}


def _in_wh_everywhere(day: Day) -> None:
    _in_wh(day)
    day.listed = {}


def _millions(day: Day) -> None:
    for row in day.between("12:15", "24:00"):
        row["power_generation"] += 4e6


def _half_the_load(day: Day) -> None:
    for row in day.rows:
        row["power_use"] = round(row["power_use"] / 2, 2)
    day.totals["power_use"] = round((day.totals["power_use"] or 0) / 2, 2)
    day.listed = {}


def _null_for_a_row(day: Day) -> None:
    day.set("12:00", "12:05", power_generation=None)


def _null_in_the_evening(day: Day) -> None:
    day.set("18:00", "20:05", **dict.fromkeys(COUNTERS))


def _state_of_charge(day: Day) -> None:
    day.set("12:00", "12:05", bat_soc=6553.5)


CASES = (
    Case(System("PLAIN")),
    Case(
        System("ENDS-EARLY", _ends_early),
        _everything("bridged"),
        {name: ["12:30"] for name in QUANTITIES},
    ),
    Case(System("SPIKE", _spike), {"pv": "bridged"}, {"pv": ["09:30", "10:00"]}),
    Case(System("SPIKE-LAST", _spike_at_the_end), {"load": "bridged"}, {"load": ["23:00"]}),
    Case(System("SPIKE-NIGHT", _spike_of_a_counter_that_stands), {"pv": "bridged"}),
    Case(
        System("STALE", _yesterday_until_seven),
        _everything("bridged", "charge", "discharge", "export"),
    ),
    Case(System("STALE-LOW", _yesterday_and_small), {"pv": "bridged"}),
    Case(System("NEGATIVE", _negative_at_night), {"pv": "bridged", "charge": "bridged"}),
    Case(
        System("FROZEN-END", _frozen_to_the_end),
        _everything("bridged"),
        {name: ["13:00", "17:30", "23:30"] for name in ("pv", "load", "import", "export")},
    ),
    Case(
        System("FROZEN", _frozen_for_a_while),
        _everything("bridged"),
        {name: ["08:00", "09:30", "11:00"] for name in ("pv", "load", "import", "charge")},
    ),
    Case(
        System("FROZEN-SHORT", _frozen_for_minutes),
        _everything("bridged"),
        {name: ["10:00", "10:30"] for name in ("pv", "load", "charge", "import")},
    ),
    Case(System("STANDS", _pv_stands), {"pv": "bridged"}, {"pv": ["10:00", "11:30", "12:00"]}),
    Case(
        System("AWAY", _stands_without_powers),
        _everything("suspect", "discharge", "import"),
        {name: ["10:00", "11:30", "12:30"] for name in ("pv", "load")},
    ),
    Case(System("TOTAL-OLD", _total_of_yesterday)),
    Case(
        System("TOTAL-OLD-ALONE", _total_of_yesterday_alone),
        _everything("suspect", "import"),
        {"load": ["23:30"]},
    ),
    Case(System("TOTAL-ZERO", _total_of_zero)),
    Case(System("TOTAL-NONE", _no_total), _everything("estimated", "import"), {"load": ["23:30"]}),
    Case(
        System("NO-END", _no_total_and_no_end),
        {**_everything("suspect"), "import": "estimated"},
        {"load": ["16:00", "17:00", "23:30"]},
    ),
    Case(
        System("WH", _in_wh),
        {**_everything("bridged", "import"), "discharge": "suspect", "export": "suspect"},
    ),
    Case(
        System("WH-ALL", _in_wh_everywhere),
        {**_everything("suspect", "import"), "load": "missing"},
    ),
    Case(System("MILLIONS", _millions), {"pv": "bridged"}, {"pv": ["12:00", "12:30"]}),
    Case(
        System("HALF", _half_the_load),
        {"load": "suspect", "import": "suspect"},
        {"load": ["10:00"]},
    ),
    Case(System("NULL-ROW", _null_for_a_row), {"pv": "bridged"}, {"pv": ["11:30", "12:00"]}),
    Case(System("SOC", _state_of_charge)),
    Case(System("WORKS", flows=works, pv_kw=60.0, battery_kwh=90.0), {"export": "estimated"}),
    Case(
        System("WORKS-NULL", _null_in_the_evening, works, 60.0, 90.0),
        {**_everything("bridged", "import"), "export": "estimated"},
        {name: ["17:30", "19:00", "20:00"] for name in ("discharge", "export")},
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def built(duckdb_loader: DuckDBLoader) -> DuckDBLoader:
    """Return a warehouse with three days of each system."""
    rows = RawRows()
    for case in CASES:
        case.system.add_to(rows)
    duckdb_loader.clear()
    rows.load_into(duckdb_loader)
    duckdb_loader.dbt("run", "--select", "+fct_energy_daily", "int_sigen__intervals")
    return duckdb_loader


def _read(built: DuckDBLoader, table: str, key: str, case: Case) -> dict[Any, dict[str, Any]]:
    columns = [f"{name}_{what}" for name in QUANTITIES for what in ("kwh", "quality")]
    rows = built.query(
        f"select {key}, {', '.join(columns)} from analytics.{table} "
        f"where system_id = '{case.system.name}' and local_date = '{case.system.day}'"
    )
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.system.name)
def test_nothing_called_ok_is_wrong(case: Case, built: DuckDBLoader) -> None:
    """No half hour and no day lies, and those that cannot be right do not say so."""
    truth = case.system.truth()
    half_hours = _read(built, "fct_energy_30min", "block_start_local", case)
    assert half_hours
    for start, found in half_hours.items():
        number = 2 * start.hour + start.minute // 30
        for name in QUANTITIES:
            value, quality = found[f"{name}_kwh"], found[f"{name}_quality"]
            if f"{start:%H:%M}" in case.not_ok.get(name, ()):
                assert quality != "ok", (start, name)
            if quality == "ok":
                assert value == pytest.approx(truth[name][number], abs=LIE_KWH), (start, name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.system.name)
def test_a_day_is_what_flowed_or_says_otherwise(case: Case, built: DuckDBLoader) -> None:
    """A day that is ok or bridged has the true sum."""
    truth = case.system.truth()
    ((_, found),) = _read(built, "fct_energy_daily", "local_date", case).items()
    qualities = {name: found[f"{name}_quality"] for name in QUANTITIES}
    assert qualities == {name: case.day.get(name, "ok") for name in QUANTITIES}
    for name in QUANTITIES:
        value = found[f"{name}_kwh"]
        if qualities[name] == "missing":
            assert value is None
        if qualities[name] in ("ok", "bridged"):
            assert value == pytest.approx(sum(truth[name]), abs=DAY_LIE_KWH), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.system.name)
def test_intervals_sum_to_their_half_hours_and_do_not_lie(case: Case, built: DuckDBLoader) -> None:
    """Five minutes that are ok are what flowed, and a day has as much as its half hours."""
    where = f"where system_id = '{case.system.name}' and local_date = '{case.system.day}'"
    names = ("pv", "load", "charge", "discharge")
    columns = ", ".join(f"{name}_kwh" for name in names)
    for start, quality, *values in built.query(
        f"select interval_start_utc, quality, {columns} from analytics.int_sigen__intervals {where}"
    ):
        flows = case.system.flows(12 * start.hour + start.minute // 5 + 1)
        for name, value in zip(names, values, strict=True):
            if quality == "ok":
                assert value == pytest.approx(flows[name] / 12, abs=LIE_KWH), (start, name)
    sums = ", ".join(f"sum({name}_kwh)" for name in names)
    (intervals,) = built.query(f"select {sums} from analytics.int_sigen__intervals {where}")
    (half_hours,) = built.query(f"select {sums} from analytics.int_sigen__30min {where}")
    for one, other in zip(intervals, half_hours, strict=True):
        assert one == pytest.approx(other, abs=DAY_LIE_KWH)
