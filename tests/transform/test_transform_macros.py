"""Every macro that computes gives the same number on both engines, and the right one."""

# ruff: noqa: S608 - calls and numbers in the SQL are our own

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest
from raw_warehouse import PROJECT

if TYPE_CHECKING:
    from raw_warehouse import Loader

pytestmark = pytest.mark.slow


class Case(NamedTuple):
    """A call of a macro, the columns that it reads, and what it has to give."""

    call: str
    expected: float | str | bool | None
    given: str = "1 as nothing"


AUTUMN, LEAP = "cast('2025-10-26' as date)", "cast('2024-02-10' as date)"
NOON = "cast('2025-10-26 12:44:59' as timestamp)"
ENERGIES = "0.5 as pv_kwh, 1 as pv_rank, cast(null as integer) as load_kwh, 4 as load_rank"
NULL = "cast(null as numeric)"
HAVANA = (
    "cast('2026-11-01 05:00:00' as timestamp) as block_start_utc, "
    "cast('2026-11-01 00:00:00' as timestamp) as block_start_local, "
    "cast('2026-11-01' as date) as local_date, "
    "cast('2026-11-01 04:00:00' as timestamp) as day_start_utc"
)
SAMPLES = "{} as x_rest_sum, {} as x_last, {} as x_samples"

