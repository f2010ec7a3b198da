"""What the boards show: which systems, which month, which day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_ops.warehouse import Warehouse

FLEET_DAYS = 31

SYSTEMS_SQL = """
select
    systems.system_key,
    systems.system_id,
    systems.system_name,
    (
        select max(months.month_start) from {schema}.fct_energy_monthly as months
        where months.system_key = systems.system_key and not months.is_partial
    ) as whole_month,
    (
        select max(days.local_date) from {schema}.fct_energy_daily as days
        where days.system_key = systems.system_key and days.coverage_share >= 1
    ) as whole_day,
    max(daily.local_date) as last_day,
    count(daily.load_kwh) > 0 as has_meter,
    count(daily.soc_pct_max) > 0 as has_battery
from {schema}.dim_systems as systems
inner join {schema}.fct_energy_daily as daily on systems.system_key = daily.system_key
group by systems.system_key, systems.system_id, systems.system_name
order by systems.system_name, systems.system_key
"""

FULLEST_MONTH_SQL = """
select system_key, month_start
from {schema}.fct_energy_monthly
order by system_key, days_with_data desc, month_start desc
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One board with its variables filled in.

    Attributes:
        board: Name of the board's file.
        title: What the reader picks it by.
        variables: Values of the board's variables.
    """

    board: str
    title: str
    variables: dict[str, Any]


def choose_pages(warehouse: Warehouse, sites: Sequence[str], limit: int) -> tuple[list[Page], int]:
    """Return the pages of a report, and how many systems it leaves out.

    Args:
        warehouse: Where the models are.
        sites: Ids or keys of the systems to show; none means all.
        limit: How many systems at most.

    Raises:
        OpsError: There is no energy yet, or a wanted system does not exist.
    """
    schema = warehouse.analytics
    systems = list(warehouse.query(SYSTEMS_SQL.format(schema=schema)).records())
    if not systems:
        message = f"{warehouse.label} holds no energy yet: run `solar sync`"
        raise OpsError(message)
    for site in sites:
        if not any(site in (system["system_id"], system["system_key"]) for system in systems):
            message = f"--site {site}: no such system with data in {warehouse.label}"
            raise OpsError(message)
    fullest: dict[str, dt.date] = {}
    for key, month in warehouse.query(FULLEST_MONTH_SQL.format(schema=schema)):
        fullest.setdefault(key, month)
    wanted = [
        system
        for system in systems
        if not sites or system["system_id"] in sites or system["system_key"] in sites
    ]
    pages = [_home(system, fullest) for system in wanted[:limit]]
    last = max(system["last_day"] for system in systems)
    return [_fleet(last), *pages], len(wanted) - len(pages)


def _home(system: dict[str, Any], fullest: dict[str, dt.date]) -> Page:
    month = system["whole_month"] or fullest[system["system_key"]]
    day = system["whole_day"] or system["last_day"]
    return Page(
        board="home",
        title=system["system_name"] or system["system_id"],
        variables={
            "system": system["system_key"],
            "system_name": system["system_name"] or system["system_id"],
            "month": month.isoformat(),
            "month_name": f"{month:%B %Y}",
            "day": day.isoformat(),
            "day_name": f"{day.day} {day:%B %Y}",
            "has_battery": bool(system["has_battery"]),
            "has_meter": bool(system["has_meter"]),
        },
    )


def _fleet(last: dt.date) -> Page:
    first = last - dt.timedelta(days=FLEET_DAYS - 1)
    return Page(
        board="fleet",
        title="All systems",
        variables={
            "first_day": first.isoformat(),
            "last_day": last.isoformat(),
            "period_name": f"{first.day} {first:%B} to {last.day} {last:%B %Y}",
        },
    )
