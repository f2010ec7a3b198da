"""The plan's order, its lanes, and whose turn it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.plan import Plan, Step, make_plan
from solar_tap_kit.turns import Turns
from solar_tap_kit.windows import Cut, Days, Site, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
REST = dt.timedelta(minutes=5)
JANUARY = Days(dt.date(2026, 1, 1), dt.date(2026, 1, 31))


class Kind(Source):
    """A source that is never asked here."""

    def __init__(self, name: str, cut: Cut | None = None, *, totals: bool = False) -> None:
        self.name = self.endpoint = name
        self.streams = (name,)
        self.cut = cut or Cut()
        self.is_totals = totals

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Answer nothing."""
        del windows
        return []

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Find nothing."""
        del window, bodies, fetched_at
        return Harvest({})


@dataclass
class Known:
    """What a run would know."""

    now: dt.datetime = NOON
    lookback_days: int = 2
    days: Days = JANUARY
    stored: dict[str, Days] = field(default_factory=dict)
    kept: set[dt.date] = field(default_factory=set)

    def wanted(self, source: Source, site: Site) -> Sequence[Days]:
        """Return the same days for every site."""
        del source, site
        return [self.days]

    def covered(self, source: Source, site: Site) -> Days | None:
        """Return what is stored."""
        return self.stored.get(f"{source.name}/{site.id}")

    def is_due(self, source: Source, site: Site) -> bool:
        """Return that every snapshot is due."""
        del source, site
        return True

    def is_archived(self, source: Source, window: Window) -> bool:
        """Return whether the window's first day is kept."""
        del source
        return window.days.first in self.kept


def site(name: str) -> Site:
    """Return a site on UTC."""
    return Site(name, ZoneInfo("UTC"))


def plan(sources: Sequence[Source], sites: Sequence[str], known: Known) -> Plan:
    """Return a plan with one lane a site."""
    return make_plan(sources, [site(name) for name in sites], lambda _, place: place.id, known)


def test_totals_come_first_and_upkeep_of_all_before_history_of_any() -> None:
    """Readings, this month's totals, the days that lack, then history with its totals first."""
    devices, totals, series = Kind("devices"), Kind("totals", Cut("month"), totals=True), Kind("s")
    devices.refresh = dt.timedelta(hours=20)
    known = Known(days=Days(dt.date(2025, 12, 30), dt.date(2026, 1, 31)))
    for name in "ab":
        known.stored[f"s/{name}"] = Days(dt.date(2026, 1, 20), dt.date(2026, 1, 30))
        known.stored[f"totals/{name}"] = Days(dt.date(2026, 1, 1), dt.date(2026, 1, 30))
    steps = list(plan([devices, totals, series], "ab", known))
    told = [(s.source.name, s.windows[0].site.id, s.reason) for s in steps]
    assert told[:4] == [
        ("devices", "a", "snapshot"), ("devices", "b", "snapshot"),
        ("totals", "a", "totals"), ("totals", "b", "totals"),
    ]  # fmt: skip
    assert told[4:10] == [
        ("s", "a", "late"), ("s", "b", "late"), ("s", "a", "late"), ("s", "b", "late"),
        ("s", "a", "upkeep"), ("s", "b", "upkeep"),
    ]  # fmt: skip
    assert told[10:12] == [("totals", "a", "totals"), ("totals", "b", "totals")]
    assert {reason for _, _, reason in told[12:]} == {"backfill"}
    assert len(told) == 12 + 2 * 21


def test_what_the_archive_has_costs_nothing() -> None:
    """A kept window stays in its place in the order, without a call."""
    known = Known(kept={dt.date(2026, 1, 3)})
    steps = list(plan([Kind("s")], "a", known))
    assert [step.windows[0].days.first.day for step in steps if step.archived] == [3]
    assert sum(step.cost for step in steps) == 29


def test_a_bulk_source_asks_for_many_sites_at_once() -> None:
    """250 sites of one zone take three calls a window."""
    bulk = Kind("bulk", Cut("month"))
    bulk.group = 100
    names = [f"{number:03}" for number in range(250)]
    made = make_plan([bulk], [site(n) for n in names], lambda source, _: source.name, Known())
    assert [len(step.windows) for step in made] == [100, 100, 50]
    assert {window.site.id for step in made for window in step.windows} == set(names)
    assert [step.place for step in made] == [None, None, None]


