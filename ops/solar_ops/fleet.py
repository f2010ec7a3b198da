"""A fleet at a glance: the state of each system, counts by state, the worst systems first."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from solar_ops.coverage import Gap, StreamStatus
    from solar_ops.warehouse import Warehouse

SMALL_FLEET = 20
"""Up to this many lines are shown whole; of more, only this many of the worst."""

State = Literal["complete", "behind", "failing", "offline", "pending"]
STATES: tuple[State, ...] = get_args(State)

RANKS: tuple[State, ...] = ("failing", "behind", "offline", "pending", "complete")
"""Among systems that lack as much, the order in which they are shown."""

MAIN_STREAMS = ("history_intervals", "site_energy")
"""The stream of each vendor that every system in service has."""

OFFLINE_STATUSES = ("offline", "disconnection", "disconnected")
"""What Sigen calls a system that its cloud cannot reach."""

SYSTEMS_SQL = "select system_key, system_name, status from {schema}.dim_systems order by 1"


@dataclass(frozen=True, slots=True)
class ListedSystem:
    """A system as the vendor lists it.

    Attributes:
        system_key: The system.
        system_name: What its owner calls it.
        status: The vendor's word for its state.
    """

    system_key: str
    system_name: str
    status: str


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """One system, over all of its streams.

    Attributes:
        system_key: The system.
        system_name: What its owner calls it.
        state: `failing` if the last fetch of a stream brought nothing, `offline` if the vendor
            says so or has no new data, `pending` if there was never any data, `behind` if days
            are missing or not fetched yet, else `complete`.
        last_day: Newest local day with data.
        days_behind: Days between that and the newest day of any system of the vendor.
        missing_days: Days that lack data, of the stream that lacks most.
        days_to_come: Days not fetched yet, of the stream that has most of them.
        set_aside_days: Days of all streams whose data contradicts itself.
    """

    system_key: str
    system_name: str
    state: State
    last_day: dt.date | None
    days_behind: int
    missing_days: int
    days_to_come: int
    set_aside_days: int


def listed_systems(warehouse: Warehouse) -> list[ListedSystem]:
    """Return the systems that the vendors list."""
    rows = warehouse.query(SYSTEMS_SQL.format(schema=warehouse.analytics))
    return [ListedSystem(key, name or key, str(status or "")) for key, name, status in rows]


def system_statuses(
    streams: Iterable[StreamStatus], listed: Iterable[ListedSystem]
) -> list[SystemStatus]:
    """Return every system with its state, by key.

    Args:
        streams: All streams of all systems.
        listed: The systems that the vendors list; some have no stream yet.
    """
    by_key: dict[str, list[StreamStatus]] = defaultdict(list)
    names = {one.system_key: one.system_name for one in listed}
    offline = {one.system_key for one in listed if one.status.lower() in OFFLINE_STATUSES}
    newest: dict[str, dt.date] = {}
    for stream in streams:
        by_key[stream.system_key].append(stream)
        names.setdefault(stream.system_key, stream.system_name)
        if stream.last_day is not None:
            vendor = stream.system_key.partition(":")[0]
            newest[vendor] = max(stream.last_day, newest.get(vendor, stream.last_day))
    found = []
    for key in sorted(names):
        own = by_key[key]
        last = max((one.last_day for one in own if one.last_day is not None), default=None)
        found.append(
            SystemStatus(
                system_key=key,
                system_name=names[key],
                state=_state(own, is_offline=key in offline),
                last_day=last,
                days_behind=(newest[key.partition(":")[0]] - last).days if last else 0,
                missing_days=max((one.hole_days for one in own), default=0),
                days_to_come=max((one.days_to_come for one in own), default=0),
                set_aside_days=sum(one.set_aside_days for one in own),
            )
        )
    return found


def _state(streams: Sequence[StreamStatus], *, is_offline: bool) -> State:
    """Return the state of a system; what the vendor says of it explains all else."""
    main = [one for one in streams if one.stream in MAIN_STREAMS]
    if is_offline:
        return "offline"
    if any(one.is_failing for one in streams):
        return "failing"
    if all(one.last_day is None for one in main):
        return "pending"
    if any(one.is_silent for one in main):
        return "offline"
    if any(one.hole_days or one.days_to_come for one in streams):
        return "behind"
    return "complete"


def counts_of(systems: Sequence[SystemStatus], streams: Sequence[StreamStatus]) -> dict[str, Any]:
    """Return how many systems are in which state, and how many streams lack days."""
    states = Counter(one.state for one in systems)
    return {
        "systems": len(systems),
        **{state: states[state] for state in STATES},
        "with_set_aside_days": sum(one.set_aside_days > 0 for one in systems),
        "streams": len(streams),
        "streams_with_missing_days": sum(one.hole_days > 0 for one in streams),
    }


def told_counts(counts: dict[str, Any]) -> str:
    """Return the counts as a line for a person."""
    states = ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])
    aside = counts["with_set_aside_days"]
    more = f"; {aside:,} with days set aside" if aside else ""
    return (
        f"Systems: {counts['systems']:,} ({states}){more}. Streams: {counts['streams']:,}, "
        f"{counts['streams_with_missing_days']:,} of them with missing days"
    )


def worst_systems(systems: Iterable[SystemStatus]) -> list[SystemStatus]:
    """Return the systems that are not complete, the most behind or with most gaps first."""
    lacking = [one for one in systems if one.state != "complete" or one.set_aside_days]
    return sorted(
        lacking,
        key=lambda one: (
            -max(one.days_behind, one.missing_days), RANKS.index(one.state),
            -one.days_to_come, one.system_key,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GapCount:
    """What one reason accounts for at one vendor.

    Attributes:
        vendor: sigen or solaredge.
        reason: Why the days lack data.
        systems: How many systems have such gaps.
        gaps: How many gaps.
        days: How many days of a stream.
    """

    vendor: str
    reason: str
    systems: int
    gaps: int
    days: int


def count_gaps(gaps: Iterable[Gap]) -> list[GapCount]:
    """Return the gaps by vendor and reason, those with most days first."""
    by_reason: dict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_reason[gap.vendor, gap.reason].append(gap)
    counted = [
        GapCount(
            vendor, reason, len({gap.system_id for gap in own}), len(own),
            sum(gap.days for gap in own),
        )
        for (vendor, reason), own in by_reason.items()
    ]  # fmt: skip
    return sorted(counted, key=lambda one: (-one.days, one.vendor, one.reason))


def worst_gaps(gaps: Iterable[Gap]) -> list[dict[str, Any]]:
    """Return a line for each system with gaps, the most days first.

    A day that several streams of a system lack counts once for each of them.
    """
    by_system: dict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in gaps:
        by_system[gap.vendor, gap.system_id].append(gap)
    found = [
        {
            "system_key": f"{vendor}:{system_id}",
            "gaps": len(own),
            "days": sum(gap.days for gap in own),
            "first": min(gap.first for gap in own),
            "last": max(gap.last for gap in own),
            "reason": max(own, key=lambda gap: gap.days).reason,
        }
        for (vendor, system_id), own in by_system.items()
    ]
    return sorted(found, key=lambda one: (-one["days"], one["system_key"]))
