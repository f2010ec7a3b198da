"""One system's odd data is that system's: its days are mended or set aside, all others stay."""

# ruff: noqa: S608 - names and ids in the SQL are our own

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from raw_rows import TABLES, RawRows

if TYPE_CHECKING:
    from raw_warehouse import Loader

pytestmark = pytest.mark.slow

BUILD = ("build", "--exclude-resource-type", "unit_test")
SIGEN, SOLAREDGE, NEW_YORK = "HOUSE1700000000", "4300001", "HOUSE1700000010"
MINUTES = "interval '7 minutes'"
SPOILT = (SIGEN, SOLAREDGE, NEW_YORK)

MODELS = (
    "fct_energy_30min", "fct_energy_daily", "fct_energy_monthly", "fct_energy_total",
    "fct_day_coverage", "fct_reconciliation", "sigen_30min", "sigen_monthly", "dim_systems",
)  # fmt: skip

FINDINGS = {
    (SIGEN, "2025-10-25", "doubled_rows", "mended"),
    (SIGEN, "2025-10-26", "rows_contradict", "set_aside"),
    (SIGEN, "2025-10-27", "rows_of_another_day", "set_aside"),
    (SIGEN, "2026-03-28", "too_many_rows", "set_aside"),
    (SIGEN, "2026-03-29", "negative_values", "mended"),
    (SIGEN, "2026-03-29", "unreadable_values", "mended"),
    (SIGEN, "2026-03-30", "row_of_next_midnight", "mended"),
    (NEW_YORK, "2025-11-01", "days_overlap", "set_aside"),
    (NEW_YORK, "2026-03-08", "zone_changed", "set_aside"),
    (SOLAREDGE, "2025-10-25", "doubled_rows", "mended"),
    (SOLAREDGE, "2025-10-26", "rows_contradict", "set_aside"),
    (SOLAREDGE, "2025-10-27", "uneven_times", "set_aside"),
    (SOLAREDGE, "2025-10-27", "zone_changed", "set_aside"),
    (SOLAREDGE, "2026-03-28", "negative_values", "mended"),
    (SOLAREDGE, "2026-03-29", "unreadable_values", "mended"),
    (SOLAREDGE, "2026-03-30", "rows_of_another_day", "set_aside"),
}
SET_ASIDE = {(system, day) for system, day, _, action in FINDINGS if action == "set_aside"}


def again(name: str, where: str, **changed: str) -> str:
    """Return the statement that inserts rows of a raw table once more, some columns changed."""
    table = TABLES[name]
    values = ", ".join(changed.get(column, f'"{column}"') for column in table.columns)
    names = ", ".join(f'"{column}"' for column in table.columns)
    return f"insert into {table.path} ({names}) select {values} from {table.path} where {where}"


def of(system: str, day: str, more: str = "true") -> str:
    """Return the condition on a raw row of a system and day."""
    key = "site_id" if system == SOLAREDGE else "system_id"
    return f"{key} = '{system}' and local_date = date '{day}' and {more}"


def moved(sign: str, interval: str) -> str:
    """Return a row's wall clock, which is text, some time earlier or later."""
    return f"cast(cast(local_time as timestamp) {sign} {interval} as varchar(19))"


def sigen_spoilt() -> list[str]:
    """Return what makes six days of one Sigen system odd, each in its own way."""
    rows = "tap_sigen.history_intervals"
    day = "interval '1 day'"
    return [
        again("sigen.history_intervals", of(SIGEN, "2025-10-25", "seq = 100"), seq="900"),
        f"delete from {rows} where {of(SIGEN, '2025-10-25', 'seq = 200')}",
        again(
            "sigen.history_intervals", of(SIGEN, "2025-10-26", "seq = 100"),
            seq="900", power_generation="power_generation + 7",
        ),
        (f"update {rows} set recorded_at = recorded_at - {day}, local_time = {moved('-', day)} "
        f"where {of(SIGEN, '2025-10-27')}"),
        again(
            "sigen.history_intervals", of(SIGEN, "2026-03-28", "seq = 100"),
            seq="900", recorded_at="recorded_at + interval '1 minute'",
        ),
        f"update {rows} set power_use = -3 where {of(SIGEN, '2026-03-29', 'seq < 30')}",
        (f"update {rows} set load_power = cast('NaN' as double precision), "
        "from_grid_power = cast('Infinity' as double precision) "
        f"where {of(SIGEN, '2026-03-29', 'seq = 100')}"),
        ("update tap_sigen.history_days set power_to_grid = cast('NaN' as double precision), "
        f"es_charging = -1 where {of(SIGEN, '2026-03-29')}"),
        again(
            "sigen.history_intervals", of(SIGEN, "2026-03-30", "seq = 0"),
            seq="900", recorded_at=f"recorded_at + {day}", local_time=moved("+", day),
        ),
        # The zone was corrected behind this day: it reaches into the next one.
        ("update tap_sigen.history_days set recorded_at = recorded_at + interval '3 hours' "
        f"where {of(NEW_YORK, '2025-11-01')}"),
        f"update tap_sigen.history_days set timezone = 'UTC' where {of(NEW_YORK, '2026-03-08')}",
        # Rows that nobody vouches for, and a day that is nobody's.
        again("sigen.history_intervals", of(SIGEN, "2026-03-28"), system_id="'GHOST'"),
        again("sigen.history_days", of(SIGEN, "2026-03-28"), system_id="null"),
        again("sigen.systems", f"system_id = '{SIGEN}'", system_id="null"),
        again("sigen.history_days", of(SIGEN, "2026-03-28"), system_id="'UNLISTED'"),
        again(
            "sigen.history_intervals", of(SIGEN, "2026-03-28", "seq < 288"),
            system_id="'UNLISTED'",
        ),
    ]  # fmt: skip


