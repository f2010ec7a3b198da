"""What a person wants to see after a run: systems, days, kWh in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
from rich import box
from rich.table import Table

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

SUMMARY_SQL = """
select
    systems.system_name,
    systems.vendor,
    systems.timezone,
    totals.days_with_data,
    totals.data_points_count,
    totals.pv_kwh,
    totals.load_kwh,
    totals.import_kwh,
    totals.export_kwh,
    totals.self_consumption_share,
    totals.coverage_share
from analytics.fct_energy_total as totals
inner join analytics.dim_systems as systems using (system_key)
order by systems.vendor, systems.system_name
"""


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file for reading.

    Raises:
        OpsError: There is no such file, or another program is writing to it.
    """
    if not path.is_file():
        message = f"{path} does not exist yet: run `make demo` or `meltano run daily` first"
        raise OpsError(message)
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.IOException:
        message = f"{path} can not be opened: in use by another program, or no DuckDB file"
    raise OpsError(message)


def print_summary(path: Path, console: Console) -> None:
    """Print a line for each system.

    Raises:
        OpsError: The file can't be read, or holds no built models.
    """
    with open_warehouse(path) as connection:
        try:
            rows = connection.execute(SUMMARY_SQL).fetchall()
        except duckdb.CatalogException:
            rows = []
    if not rows:
        message = f"{path} holds no energy yet: run `meltano run daily`"
        raise OpsError(message)
    table = Table(
        title="Energy by system, kWh",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in ("System", "Vendor", "Time zone"):
        table.add_column(name, no_wrap=True)
    for name in ("Days", "Points", "PV", "Load", "Import", "Export", "Own use", "Complete"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, vendor, zone, days, points, *energies, self_consumption, coverage in rows:
        table.add_row(
            name, vendor, zone, str(days), f"{points:,}",
            *(_kwh(energy) for energy in energies),
            _share(self_consumption), _share(coverage),
        )  # fmt: skip
    console.print(table)
    if any(row[6] is None for row in rows):
        console.print("Own use: PV energy that was not exported. A dash: no meter could tell.")


def _kwh(value: Any) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _share(value: Any) -> str:
    return "-" if value is None else f"{value:.1%}"
