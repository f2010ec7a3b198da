"""How old the newest data of each source is."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
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

SHOWN_GROUPS = 5
SHOWN_SITES = 3
"""This many lines, and systems in each, name what is stale; JSON has all of them."""


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


@dataclass(frozen=True, slots=True)
class Stale:
    """A system whose newest data is too old.

    Attributes:
        source: The vendor.
        site: The vendor's id of the system.
        day: The newest local day with data; None while there is none.
        hours: How long ago that day ended.
    """

    source: str
    site: str
    day: dt.date | None
    hours: float

    def __str__(self) -> str:
        """Return a line about the system."""
        if self.day is None:
            return f"{self.source} {self.site}: no data at all"
        return (
            f"{self.source} {self.site}: newest data is of {self.day}, {self.hours:.0f} hours ago"
        )


def stale_systems(
    settings: Settings, names: Sequence[str], now: dt.datetime | None = None
) -> list[Stale]:
    """Return the systems whose newest data is older than SOLAR_STALE_HOURS."""
    now = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
    limit = settings.number("STALE_HOURS")
    if is_demo(settings):
        return []
    try:
        with open_warehouse(settings) as warehouse:
            newest = newest_days(warehouse)
    except OpsError:
        return []
    found = []
    for one in newest:
        if one.source not in names:
            continue
        hours = (now - one.ends_at).total_seconds() / 3600 if one.ends_at else math.inf
        if hours > limit:
            found.append(Stale(one.source, one.site, one.day if one.ends_at else None, hours))
    return found


def grouped(stale: Sequence[Stale]) -> list[str]:
    """Return the stale systems in a few lines, those of the same newest day together."""
    by_day: dict[tuple[str, str], list[Stale]] = defaultdict(list)
    for one in stale:
        by_day[one.source, str(one.day or "")].append(one)
    # The newest outage first: it is what an operator does not know yet.
    groups = sorted(by_day.values(), key=lambda own: str(own[0].day or ""), reverse=True)
    lines = [_told(own) for own in groups[:SHOWN_GROUPS]]
    if more := sum(len(own) for own in groups[SHOWN_GROUPS:]):
        lines.append(f"{more} more systems, for longer; `solar status --json` names them all")
    return lines


def _told(own: Sequence[Stale]) -> str:
    first = own[0]
    if len(own) == 1:
        return str(first)
    since = "no data at all" if first.day is None else f"newest data is of {first.day}"
    return f"{len(own)} {first.source} systems, {since}: {named([one.site for one in own])}"


def named(sites: Sequence[str]) -> str:
    """Return the first sites by name and the number of the others."""
    more = len(sites) - SHOWN_SITES
    return ", ".join(sites[:SHOWN_SITES]) + (f" and {more} more" if more > 0 else "")
