"""What can be exported, and how a selection becomes a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_ops.errors import OpsError
from solar_ops.warehouse.base import quoted

if TYPE_CHECKING:
    import datetime as dt

    from solar_ops.warehouse import Column, Warehouse

SITE_COLUMNS = ("system_id", "site_id", "system_key")
DAY_COLUMNS = ("local_date", "reading_date", "measured_at_local", "first_trigger_utc")
MONTH_COLUMN = "month_start"
SQL_TYPES = {"DOUBLE": "double precision", "VARCHAR": "text"}
SERIAL_COLUMNS = ("serial_number", "component_serial_number")
ORDER = (
    *("vendor", "system_key", "system_id", "site_id", "serial_number", "device_type"),
    *("meter_role", "meter_type", "stream", "month_start", "local_date", "reading_date"),
    *("block_start_utc", "interval_start_utc", "measured_at_utc", "first_trigger_utc", "seq"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of export.

    Attributes:
        name: The word on the command line.
        models: The models that hold it, one below the other.
        text: What a row is.
    """

    name: str
    models: tuple[str, ...]
    text: str


KINDS = (
    Kind("sites", ("dim_systems",), "a system: name, zone, size"),
    Kind("devices", ("dim_devices",), "an inverter, battery, meter, ..."),
    Kind(
        "intervals",
        ("int_sigen__intervals", "int_solaredge__intervals"),
        "an interval as the vendor measured it, 5 or 15 minutes",
    ),
    Kind("30-minute", ("fct_energy_30min",), "half an hour of a system: kWh, kW, state of charge"),
    Kind("daily", ("fct_energy_daily",), "a local day of a system: kWh, shares, coverage"),
    Kind("monthly", ("fct_energy_monthly",), "a month of a system: kWh, shares, coverage"),
    Kind("telemetry", ("stg_solaredge__inverter_telemetry",), "a reading of a SolarEdge inverter"),
    Kind("alerts", ("stg_solaredge__alerts",), "an alert of a SolarEdge site"),
    Kind("benefits", ("stg_solaredge__environmental_benefits",), "CO2 saved, trees, by site"),
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are wanted.

    Attributes:
        sites: Ids or keys of systems; none means all.
        start: First local day.
        end: Last local day; the whole of it is wanted.
        serials: Serial numbers; none means all.
    """

    sites: tuple[str, ...] = ()
    start: dt.date | None = None
    end: dt.date | None = None
    serials: tuple[str, ...] = ()


def need_relation(warehouse: Warehouse, model: str) -> None:
    """Refuse to go on without a model.

    Raises:
        OpsError: The warehouse does not have it.
    """
    if model not in warehouse.tables(warehouse.analytics):
        message = (
            f"{warehouse.label} has no table {warehouse.analytics}.{model} yet: "
            "run `solar sync`, which builds the models"
        )
        raise OpsError(message)


def selection_sql(
    warehouse: Warehouse, models: tuple[str, ...], selection: Selection
) -> tuple[str, list[Column]]:
    """Return the query for the selected rows of some models, and its columns.

    Raises:
        OpsError: A model is not there, or a filter is wanted that it has no column for.
    """
    found = {}
    for model in models:
        need_relation(warehouse, model)
        found[model] = warehouse.columns(warehouse.analytics, model)
    columns = list({column.name: column for one in found.values() for column in one}.values())
    parts = []
    for model, own in found.items():
        names = {column.name: column for column in own}
        listed = ", ".join(
            quoted(column.name)
            if column.name in names
            else f"cast(null as {SQL_TYPES.get(column.type, column.type)}) as {quoted(column.name)}"
            for column in columns
        )
        where = _conditions(names, model, selection)
        parts.append(
            f"select {listed} from {quoted(warehouse.analytics)}.{quoted(model)}"  # noqa: S608
            + (f" where {' and '.join(where)}" if where else "")
        )
    sql = " union all ".join(parts)
    present = {column.name: column for column in columns}
    if order := [warehouse.ordered(present[name]) for name in ORDER if name in present]:
        sql = f"select * from ({sql}) as selected order by {', '.join(order)}"  # noqa: S608
    return sql, columns


def _conditions(names: dict[str, Column], model: str, selection: Selection) -> list[str]:
    where: list[str] = []
    for option, wanted, known in (
        ("--site", selection.sites, SITE_COLUMNS),
        ("--serial", selection.serials, SERIAL_COLUMNS),
    ):
        if wanted:
            mine = [name for name in known if name in names]
            _need(mine, option, model)
            values = ", ".join(literal(value) for value in wanted)
            tests = [f"{quoted(name)} in ({values})" for name in mine]
            where.append(f"({' or '.join(tests)})")
    return where + _days(names, model, selection)


def _days(names: dict[str, Column], relation: str, selection: Selection) -> list[str]:
    start, end = selection.start, selection.end
    if start is None and end is None:
        return []
    if MONTH_COLUMN in names:
        column = quoted(MONTH_COLUMN)
        start = start and start.replace(day=1)
    else:
        day = next((name for name in DAY_COLUMNS if name in names), None)
        _need([day] if day else [], "--start and --end", relation)
        column = f"cast({quoted(str(day))} as date)"
    where = []
    if start is not None:
        where.append(f"{column} >= date '{start.isoformat()}'")
    if end is not None:
        where.append(f"{column} <= date '{end.isoformat()}'")
    return where


def _need(found: list[str], option: str, relation: str) -> None:
    if not found:
        message = f"{option} does not fit: {relation} has no such column"
        raise OpsError(message)


def literal(text: str) -> str:
    """Return a text in single quotes, as both warehouses read it."""
    return "'" + text.replace("'", "''") + "'"
