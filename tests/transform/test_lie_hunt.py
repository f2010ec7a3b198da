"""The fixed part of the hunt for lies; `tests/support/lie_hunt.py` hunts on with other dice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lie_hunt import Hunt, make_cases, without_trouble
from raw_warehouse import DuckDBLoader

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.slow

SEED, PAIRS, HEALTHY = 4, 30, 2
TABLES = ("fct_energy_30min", "fct_energy_daily")


def rows_of(warehouse: DuckDBLoader, table: str, systems: list[str]) -> list[tuple[Any, ...]]:
    """Return all that a table says of some systems."""
    listed = ", ".join(f"'{system}'" for system in systems)
    return warehouse.query(
        f"select * from analytics.{table} where system_id in ({listed}) order by all"  # noqa: S608
    )


def test_nothing_wrong_is_called_ok(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every kind of trouble alone and some in pairs: no lie, no neighbour harmed."""
    folder = tmp_path_factory.mktemp("hunt")
    cases = make_cases(SEED, pairs=PAIRS, healthy=HEALTHY)
    hunt = Hunt(cases, folder, SEED)
    hunt.fetch()
    spoilt = DuckDBLoader(folder / "warehouse.duckdb")
    hunt.rows.load_into(spoilt)
    spoilt.dbt("build", "--exclude-resource-type", "unit_test")
    lies = hunt.lies(spoilt)
    assert not lies, "\n".join(map(str, lies))

    neighbours = [case.site.site_id for case in cases if not case.spoilers]
    quiet = DuckDBLoader(tmp_path_factory.mktemp("quiet") / "warehouse.duckdb")
    without_trouble(hunt.rows, cases).load_into(quiet)
    quiet.dbt("run")
    for table in TABLES:
        found = rows_of(spoilt, table, neighbours)
        assert found
        assert found == rows_of(quiet, table, neighbours), table