def solaredge_spoilt() -> list[str]:
    """Return what makes six days of one SolarEdge site odd, each in its own way."""
    energy, noon = "tap_solaredge.site_energy", "substring(local_time, 12, 2) = '12'"
    day = "interval '1 day'"
    return [
        again("solaredge.site_energy", of(SOLAREDGE, "2025-10-25")),
        again("solaredge.meter_energy", of(SOLAREDGE, "2025-10-25", noon)),
        again("solaredge.meter_energy", of(SOLAREDGE, "2025-10-26", noon), energy="energy + 700"),
        (
            f"update {energy} set local_time = {moved('+', MINUTES)} "
            f"where {of(SOLAREDGE, '2025-10-27', noon)}"
        ),
        f"update {energy} set energy = -5 where {of(SOLAREDGE, '2026-03-28', noon)}",
        (
            f"update {energy} set energy = cast('NaN' as double precision) "
            f"where {of(SOLAREDGE, '2026-03-29', noon)}"
        ),
        (
            f"update tap_solaredge.meter_energy set energy = cast('Infinity' as double precision) "
            f"where {of(SOLAREDGE, '2026-03-29', noon)}"
        ),
        (
            f"update {energy} set recorded_at = recorded_at - {day}, "
            f"local_time = {moved('-', day)} where {of(SOLAREDGE, '2026-03-30', noon)}"
        ),
        f"update tap_solaredge.sync_days set timezone = 'UTC' where {of(SOLAREDGE, '2025-10-27')}",
        again("solaredge.sites", f"site_id = '{SOLAREDGE}'", site_id="null"),
        (
            f"update tap_solaredge.sites set installation_date = '2025-02-30?', "
            f"last_update_time = 'never' where site_id = '{SOLAREDGE}'"
        ),
    ]


