"""The plan in numbers: calls, credits, and the date on which all is fetched.

The forecast spends the plan's calls one after the other on copies of the ledger's meters,
at the limits that the vendor documents: a vendor who enforces less is faster.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from solar_tap_kit.clock import DAY, utc_text
from solar_tap_kit.limits import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.ledger import Ledger, Left
    from solar_tap_kit.limits import Limit
    from solar_tap_kit.plan import Plan, Step

COLUMNS = ("source", "reason", "sites", "windows", "cost", "first day", "last day", "done by (UTC)")


@dataclass(slots=True)
class Line:
    """What one source is asked for one reason.

    Attributes:
        windows: How many windows.
        cost: Calls or credits.
        archived: Windows that the archive answers.
        sites: The sites.
        first_day: First local day.
        last_day: Last local day.
        done_at: When the last of its calls can go.
    """

    windows: int = 0
    cost: int = 0
    archived: int = 0
    sites: set[str] = field(default_factory=set)
    first_day: dt.date = dt.date.max
    last_day: dt.date = dt.date.min
    done_at: dt.datetime | None = None


@dataclass(slots=True)
class Forecast:
    """A plan in numbers.

    Attributes:
        now: When it was made.
        unit: `calls` or `credits`.
        lines: By source and reason, in the plan's order.
        cost_by_site: What each site's windows cost; bulk calls count for the first site.
        done_at: When the last call can go; `now` if nothing is to be done.
        left: What the limits of the account, and of its busiest site, still allow.
        steps: Every step with the earliest time of its call, if they were asked for.
    """

    now: dt.datetime
    unit: str
    lines: dict[tuple[str, str], Line]
    cost_by_site: Counter[str]
    done_at: dt.datetime
    left: Sequence[Left]
    steps: list[dict[str, Any]]

    @property
    def cost(self) -> int:
        """What everything costs."""
        return sum(line.cost for line in self.lines.values())

    @property
    def days(self) -> float:
        """How many days it takes at the documented limits."""
        return (self.done_at - self.now) / DAY

    def as_json(self) -> dict[str, Any]:
        """Return the forecast for machines."""
        return {
            "now": utc_text(self.now),
            "cost_unit": self.unit,
            "cost": self.cost,
            "windows": sum(line.windows for line in self.lines.values()),
            "days_to_done": round(self.days, 3),
            "done_at": utc_text(self.done_at),
            "limits": [
                {
                    "name": left.limit.name,
                    "amount": left.limit.amount,
                    "reserve": left.limit.reserve,
                    "used": left.used,
                    "left": left.left,
                    "resets_at": utc_text(left.resets_at) if left.resets_at else None,
                    "site": left.site,
                }
                for left in self.left
            ],
            "sources": [
                {
                    "source": source,
                    "reason": reason,
                    "sites": len(line.sites),
                    "windows": line.windows,
                    "archived": line.archived,
                    "cost": line.cost,
                    "first_day": line.first_day.isoformat(),
                    "last_day": line.last_day.isoformat(),
                    "done_at": utc_text(line.done_at) if line.done_at else None,
                }
                for (source, reason), line in self.lines.items()
            ],
            "cost_by_site": dict(self.cost_by_site),
            "steps": self.steps,
        }

    def as_text(self) -> str:
        """Return the forecast as a table for people."""
        rows = [COLUMNS]
        for (source, reason), line in self.lines.items():
            rows.append(
                (
                    source,
                    reason,
                    str(len(line.sites)),
                    f"{line.windows}" + (f" ({line.archived} archived)" if line.archived else ""),
                    str(line.cost),
                    line.first_day.isoformat(),
                    line.last_day.isoformat(),
                    f"{line.done_at:%Y-%m-%d %H:%M}" if line.done_at else "",
                )
            )
        widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
        text = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        text.append("")
        if self.lines:
            text.append(
                f"{self.cost} {self.unit}; done by {self.done_at:%Y-%m-%d %H:%M} UTC, "
                f"{self.days:.1f} day(s) from now, at the limits that the vendor documents"
            )
        else:
            text.append("nothing to fetch: everything that is wanted is stored")
        for left in self.left:
            until = f", until {left.resets_at:%Y-%m-%d %H:%M} UTC" if left.resets_at else ""
            kept = f", {left.limit.reserve} kept for other tools" if left.limit.reserve else ""
            where = f" at {left.site}" if left.site else ""
            text.append(
                f"{left.limit.name}: {left.left} of {left.limit.amount} left{where}{kept}{until}"
            )
        return "\n".join(text)


def forecast(
    plan: Plan,
    ledger: Ledger | None,
    now: dt.datetime,
    unit: str,
    *,
    with_steps: bool = False,
) -> Forecast:
    """Return a plan in numbers; spends nothing.

    Args:
        plan: What is to be done.
        ledger: What has been spent, or None for no limits.
        now: The present.
        unit: `calls` or `credits`.
        with_steps: List every step, which for fleets can be long.
    """
    limits: Sequence[Limit] = ledger.limits if ledger else ()
    meters = ledger.meters(now) if ledger else {}
    lines: dict[tuple[str, str], Line] = {}
    by_site: Counter[str] = Counter()
    steps: list[dict[str, Any]] = []
    done_at = now
    for step in plan.by_time():
        at = _spend(step, limits, meters, now)
        done_at = max(done_at, at)
        line = lines.setdefault((step.source.name, step.reason), Line())
        line.windows += len(step.windows)
        line.cost += step.cost
        line.archived += len(step.windows) if step.archived else 0
        line.sites |= {window.site.id for window in step.windows}
        line.first_day = min(line.first_day, step.windows[0].days.first)
        line.last_day = max(line.last_day, step.windows[0].days.end - DAY)
        line.done_at = max(line.done_at or now, at)
        by_site[step.windows[0].site.id] += step.cost
        if with_steps:
            steps.append(
                {
                    "source": step.source.name,
                    "sites": [window.site.id for window in step.windows],
                    "first_day": step.windows[0].days.first.isoformat(),
                    "end_day": step.windows[0].days.end.isoformat(),
                    "reason": step.reason,
                    "cost": step.cost,
                    "archived": step.archived,
                    "earliest_at": utc_text(at),
                }
            )
    left = ledger.left(now) if ledger else []
    return Forecast(now, unit, lines, by_site, done_at, left, steps)


def _spend(
    step: Step,
    limits: Sequence[Limit],
    meters: dict[tuple[str, ...], Meter],
    now: dt.datetime,
) -> dt.datetime:
    """Return when a step's call can go, and count it then."""
    if step.archived:
        return now
    concerned = []
    for limit in limits:
        if limit.concerns(step.source.endpoint) and (limit.scope == "account" or step.place):
            key = limit.key(step.source.endpoint, step.place)
            concerned.append(meters.setdefault(key, Meter(limit)))
    at = now
    while concerned:
        later = max(meter.earliest(step.cost, at) for meter in concerned)
        if later <= at:
            break
        at = later
    for meter in concerned:
        meter.add(at, step.cost)
    return at
