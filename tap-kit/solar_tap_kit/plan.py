"""What is still to be asked, in which order, at what cost: a pure function, made lazily.

`--plan` prints this list and a sync executes it. Ten thousand sites with years of history
are millions of windows, so a plan holds spans of days and cuts them only when it is read.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from solar_tap_kit.clock import DAY, local_date
from solar_tap_kit.windows import Days, Missing, Window, missing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from solar_tap_kit.cloud import Source
    from solar_tap_kit.windows import Reason, Site

Key = tuple[int, int, int, int]
"""Phase, round, position of the source, position of the site: the order of work."""

SNAPSHOT, RECENT_TOTALS, RECENT, PAST_TOTALS, PAST, PAST_EXTRA = range(6)
"""The phases: readings of now, then what keeps everybody up to date, then history. Totals
come before the series that they are the totals of; what adds to the series comes after them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One ask: the same days of one site, or of several where the vendor has a bulk form.

    Attributes:
        source: What is asked.
        windows: One per site.
        key: Its place in the order.
        lane: The queue that it stands in.
        archived: The answer lies in the archive, so no call is needed.
    """

    source: Source
    windows: tuple[Window, ...]
    key: Key
    lane: str
    archived: bool = False

    @property
    def reason(self) -> Reason:
        """Why it is asked."""
        return self.windows[0].reason

    @property
    def cost(self) -> int:
        """What it spends."""
        return 0 if self.archived else self.source.cost(self.windows)

    @property
    def place(self) -> str | None:
        """The site that the vendor counts the call for, or None for a bulk call."""
        return self.windows[0].site.id if len(self.windows) == 1 else None

    @property
    def is_history(self) -> bool:
        """Whether it goes back rather than keeps up."""
        return self.key[0] >= PAST_TOTALS

    def __str__(self) -> str:
        """Name the step for a log line."""
        more = len(self.windows) - 1
        return f"{self.windows[0]}" + (f" and {more} more site(s)" if more else "")


class Knowledge(Protocol):
    """What a plan has to know about the present; see `solar_tap_kit.run`."""

    now: dt.datetime
    lookback_days: int

    def wanted(self, source: Source, site: Site) -> Sequence[Days]:
        """Return the spans of days that the settings ask for, newest first."""

    def covered(self, source: Source, site: Site) -> Days | None:
        """Return the unbroken span that is stored, or None."""

    def is_due(self, source: Source, site: Site) -> bool:
        """Return whether a snapshot is to be taken again."""

    def is_archived(self, source: Source, window: Window) -> bool:
        """Return whether the archive has the answer, so that no call is needed."""


class Plan:
    """All steps of a run, by lane.

    Args:
        lanes: Each lane's steps in order, made anew at each call.
    """

    def __init__(self, lanes: Mapping[str, Callable[[], Iterator[Step]]]) -> None:
        self.lanes = dict(lanes)

    def __iter__(self) -> Iterator[Step]:
        """Yield every step in the order in which it is wanted."""
        return heapq.merge(*(steps() for steps in self.lanes.values()), key=lambda step: step.key)

    def by_time(self) -> Iterator[Step]:
        """Yield every step about when the limits let it go.

        Vendors space the calls of a site by endpoint, so the first calls of all sites and
        endpoints go before the second ones, whatever is wanted more.
        """
        lanes = (_by_turn(steps()) for steps in self.lanes.values())
        return (step for _, step in heapq.merge(*lanes, key=lambda turn: (turn[0], turn[1].key)))


def _by_turn(steps: Iterable[Step]) -> Iterator[tuple[int, Step]]:
    """Yield a lane's steps with how many calls to the same endpoint come before each."""
    turns: Counter[str] = Counter()
    for step in steps:
        yield turns[step.source.endpoint], step
        turns[step.source.endpoint] += 1


