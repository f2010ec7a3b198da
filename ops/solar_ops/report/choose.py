"""What the boards show: which systems, which month, which day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_ops.errors import OpsError
from solar_ops.exporting.kinds import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_ops.warehouse import Warehouse

FLEET_DAYS = 31

RANKED_SQL = """
with last as (
    select max(local_date) as last_day from {schema}.fct_energy_daily
),
energy as (
    select
        daily.system_key,
        count(*) as days,
        sum(daily.pv_kwh) as pv_kwh,
        sum(case when daily.quality = 'suspect' then 1 else 0 end) as suspect_days
    from {schema}.fct_energy_daily as daily
    cross join last
    where daily.local_date > last.last_day - {days}
    group by daily.system_key
),
holes as (
    select coverage.system_key, count(distinct coverage.local_date) as hole_days
    from {schema}.fct_day_coverage as coverage
    cross join last
    where coverage.is_hole and coverage.status not in ('before_start', 'pending')
        and coverage.local_date > last.last_day - {days}
        and coverage.local_date <= last.last_day
    group by coverage.system_key
)
select
    systems.system_key,
    systems.system_id,
    systems.system_name,
    last.last_day
from {schema}.dim_systems as systems
cross join last
left join energy on systems.system_key = energy.system_key
left join holes on systems.system_key = holes.system_key
where exists (
    select 1 from {schema}.fct_energy_daily as daily where daily.system_key = systems.system_key
)
order by
    coalesce(holes.hole_days, 0) desc,
    coalesce(energy.suspect_days, 0) desc,
    energy.pv_kwh / nullif(systems.peak_power_kw, 0) / energy.days nulls last,
    systems.system_name,
    systems.system_key
"""
"""The systems with energy, worst first: days that lack data, suspect days, then low yield."""

DETAILS_SQL = """
select
    daily.system_key,
    max(case when daily.coverage_share >= 1 then daily.local_date end) as whole_day,
    max(daily.local_date) as last_day,
    count(daily.load_kwh) > 0 as has_meter,
    count(daily.soc_pct_max) > 0 as has_battery
from {schema}.fct_energy_daily as daily
where daily.system_key in ({keys})
group by daily.system_key
"""

MONTHS_SQL = """
select system_key, month_start, is_partial
from {schema}.fct_energy_monthly
where system_key in ({keys})
order by system_key, is_partial, case when is_partial then days_with_data else 0 end desc,
    month_start desc
"""
"""A system's newest whole month comes first; without one, the month with the most days."""


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
        limit: How many systems at most; of more, those that need attention come first.

    Raises:
        OpsError: There is no energy yet, or a wanted system does not exist.
    """
    schema = warehouse.analytics
    ranked = list(warehouse.query(RANKED_SQL.format(schema=schema, days=FLEET_DAYS)).records())
    if not ranked:
        message = f"{warehouse.label} holds no energy yet: run `solar sync`"
        raise OpsError(message)
    for site in sites:
        if not any(site in (system["system_id"], system["system_key"]) for system in ranked):
            message = f"--site {site}: no such system with data in {warehouse.label}"
            raise OpsError(message)
    wanted = [
        system
        for system in ranked
        if not sites or system["system_id"] in sites or system["system_key"] in sites
    ]
    shown = wanted[:limit]
    if len(shown) == len(wanted):
        # Nobody has to be chosen, and a name is found faster among names in order.
        shown.sort(key=lambda system: (system["system_name"] or "", system["system_key"]))
    pages = _homes(warehouse, shown) if shown else []
    return [_fleet(ranked[0]["last_day"]), *pages], len(wanted) - len(pages)


def _homes(warehouse: Warehouse, systems: Sequence[dict[str, Any]]) -> list[Page]:
    """Return the pages of some systems; nothing of any other is read."""
    names = {
        "schema": warehouse.analytics,
        "keys": ", ".join(literal(system["system_key"]) for system in systems),
    }
    details = {
        found["system_key"]: found
        for found in warehouse.query(DETAILS_SQL.format(**names)).records()
    }
    months: dict[str, dt.date] = {}
    for key, month, _ in warehouse.query(MONTHS_SQL.format(**names)):
        months.setdefault(key, month)
    return [
        _home({**system, **details[system["system_key"]]}, months[system["system_key"]])
        for system in systems
    ]


def _home(system: dict[str, Any], month: dt.date) -> Page:
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