CASES: dict[str, list[Case]] = {
    "self_consumption_share": [
        Case("self_consumption_share('10.0', '4.0')", 0.6),
        Case("self_consumption_share('10.0', '12.0')", 0.0),
        Case("self_consumption_share('0.0', '0.0')", None),
        Case("self_consumption_share('10.0', 'null')", None),
    ],
    "self_sufficiency_share": [
        Case("self_sufficiency_share('8.0', '2.0')", 0.75),
        Case("self_sufficiency_share('8.0', '9.0')", 0.0),
        Case("self_sufficiency_share('0.0', '1.0')", None),
    ],
    "balance_residual": [
        Case("balance_residual('5.0', '1.0', '2.0', '4.0', '3.0', '0.5')", 0.5),
        Case("balance_residual('null', '4.0', 'null', '4.0', '0.0', 'null')", 0.0),
        Case("balance_residual('5.0', 'x', '2.0', '4.0', '3.0', '0.5')", None,
             "cast(null as numeric) as x"),
    ],
    "quality_rank": [Case("quality_rank(\"'estimated'\")", 2)],
    "quality_name": [
        Case("quality_name(1)", "bridged"),
        Case("quality_name('x')", "missing", "cast(null as integer) as x"),
    ],
    "worst_quality": [Case("worst_quality(['pv', 'load'])", "bridged", ENERGIES)],
    "stable_sum": [
        Case("stable_sum('x')", 0.6, "0.1 as x union all select 0.2 union all select 0.3"),
    ],
    "rounded": [
        Case("rounded('x', 2)", 0.13, "cast(0.125 as double precision) as x"),
        Case("rounded('x', 2)", 1.01, "cast(1.005 as double precision) as x"),
        Case("rounded('x')", 0.123457, "cast(0.1234567 as double precision) as x"),
    ],
    "share": [Case("share('3', '4')", 0.75), Case("share('3', '0')", None)],
    "null_of": [Case("null_of('double')", None)],
    "add_minutes": [
        Case(f"add_minutes({NOON!r}, -45)", "2025-10-26 11:59:59"),
        Case(f"add_minutes({NOON!r}, 'x')", None, "cast(null as integer) as x"),
    ],
    "add_days": [Case(f"add_days({AUTUMN!r}, 6)", "2025-11-01")],
    "month_start": [Case(f"month_start({AUTUMN!r})", "2025-10-01")],
    "year_start": [Case(f"year_start({AUTUMN!r})", "2025-01-01")],
    "days_in_month": [
        Case("days_in_month('x')", 29, "cast('2024-02-01' as date) as x"),
        Case("days_in_month('x')", 30, "cast('2025-11-01' as date) as x"),
    ],
    "days_in_year": [Case("days_in_year('x')", 366, "cast('2024-01-01' as date) as x")],
    "days_from": [Case(f"days_from({LEAP!r}, {AUTUMN!r})", 624)],
    "each_day": [
        Case("days", 3, "(select count(*) from (select {{ each_day(\"cast('2024-02-28' as date)\", "
             "\"cast('2024-03-01' as date)\") }} as day) as t) as days"),
    ],
    "epoch_us": [Case(f"epoch_us({NOON!r})", 1_761_482_699_000_000)],
    "whole_seconds": [Case(f"whole_seconds({NOON!r})", 1_761_482_699)],
    "seh_id": [Case(f"seh_id(\"'43'\", {NOON!r})", 431_761_482_699)],
    "seconds_between": [
        Case(f"seconds_between({NOON!r}, \"cast('2025-10-26 12:45:00.5' as timestamp)\")", 1.5),
    ],
    "block_30min": [
        Case(f"block_30min({NOON!r})", "2025-10-26 12:30:00"),
        Case("block_30min(\"cast('2025-10-26 12:29:59' as timestamp)\")", "2025-10-26 12:00:00"),
    ],
    "block_start_utc": [
        # Chatham: the quarter-hours before and after a change are one half hour.
        Case("block_start_utc('x', 'o')", "2026-04-04 13:45:00",
             "cast('2026-04-05 03:40:00' as timestamp) as x, 825 as o"),
        Case("block_start_utc('x', 'o')", "2026-04-04 13:45:00",
             "cast('2026-04-05 02:45:00' as timestamp) as x, 765 as o"),
    ],
    "offset_at_start": [
        Case("offset_at_start('s', 'o')", 765, "true as s, 765 as o union all select false, 825"),
        Case("offset_at_start('s', 'o')", 825, "false as s, 765 as o union all select false, 825"),
    ],
    "starts_local_day": [
        Case("starts_local_day('given', 'day_start_utc')", False, HAVANA),  # noqa: FBT003
        Case("starts_local_day('given', \"cast(null as timestamp)\")", True, HAVANA),  # noqa: FBT003
    ],
    "month_text": [Case(f"month_text({AUTUMN!r})", "2025-10")],
    "counter_digit": [Case("counter_digit()", 0.015)],
    "standing_digit": [Case("standing_digit()", 0.005)],
    "agreement_kwh": [
        Case("agreement_kwh('0.2', '0.1')", 0.05),
        Case("agreement_kwh('2.0', '3.0')", 0.3),
    ],
    "is_barely_unexplained": [
        Case("is_barely_unexplained('1.0', '0.96')", True),  # noqa: FBT003
        Case("is_barely_unexplained('1.0', '0.9')", False),  # noqa: FBT003
        Case("is_barely_unexplained('1.0', '0.99')", False),  # noqa: FBT003
    ],
    "possible_reading": [
        Case("possible_reading('3.0', '1.0', '4.0')", 3.0),
        Case("possible_reading('-0.01', '1.0', '4.0')", 0.0),
        Case("possible_reading('-0.05', '1.0', '4.0')", None),
        Case("possible_reading('999.99', '1.0', '4.0')", None),
    ],
    "total_tolerance_wh": [
        Case("total_tolerance_wh('9600.0')", 50.0),
        Case("total_tolerance_wh('1000000.0')", 200.0),
    ],
    "total_verdict": [
        Case("total_verdict('9600.0', '9610.0', '0', 'true')", "agrees"),
        Case("total_verdict('4800.0', '9600.0', '16', 'true')", "lacks"),
        Case("total_verdict('4800.0', '9600.0', '0', 'true')", "contradicts"),
        Case("total_verdict('9600.0', '4800.0', '0', 'false')", "unknown"),
        Case("total_verdict('9600.0', 'x', '0', 'true')", "unknown", "cast(null as numeric) as x"),
    ],
    "balance_digits": [Case("balance_digits()", 0.03)],
    "longest_reading_gap": [Case("longest_reading_gap()", 30)],
    "highest_of_block": [
        Case("highest_of_block('load_power', 'given')", 4.0, "4.0 as load_power_max"),
        Case("highest_of_block('power_use', 'given')", 3.0,
             f"{NULL} as power_use_first, 3.0 as power_use_rest_max"),
        Case("highest_of_block('power_use', 'given')", 31.4,
             "31.4 as power_use_first, 3.0 as power_use_rest_max"),
    ],
    "power_integral": [
        Case("power_integral('x')", 1.0, SAMPLES.format("10.0", "2.0", "6")),
        # A minute that comes twice makes seven samples, of the same half hour.
        Case("power_integral('x')", 1.0, SAMPLES.format("12.0", "2.0", "7")),
        Case("power_integral('x')", None, SAMPLES.format("0.0", "0.0", "0")),
    ],
    "missing_samples_kwh": [
        Case("missing_samples_kwh('0.5', '5', 'x')", 0.1, "cast(null as numeric) as x"),
        Case("missing_samples_kwh('0.5', '5', '0.5')", 0.03),  # the balance leaves no more
        Case("missing_samples_kwh('0.5', '5', '1.0')", 0.47),  # the balance asks for more
        Case("missing_samples_kwh('0.5', '5', '0.1')", 0.0),
    ],
    "unexplained_kwh": [
        Case("unexplained_kwh('1.0', '0.4')", 0.6),
        Case("unexplained_kwh('1.0', '0.96')", 0.04),
        Case("unexplained_kwh('1.0', '0.99')", 0.0),  # what two ways of measuring differ by
        Case("unexplained_kwh('1.0', 'x')", None, "cast(null as numeric) as x"),
    ],
}  # fmt: skip
NO_NUMBERS = {
    "energy_quantities", "energy_flows", "qualities", "rank_of", "register_lake", "raw_table",
    "raw_schemas", "without_zone", "same_account", "latest_of", "clock_columns", "clock_names",
    "merged", "all_of", "by_day_materialization", "days_to_build", "dates_to_build", "on_dates",
    "delete_days_without", "know_the_rows", "plain_plans", "months_to_build", "in_months",
    "delete_months_without", "indexes_on", "energy_counters", "integrated_powers",
    "solaredge_streams", "solaredge_meters", "solaredge_block_streams", "solaredge_fetches",
    "solaredge_fetch_columns", "sql_type", "has_contracts", "retire_former_tables",
    "former_versions", "is_of_earlier_release", "column_names", "is_incremental",
    "system_key_index",
    "count_if_possible", "counter_conflicts", "counter_jumps", "counter_lags",
    "counter_stands", "date_of", "day_findings", "days_by_total_key",
    "finding_of", "finding_sentence", "five_minute_bit", "has_doubled_rows",
    "if_possible", "is_not_set_aside", "is_possible", "looks_like",
    "lowest_of_block", "most_per_hour", "powers_of_counters", "row_repeats",
    "scale_of_import", "scale_of_sales", "scaled_to_the_meter", "sigen_days_wanted",
    "sigen_readings", "solaredge_days_wanted", "solaredge_once", "solaredge_whole_day",
    "timestamp_of", "total_of_day", "version_of", "whole_number",
}  # fmt: skip
"""Lists, and pieces of models that the tests of the models build."""


