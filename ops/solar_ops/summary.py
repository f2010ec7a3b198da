"""What a person wants to see after a run: systems, days, kWh in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from rich.console import Console

    from solar_ops.warehouse import Warehouse

LONGEST_NAME = 40
"""Characters of a system's name that a table shows."""

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
from {schema}.fct_energy_total as totals
inner join {schema}.dim_systems as systems on totals.system_key = systems.system_key
order by systems.vendor, systems.system_name
"""


def print_summary(warehouse: Warehouse, console: Console) -> None:
    """Print a line for each system.

    Raises:
        OpsError: The warehouse holds no built models.
    """
    schema = warehouse.analytics
    rows: list[tuple[Any, ...]] = []
    if "fct_energy_total" in warehouse.tables(schema):
        rows = list(warehouse.query(SUMMARY_SQL.format(schema=schema)))
    if not rows:
        message = f"{warehouse.label} holds no energy yet: run `solar sync`"
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
            short_name(name), vendor, zone, str(days), f"{points:,}",
            *(_kwh(energy) for energy in energies),
            _share(self_consumption), _share(coverage),
        )  # fmt: skip
    console.print(table)
    if any(row[6] is None for row in rows):
        console.print("Own use: PV energy that was not exported. A dash: no meter could tell.")


def short_name(name: str | None) -> str:
    """Return a system's name as a table shows it: one line, cut where it is too long."""
    plain = " ".join((name or "").split())
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"


def _kwh(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