def contents(warehouse: Loader, systems: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of the models for the systems of a condition, in a stable order."""
    found = {}
    for model in MODELS:
        rows = warehouse.query(f"select * from analytics.{model} where {systems}")
        found[model] = sorted(rows, key=repr)
    return found


OTHERS = f"system_id not in {(*SPOILT, 'UNLISTED')}"
VICTIMS = f"system_id in {SPOILT}"


def test_odd_data_stays_its_own_systems(warehouse: Loader, clock_changes: RawRows) -> None:
    """Every kind of odd data at once: the build passes, no other system's value changes a bit."""
    warehouse.clear()
    clock_changes.load_into(warehouse)
    warehouse.dbt(*BUILD)
    before, whole = contents(warehouse, OTHERS), contents(warehouse, VICTIMS)
    assert warehouse.query("select * from analytics.fct_day_findings") == []

    warehouse.execute(*sigen_spoilt(), *solaredge_spoilt())
    moved = "fetched_at = fetched_at + interval '1 hour'"
    warehouse.execute(
        *(
            f"update {TABLES[name].path} set {moved} where {key} in {(*SPOILT, 'UNLISTED')}"
            for name, key in (
                ("sigen.history_intervals", "system_id"), ("sigen.history_days", "system_id"),
                ("solaredge.site_energy", "site_id"), ("solaredge.meter_energy", "site_id"),
                ("solaredge.inverter_telemetry", "site_id"),
                ("solaredge.storage_telemetry", "site_id"), ("solaredge.sync_days", "site_id"),
            )
        )
    )  # fmt: skip
    warehouse.dbt(*BUILD)
    assert contents(warehouse, OTHERS) == before
    found = set(
        warehouse.query(
            "select system_id, cast(local_date as varchar(10)), finding, action "
            f"from analytics.fct_day_findings where {VICTIMS}"
        )
    )
    assert found == FINDINGS
    _what_is_set_aside_is_nowhere(warehouse)
    _what_is_mended_is_right(warehouse, whole)

    spoilt = contents(warehouse, VICTIMS)
    warehouse.dbt(*BUILD, "--full-refresh")
    assert contents(warehouse, VICTIMS) == spoilt
    assert contents(warehouse, OTHERS) == before

    _fetched_again(warehouse, clock_changes)
    warehouse.dbt(*BUILD)
    _all_is_back(warehouse, whole)
    assert contents(warehouse, OTHERS) == before


def _what_is_set_aside_is_nowhere(warehouse: Loader) -> None:
    listed = warehouse.query(
        "select system_id, cast(local_date as varchar(10)), reason "
        f"from analytics.fct_days_set_aside where {VICTIMS}"
    )
    assert {(system, day) for system, day, _ in listed} == SET_ASIDE
    assert all(reason for *_, reason in listed)
    for model in ("fct_energy_30min", "fct_energy_daily"):
        days = warehouse.query(
            f"select distinct system_id, cast(local_date as varchar(10)) from analytics.{model}"
        )
        assert not SET_ASIDE & set(days), model
    shown = warehouse.query(
        "select distinct system_id, cast(local_date as varchar(10)) "
        "from analytics.fct_day_coverage where status = 'set_aside' and is_hole "
        "and reason is not null and coverage_share = 0"
    )
    assert set(shown) >= SET_ASIDE


def _what_is_mended_is_right(warehouse: Loader, whole: dict[str, list[tuple[Any, ...]]]) -> None:
    """A double counts once: but for the row that was taken out, the day is as it was."""
    columns = warehouse.query(
        "select column_name from information_schema.columns where table_schema = 'analytics' and "
        "table_name = 'fct_energy_daily' order by ordinal_position"
    )
    names = [name for (name,) in columns]

    def day_of(rows: list[tuple[Any, ...]], system: str, day: str) -> dict[str, Any]:
        return next(
            row
            for row in (dict(zip(names, values, strict=True)) for values in rows)
            if row["system_id"] == system and str(row["local_date"]) == day
        )

    now = contents(warehouse, VICTIMS)["fct_energy_daily"]
    for system in (SIGEN, SOLAREDGE):
        right = day_of(whole["fct_energy_daily"], system, "2025-10-25")
        mended = day_of(now, system, "2025-10-25")
        for quantity in ("pv", "load", "import", "export", "charge", "discharge"):
            assert mended[f"{quantity}_kwh"] == pytest.approx(right[f"{quantity}_kwh"], abs=0.02)
    assert day_of(now, SIGEN, "2025-10-25")["data_points_count"] == 287
    negative = day_of(now, SIGEN, "2026-03-29")
    right = day_of(whole["fct_energy_daily"], SIGEN, "2026-03-29")
    assert negative["load_kwh"] == pytest.approx(right["load_kwh"], abs=0.02)
    assert negative["load_quality"] != "ok"


def _fetched_again(warehouse: Loader, rows: RawRows) -> None:
    """Load the days as they ought to be, by a later fetch, in the place of the odd ones."""
    for name, table in TABLES.items():
        key = table.keys[0] if table.keys[0] in ("system_id", "site_id") else None
        if name in rows.rows and key:
            gone = f"{key} in {(*SPOILT, 'UNLISTED', 'GHOST')} or {key} is null"
            warehouse.execute(f"delete from {table.path} where {gone}")
            mine = [row for row in rows.rows[name] if row[key] in SPOILT]
            warehouse.load(table, mine)
            if "local_date" in table.columns:
                later = "set fetched_at = fetched_at + interval '2 hours'"
                warehouse.execute(f"update {table.path} {later} where {key} in {SPOILT}")


def _all_is_back(warehouse: Loader, whole: dict[str, list[tuple[Any, ...]]]) -> None:
    assert warehouse.query("select * from analytics.fct_day_findings") == []
    energies = (
        "select system_id, local_date, pv_kwh, load_kwh, import_kwh, export_kwh, charge_kwh, "
        f"discharge_kwh, quality from analytics.fct_energy_daily where {VICTIMS} order by 1, 2"
    )
    names = [
        name
        for (name,) in warehouse.query(
            "select column_name from information_schema.columns where table_schema = 'analytics' "
            "and table_name = 'fct_energy_daily' order by ordinal_position"
        )
    ]
    wanted = (
        "system_id", "local_date", "pv_kwh", "load_kwh", "import_kwh", "export_kwh", "charge_kwh",
        "discharge_kwh", "quality",
    )  # fmt: skip
    places = [names.index(name) for name in wanted]
    before = sorted(tuple(row[place] for place in places) for row in whole["fct_energy_daily"])
    assert warehouse.query(energies) == before
