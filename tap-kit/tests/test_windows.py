"""The plan: no gap, no overlap beyond the look-back, recent past first."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.windows import Days, Site, Window, extend, interleave, site_windows

SITE = Site("A", ZoneInfo("Europe/Berlin"), dt.date(2025, 1, 1))
BASE = dt.date(2026, 1, 1)


def span(first: int, end: int) -> Days:
    """Return a span of days by offsets from a fixed day."""
    return Days(BASE + dt.timedelta(days=first), BASE + dt.timedelta(days=end))


spans = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(
    lambda pair: span(min(pair), max(pair))
)


@given(spans, st.none() | spans, st.integers(0, 30), st.integers(1, 40))
def test_the_plan_covers_what_is_wanted_once(
    wanted: Days, covered: Days | None, lookback: int, length: int
) -> None:
    """Every wanted day is stored or planned; only the look-back is planned though stored."""
    if covered is not None and len(covered) == 0:
        covered = None
    windows = site_windows(
        "s", SITE, wanted, covered, lookback_days=lookback, days_per_window=length
    )
    planned = [day for window in windows for day in window.days]
    assert len(planned) == len(set(planned)), "a day is planned twice"
    stored = set(covered or [])
    assert set(wanted) - stored <= set(planned), "a day is left out"
    assert set(planned) <= set(wanted), "a day is planned that nobody wants"
    assert all(0 < len(window.days) <= length for window in windows)
    touches = covered is not None and covered.end > wanted.first and covered.first <= wanted.end
    if touches and covered is not None:
        again = {day for day in planned if day in stored}
        oldest = covered.end - dt.timedelta(days=lookback)
        assert all(day >= oldest for day in again)


@given(spans, st.none() | spans, st.integers(0, 9), st.integers(1, 9), st.integers(0, 500))
def test_stopping_anywhere_and_going_on_leaves_no_hole(
    wanted: Days, covered: Days | None, lookback: int, length: int, stop_after: int
) -> None:
    """The coverage stays one span, so a run cut short is resumed without a gap."""
    if covered is not None and len(covered) == 0:
        covered = None
    fetched: set[dt.date] = set(covered or [])
    for steps in (stop_after, None):
        windows = site_windows(
            "s", SITE, wanted, covered, lookback_days=lookback, days_per_window=length
        )
        if covered is not None and (covered.end <= wanted.first or covered.first > wanted.end):
            covered = None
        for window in windows[:steps]:
            covered = extend(covered, window.days)
            fetched |= set(window.days)
            assert set(covered or []) <= fetched, "the bookmark passes a hole"
    assert set(wanted) <= fetched
    assert set(wanted) <= set(covered or [])


def test_upkeep_of_all_sites_comes_before_history_of_any() -> None:
    """Sites take turns, and nobody's past is fetched before everybody's yesterday."""

    def window(site: str, day: int, reason: str) -> Window:
        place = Site(site, ZoneInfo("UTC"))
        return Window("s", place, span(day, day + 1), reason)  # type: ignore[arg-type]

    plan = interleave(
        {
            "a": [window("a", 9, "upkeep"), window("a", 2, "backfill"), window("a", 1, "backfill")],
            "b": [window("b", 8, "upkeep"), window("b", 9, "upkeep"), window("b", 2, "backfill")],
        }
    )
    assert [(w.site.id, w.reason) for w in plan] == [
        ("a", "upkeep"), ("b", "upkeep"), ("b", "upkeep"),
        ("a", "backfill"), ("b", "backfill"), ("a", "backfill"),
    ]  # fmt: skip


def test_a_new_site_begins_with_its_newest_day() -> None:
    """An owner sees yesterday first and then the past, going back."""
    windows = site_windows("s", SITE, span(0, 5), None, lookback_days=3, days_per_window=2)
    assert [str(w).split(", ")[1] for w in windows] == [
        "2026-01-04 to 2026-01-05", "2026-01-02 to 2026-01-03", "2026-01-01",
    ]  # fmt: skip
    assert windows[0].end_utc - windows[0].start_utc == dt.timedelta(days=2)


def test_a_span_that_does_not_touch_is_not_remembered() -> None:
    """Coverage with a hole in it would be a lie."""
    assert extend(span(0, 3), span(5, 6)) == span(0, 3)
    assert extend(span(0, 3), span(3, 6)) == span(0, 6)
    assert extend(None, span(5, 6)) == span(5, 6)
