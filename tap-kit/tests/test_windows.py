"""Windows: no gap, no overlap beyond the look-back, recent past first."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.windows import Cut, Days, Site, Window, extend, missing

SITE = Site("A", ZoneInfo("Europe/Berlin"), dt.date(2025, 1, 1))
BASE = dt.date(2027, 12, 1)
"""A winter before a leap year: month ends, a leap day and both clock changes follow."""


def span(first: int, end: int) -> Days:
    """Return a span of days by offsets from a fixed day."""
    return Days(BASE + dt.timedelta(days=first), BASE + dt.timedelta(days=end))


def windows(
    wanted: Days, covered: Days | None, cut: Cut, lookback: int = 0, stale: int = 0
) -> list[Window]:
    """Return the windows that are still to fetch."""
    due = missing(wanted, covered, cut=cut, lookback_days=lookback, stale_days=stale)
    return list(due.windows("s", SITE, cut, totals=False))


spans = st.tuples(st.integers(0, 900), st.integers(0, 900)).map(
    lambda pair: span(min(pair), max(pair))
)
cuts = st.one_of(
    st.integers(1, 40).map(lambda length: Cut("day", length)),
    st.sampled_from([Cut("month"), Cut("year"), Cut("all")]),
)


def fits(cut: Cut, days: Days) -> bool:
    """Return whether one answer can cover a window."""
    last = days.end - dt.timedelta(days=1)
    if cut.unit == "day":
        return 0 < len(days) <= cut.length
    if cut.unit == "month":
        return (days.first.year, days.first.month) == (last.year, last.month)
    return cut.unit == "all" or days.first.year == last.year


@given(spans, st.none() | spans, st.integers(0, 30), cuts)
def test_the_plan_covers_what_is_wanted_once(
    wanted: Days, covered: Days | None, lookback: int, cut: Cut
) -> None:
    """Every wanted day is stored or planned; only the look-back is planned though stored."""
    if covered is not None and len(covered) == 0:
        covered = None
    planned_windows = windows(wanted, covered, cut, lookback)
    planned = [day for window in planned_windows for day in window.days]
    assert len(planned) == len(set(planned)), "a day is planned twice"
    stored = set(covered or [])
    assert set(wanted) - stored <= set(planned), "a day is left out"
    assert set(planned) <= set(wanted), "a day is planned that nobody wants"
    assert all(fits(cut, window.days) for window in planned_windows), "a window is too long"
    touches = covered is not None and covered.end > wanted.first and covered.first <= wanted.end
    if touches and covered is not None and cut.unit == "day":
        oldest = covered.end - dt.timedelta(days=lookback)
        again = [w for w in planned_windows if w.reason == "late"]
        assert all(day >= oldest for day in planned if day in stored)
        assert all(set(window.days) <= stored for window in again)


@given(spans, st.none() | spans, st.integers(0, 9), cuts, st.integers(0, 900))
def test_stopping_anywhere_and_going_on_leaves_no_hole(
    wanted: Days, covered: Days | None, lookback: int, cut: Cut, stop_after: int
) -> None:
    """The coverage stays one span, so a run cut short is resumed without a gap."""
    if covered is not None and len(covered) == 0:
        covered = None
    fetched: set[dt.date] = set(covered or [])
    for steps in (stop_after, None):
        planned = windows(wanted, covered, cut, lookback)
        if covered is not None and (covered.end <= wanted.first or covered.first > wanted.end):
            covered = None
        for window in planned[:steps]:
            covered = extend(covered, window.days)
            fetched |= set(window.days)
            assert set(covered or []) <= fetched, "the bookmark passes a hole"
    assert set(wanted) <= fetched
    assert set(wanted) <= set(covered or [])


@given(spans, spans, cuts)
def test_history_is_cut_at_the_same_days_whenever_it_is_asked(
    wanted: Days, later: Days, cut: Cut
) -> None:
    """Whole windows inside both spans are equal, so that archived answers fit."""
    inner = {
        (piece.first, piece.end)
        for piece in cut.backward(wanted)
        if piece.first > wanted.first and piece.end < wanted.end
    }
    again = {
        (piece.first, piece.end)
        for piece in cut.backward(later)
        if piece.first > later.first and piece.end < later.end
    }
    common = wanted.clip(later)
    for first, end in inner:
        if first > common.first and end < common.end:
            assert (first, end) in again


def test_a_new_site_begins_with_its_newest_day() -> None:
    """An owner sees yesterday first and then the past, going back."""
    found = windows(span(0, 5), None, Cut("day", 2), lookback=3)
    firsts = [window.days.first for window in found]
    assert firsts == sorted(firsts, reverse=True)
    assert found[0].days.end == span(0, 5).end
    assert [window.reason for window in found] == ["upkeep", "backfill", "backfill"]


def test_a_month_is_asked_again_only_when_it_has_grown() -> None:
    """Totals cost a call an answer: one when a day has been added, none without."""
    wanted = span(0, 70)
    assert windows(wanted, wanted, Cut("month"), lookback=2) == []
    (again,) = windows(span(0, 70), span(0, 69), Cut("month"), lookback=2)
    assert again.days == Days(dt.date(2028, 2, 1), dt.date(2028, 2, 9))
    assert windows(span(0, 70), span(0, 69), Cut("year"), stale=7) == []
    (year,) = windows(span(0, 70), span(0, 63), Cut("year"), stale=7)
    assert year.days == Days(dt.date(2028, 1, 1), dt.date(2028, 2, 9))


def test_a_total_is_requested_again_as_soon_as_its_period_has_ended() -> None:
    """A figure that is older than its period's end lacks the rest: one request, then the week."""
    december_ends = 31
    for item, periods_end in ((Cut("month"), december_ends), (Cut("year"), december_ends)):
        for today in range(periods_end, periods_end + 7):
            due = missing(
                span(0, today), span(0, periods_end - 1), cut=Cut("all"), stale_days=7, item=item
            )
            assert len(due.forward) > 0, (item, today)
            asked = missing(
                span(0, today), span(0, periods_end), cut=Cut("all"), stale_days=7, item=item
            )
            assert len(asked.forward) == 0, (item, today)
    before = missing(span(0, 30), span(0, 28), cut=Cut("all"), stale_days=7, item=Cut("month"))
    assert len(before.forward) == 0


@pytest.mark.parametrize(
    ("day", "hours"), [(dt.date(2028, 3, 26), 23), (dt.date(2028, 10, 29), 25)], ids=str
)
def test_a_window_is_as_long_as_its_day(day: dt.date, hours: int) -> None:
    """A local day of a clock change has its own length."""
    window = Window("s", SITE, Days(day, day + dt.timedelta(days=1)), "upkeep")
    assert window.end_utc - window.start_utc == dt.timedelta(hours=hours)


def test_a_span_that_does_not_touch_is_not_remembered() -> None:
    """Coverage with a hole in it would be a lie."""
    assert extend(span(0, 3), span(5, 6)) == span(0, 3)
    assert extend(span(0, 3), span(3, 6)) == span(0, 6)
    assert extend(None, span(5, 6)) == span(5, 6)
    assert extend(None, span(5, 5)) is None
