"""How old the newest data of each source is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_ops.errors import OpsError
from solar_ops.sources import SOURCES
from solar_ops.warehouse import open_warehouse
from solar_ops.warehouse.places import is_demo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_ops.settings import Settings
    from solar_ops.warehouse import Warehouse

LEDGERS = {"tap_sigen": "history_days", "tap_solaredge": "sync_days"}
"""The day ledger of each raw schema: what was fetched, and how much of it came."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest day with data of one site.

    Attributes:
        source: The vendor.
        site: The vendor's id of the system.
        day: The newest local day with a point; None while there is none.
        ends_at: When that day ended, UTC, naive.
    """

    source: str
    site: str
    day: dt.date | None
    ends_at: dt.datetime | None


def newest_days(warehouse: Warehouse) -> list[Newest]:
    """Return the newest day of every site, from the day ledgers."""
    found = []
    for source in SOURCES:
        ledger = LEDGERS[source.schema]
        if ledger not in warehouse.tables(source.schema):
            continue
        names = {column.name for column in warehouse.columns(source.schema, ledger)}
        site = "system_id" if "system_id" in names else "site_id"
        rows = warehouse.query(
            f"select {site}, max(case when n_points > 0 then local_date end), "  # noqa: S608
            "max(case when n_points > 0 then recorded_at end) "
            f"from {source.schema}.{ledger} group by 1 order by 1"
        )
        found += [
            Newest(source.name, str(site_id), day, start and start + dt.timedelta(days=1))
            for site_id, day, start in rows
        ]
    return found


def stale_sources(
    settings: Settings, names: Sequence[str], now: dt.datetime | None = None
) -> list[str]:
    """Return a line for each site whose newest data is older than SOLAR_STALE_HOURS."""
    now = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
    limit = settings.number("STALE_HOURS")
    if is_demo(settings):
        return []
    try:
        with open_warehouse(settings) as warehouse:
            newest = newest_days(warehouse)
    except OpsError:
        return []
    lines = []
    for one in newest:
        if one.source not in names:
            continue
        if one.ends_at is None:
            lines.append(f"{one.source} {one.site}: no data at all")
        elif (age := (now - one.ends_at).total_seconds() / 3600) > limit:
            lines.append(
                f"{one.source} {one.site}: newest data is of {one.day}, {age:.0f} hours ago"
            )
    return lines