def test_a_bulk_reading_of_now_is_one_call_on_both_sides_of_midnight() -> None:
    """At noon UTC it is tomorrow in Kiritimati: that is no reason to ask a fleet twice."""
    alerts = Kind("alerts")
    alerts.group, alerts.refresh = 100, dt.timedelta(hours=20)
    zones = ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago")
    sites = [Site(name, ZoneInfo(name)) for name in zones]
    (step,) = make_plan([alerts], sites, lambda source, _: source.name, Known())
    assert len({window.days for window in step.windows}) == 2
    assert len(step.windows) == 3


def walk(made: Plan, rest: dt.timedelta) -> tuple[list[Step], dt.datetime]:
    """Work through a plan with a rest after each step; return the steps and the end."""
    turns, now, taken = Turns(made), NOON, []
    while turns:
        step = turns.take(now)
        if step is None:
            ready = turns.ready_at()
            assert ready is not None
            now = ready
            continue
        taken.append(step)
        turns.strike(step)
        turns.again(step, now + rest)
    return taken, now


def test_sites_rest_by_themselves_and_others_go_on() -> None:
    """Twenty sites with thirty windows each and five minutes of rest take the time of one."""
    made = plan([Kind("s")], [str(number) for number in range(20)], Known())
    wanted = list(made)
    taken, end = walk(made, REST)
    assert taken == wanted
    assert end - NOON == 29 * REST


def test_a_postponed_step_is_taken_again() -> None:
    """A step that met the quota keeps its place; the other sites go on meanwhile."""
    made = plan([Kind("s")], "ab", Known())
    turns = Turns(made)
    first = turns.take(NOON)
    assert first is not None
    turns.again(first, NOON + REST)
    second = turns.take(NOON)
    assert second is not None
    assert second.windows[0].site.id == "b"
    assert turns.take(NOON) is None, "a lane has one step in flight"
    assert turns.take(NOON + REST) is first


def test_dropping_keeps_what_is_wanted() -> None:
    """History is left for later while upkeep stays, whatever has been pulled already."""
    known = Known(stored={"s/a": Days(dt.date(2026, 1, 10), dt.date(2026, 1, 30))})
    turns = Turns(plan([Kind("s")], "a", known))
    step = turns.take(NOON)
    assert step is not None
    assert turns.drop(step, lambda other: other.is_history) == 9
    assert len(turns) == 3
    left = []
    while (step := turns.take(NOON)) is not None:
        left.append(step.reason)
        turns.done(step)
    assert left == ["late", "late", "upkeep"]


def test_a_site_in_trouble_rests_with_all_its_lanes_and_then_comes_last() -> None:
    """Held until an instant, and after the others' history once it has been given up."""
    known = Known(days=Days(dt.date(2026, 1, 29), dt.date(2026, 1, 31)))
    sources = [Kind("s"), Kind("t")]
    sites = [site("a"), site("b")]
    made = make_plan(sources, sites, lambda source, place: f"{place.id}/{source.name}", known)
    turns = Turns(made)
    first = turns.take(NOON)
    assert first is not None
    turns.hold("a", NOON + REST)
    turns.put_last("a")
    turns.again(first, NOON + REST)
    told = []
    now = NOON
    while turns:
        step = turns.take(now)
        if step is None:
            now = turns.ready_at() or now
            continue
        told.append((step.windows[0].site.id, now))
        turns.done(step)
    assert told == [("b", NOON)] * 4 + [("a", NOON + REST)] * 4


def test_one_site_does_not_take_every_worker() -> None:
    """Of a site one step is in flight at a time; its next lane goes on when that is done."""
    sources = [Kind("s"), Kind("t")]
    sites = [site("a"), site("b")]
    known = Known(days=Days(dt.date(2026, 1, 30), dt.date(2026, 1, 31)))
    made = make_plan(sources, sites, lambda source, place: f"{place.id}/{source.name}", known)
    turns = Turns(made)
    taken = [turns.take(NOON), turns.take(NOON), turns.take(NOON)]
    assert [step and str(step) for step in taken] == [
        "s of a, 2026-01-30", "s of b, 2026-01-30", None,
    ]  # fmt: skip
    assert taken[0] is not None
    turns.done(taken[0])
    assert str(turns.take(NOON)) == "t of a, 2026-01-30"


def test_a_bulk_step_is_halved() -> None:
    """Until the site that spoils it stands alone; the order stays."""
    bulk = Kind("bulk", Cut("month"))
    bulk.group = 100
    made = make_plan([bulk], [site(n) for n in "abcd"], lambda source, _: source.name, Known())
    turns = Turns(made)
    taken = turns.take(NOON)
    assert taken is not None
    turns.split(taken)
    assert len(turns) == 2
    halves = []
    while (step := turns.take(NOON)) is not None:
        halves.append("".join(window.site.id for window in step.windows))
        turns.done(step)
    assert halves == ["ab", "cd"]
