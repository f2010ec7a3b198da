"""Whose turn it is while sites rest."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from solar_tap_kit.turns import Turns
from solar_tap_kit.windows import Days, Site, Window

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
REST = dt.timedelta(minutes=5)


def window(site: str, day: int, source: str = "s") -> Window:
    """Return a one-day window."""
    first = dt.date(2026, 1, day)
    place = Site(site, ZoneInfo("UTC"))
    return Window(source, place, Days(first, first + dt.timedelta(days=1)), "backfill")


def test_sites_rest_by_themselves_and_others_go_on() -> None:
    """Twenty sites with two windows each and five minutes of rest take five minutes."""
    plan = [window(str(site), day) for day in (2, 1) for site in range(20)]
    turns, now, taken = Turns(plan), NOON, []
    while turns:
        following = turns.take(now)
        if following is None:
            ready = turns.ready_at()
            assert ready is not None
            now = ready
            continue
        taken.append((following, now))
        turns.done(following, now + REST)
    assert [w for w, _ in taken] == plan
    assert now - NOON == REST


def test_a_postponed_window_is_asked_again() -> None:
    """A window that met the quota keeps its place."""
    turns = Turns([window("a", 2), window("a", 1), window("b", 2)])
    first = turns.take(NOON)
    assert first is not None
    turns.postpone(first, NOON + REST)
    other = turns.take(NOON)
    assert other is not None
    assert other.site.id == "b"
    turns.done(other)
    assert turns.take(NOON) is None
    assert turns.ready_at() == NOON + REST
    assert turns.take(NOON + REST) == first
    assert len(turns) == 2


def test_dropping_a_source_keeps_the_sites_other_sources() -> None:
    """A refused endpoint does not cost the site its other data."""
    turns = Turns([window("a", 2, "x"), window("a", 2, "y"), window("a", 1, "x")])
    first = turns.take(NOON)
    assert first is not None
    assert turns.drop(first, source_only=True) == 2
    left = turns.take(NOON)
    assert left is not None
    assert left.source == "y"
    turns.done(left)
    assert not turns
    assert turns.take(NOON) is None


def test_dropping_a_site_leaves_the_others() -> None:
    """A site that has to wait gives up all of its windows, nobody else's."""
    turns = Turns([window("a", 2), window("b", 2), window("a", 1)])
    first = turns.take(NOON)
    assert first is not None
    turns.done(first, NOON)
    following = turns.peek(first.site)
    assert following is not None
    assert turns.drop(following, source_only=False) == 1
    assert len(turns) == 1
    left = turns.take(NOON)
    assert left is not None
    assert left.site.id == "b"