def test_no_macro_is_forgotten() -> None:
    """Each macro of ours has a case here, or is none that computes."""
    declared = {
        name
        for path in (PROJECT / "macros").glob("*.sql")
        for name in re.findall(r"macro (\w+)\(", path.read_text(encoding="utf-8"))
        if not re.match(r"(default|duckdb|postgres|spark)__", name)
    }
    assert declared == set(CASES) | NO_NUMBERS


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_macros_compute_what_they_say(engine: str, request: pytest.FixtureRequest) -> None:
    """All of them in one query, whose rows dbt shows."""
    warehouse: Loader = request.getfixturevalue(f"{engine}_loader")
    cases = [case for of_one in CASES.values() for case in of_one]
    columns = ", ".join(
        f"(select {case.call if case.call == 'days' else '{{ ' + case.call + ' }}'} "
        f"from (select {case.given}) as given) as c{place}"
        for place, case in enumerate(cases)
    )
    shown = warehouse.dbt("show", "--inline", f"select {columns}", "--output", "json")
    (row,) = json.loads(shown[shown.index("{") :])["show"]
    for place, case in enumerate(cases):
        found = row[f"c{place}"]
        if isinstance(case.expected, str) or case.expected is None:
            assert found == (case.expected and case.expected.replace(" ", "T")[: len(found)]), case
        else:
            assert float(found) == pytest.approx(float(case.expected), abs=1e-12), case