def make_plan(
    sources: Sequence[Source],
    sites: Sequence[Site],
    lane: Callable[[Source, Site], str],
    knowledge: Knowledge,
) -> Plan:
    """Return what is to be asked.

    Args:
        sources: What can be asked, in order of preference.
        sites: The sites.
        lane: The queue of a site's calls to a source.
        knowledge: What is wanted, stored and archived.
    """
    lanes: dict[str, list[Callable[[], Iterator[Step]]]] = {}
    for number, source in enumerate(sources):
        if source.group > 1:
            name = lane(source, sites[0]) if sites else source.name
            lanes.setdefault(name, []).append(
                _Grouped(source, number, tuple(sites), name, knowledge)
            )
            continue
        for position, site in enumerate(sites):
            name = lane(source, site)
            single = _Single(source, number, site, position, name, knowledge)
            lanes.setdefault(name, []).append(single)
    # A fleet has ten lanes a site, nearly all of one part: what those don't need adds up.
    return Plan(
        {name: parts[0] if len(parts) == 1 else _merged(parts) for name, parts in lanes.items()}
    )


def _merged(parts: Sequence[Callable[[], Iterator[Step]]]) -> Callable[[], Iterator[Step]]:
    def steps() -> Iterator[Step]:
        return heapq.merge(*(part() for part in parts), key=lambda step: step.key)

    return steps


def _windows(source: Source, site: Site, knowledge: Knowledge) -> Iterator[tuple[int, Window]]:
    """Yield a site's windows of a source with their phase, in the order of the phases."""
    if source.refresh is not None:
        if knowledge.is_due(source, site):
            today = local_date(knowledge.now, site.tz)
            yield SNAPSHOT, Window(source.name, site, Days(today, today + DAY), "snapshot")
        return
    for wanted in knowledge.wanted(source, site):
        yield from _windows_of(source, site, knowledge, wanted)


def _windows_of(
    source: Source, site: Site, knowledge: Knowledge, wanted: Days
) -> Iterator[tuple[int, Window]]:
    due: Missing = missing(
        wanted,
        knowledge.covered(source, site),
        cut=source.cut,
        lookback_days=knowledge.lookback_days,
        stale_days=source.stale_days,
        item=source.item,
    )
    recent, past = (RECENT_TOTALS, PAST_TOTALS) if source.is_totals else (RECENT, PAST)
    if source.after_history:
        past = PAST_EXTRA
    for window in due.windows(source.name, site, source.cut, totals=source.is_totals):
        is_recent = window.days.first >= due.forward.first and len(due.forward) > 0
        yield recent if is_recent else past, window


@dataclass(frozen=True, slots=True)
class _Single:
    """The steps of a source that is asked site by site."""

    source: Source
    number: int
    site: Site
    position: int
    lane: str
    knowledge: Knowledge

    def __call__(self) -> Iterator[Step]:
        for turn, (phase, window) in enumerate(_windows(self.source, self.site, self.knowledge)):
            key = (phase, turn, self.number, self.position)
            archived = self.knowledge.is_archived(self.source, window)
            yield Step(self.source, (window,), key, self.lane, archived=archived)


@dataclass(frozen=True, slots=True)
class _Grouped:
    """The steps of a source that answers for several sites at once."""

    source: Source
    number: int
    sites: tuple[Site, ...]
    lane: str
    knowledge: Knowledge

    def __call__(self) -> Iterator[Step]:
        groups: dict[tuple[int, int, Days | None, bool], list[Window]] = {}
        for site in self.sites:
            for turn, (phase, window) in enumerate(_windows(self.source, site, self.knowledge)):
                archived = self.knowledge.is_archived(self.source, window)
                # The present is one, although it may be another day elsewhere.
                days = None if phase == SNAPSHOT else window.days
                groups.setdefault((phase, turn, days, archived), []).append(window)
        ordered = sorted(groups.items(), key=lambda item: item[0][:2])
        for (phase, turn, _, archived), windows in ordered:
            for position, part in enumerate(_batches(windows, self.source.group)):
                key = (phase, turn, self.number, position)
                yield Step(self.source, part, key, self.lane, archived=archived)


def _batches(windows: Iterable[Window], size: int) -> Iterator[tuple[Window, ...]]:
    rest = iter(windows)
    while part := tuple(itertools.islice(rest, size)):
        yield part
