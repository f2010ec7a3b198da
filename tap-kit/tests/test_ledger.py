"""The ledger: what fits, when more does, and what a kill or another process leaves."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.book import SINCE_THEN
from solar_tap_kit.errors import SettingsError
from solar_tap_kit.ledger import SCHEMA, Ledger, NotYet
from solar_tap_kit.limits import Limit, Meter

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
MINUTE = Limit("a minute", 3, 60 * SECOND)
MONTH = Limit("a month", 10, "month", reserve=2)
SITE = Limit("a site", 1, 310 * SECOND, "endpoint", ("history", "devices"))


def test_a_rolling_limit_frees_call_by_call(tmp_path: Path) -> None:
    """The fourth call in a minute goes when the first is a minute old."""
    ledger = Ledger(tmp_path, "me", [MINUTE])
    for second in (0, 10, 20):
        assert isinstance(ledger.reserve("x", None, 1, NOW + second * SECOND), int)
    blocked = ledger.reserve("x", None, 1, NOW + 30 * SECOND)
    assert blocked == NotYet(MINUTE, NOW + 60 * SECOND)
    assert isinstance(ledger.reserve("x", None, 1, NOW + 60 * SECOND), int)
    assert isinstance(ledger.reserve("x", None, 1, NOW + 61 * SECOND), NotYet)


def test_what_costs_more_than_the_limit_goes_when_nothing_else_counts() -> None:
    """A step of five calls under three a minute is not held back for ever."""
    meter = Meter(MINUTE)
    assert meter.earliest(5, NOW) == NOW
    meter.add(NOW, 1)
    assert meter.earliest(5, NOW) == NOW + 60 * SECOND
    assert meter.earliest(5, NOW + 60 * SECOND) == NOW + 60 * SECOND


@pytest.mark.parametrize(
    ("day", "now", "begins", "resets"),
    [
        (1, "2026-03-01", "2026-03-01", "2026-04-01"),
        (15, "2026-03-14T23:59:59", "2026-02-15", "2026-03-15"),
        (15, "2026-03-15", "2026-03-15", "2026-04-15"),
        (31, "2026-02-27T12:00", "2026-01-31", "2026-02-28"),
        (31, "2026-02-28", "2026-02-28", "2026-03-31"),
        (31, "2026-04-30", "2026-04-30", "2026-05-31"),
        (30, "2028-02-29", "2028-02-29", "2028-03-30"),
        (20, "2026-01-05", "2025-12-20", "2026-01-20"),
        (20, "2026-12-24", "2026-12-20", "2027-01-20"),
    ],
)
def test_a_month_may_begin_on_any_day(day: int, now: str, begins: str, resets: str) -> None:
    """In a month that is too short for it on the last one."""
    limit = Limit("a month", 10, "month", month_begins_on=day)
    at, first, end = (dt.datetime.fromisoformat(t).replace(tzinfo=dt.UTC)
                      for t in (now, begins, resets))  # fmt: skip
    assert limit.begins(at) == first
    assert limit.resets(at) == end


def test_a_month_ends_with_the_month_and_keeps_its_reserve(tmp_path: Path) -> None:
    """Two of ten stay for other tools; the first of April frees all."""
    ledger = Ledger(tmp_path, "me", [MONTH])
    assert isinstance(ledger.reserve("x", None, 8, NOW), int)
    april = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    assert ledger.reserve("x", None, 1, NOW) == NotYet(MONTH, april)
    (left,) = ledger.left(NOW)
    assert (left.used, left.left, left.resets_at) == (8, 0, april)
    assert isinstance(ledger.reserve("x", None, 1, april), int)


def test_sites_and_endpoints_count_by_themselves(tmp_path: Path) -> None:
    """One call a site and endpoint; an endpoint without the limit is free."""
    ledger = Ledger(tmp_path, "me", [SITE])
    assert isinstance(ledger.reserve("history", "A", 1, NOW), int)
    assert isinstance(ledger.reserve("history", "B", 1, NOW), int)
    assert isinstance(ledger.reserve("devices", "A", 1, NOW), int)
    assert isinstance(ledger.reserve("login", None, 1, NOW), int)
    assert ledger.ready_at("history", "A", 1, NOW) == NotYet(SITE, NOW + 310 * SECOND)
    assert ledger.ready_at("history", "C", 1, NOW) is None


def test_what_is_left_of_a_limit_of_each_site_is_the_busiest_sites(tmp_path: Path) -> None:
    """Three sites under one limit each: the one with the least left is named."""
    each = Limit("a day of each site", 5, dt.timedelta(days=1), scope="site")
    ledger = Ledger(tmp_path, "me", [each])
    assert [(left.left, left.site) for left in ledger.left(NOW)] == [(5, None)]
    for site, calls in (("a", 1), ("b", 3), ("c", 2)):
        for _ in range(calls):
            ledger.reserve("x", site, 1, NOW)
    assert [(left.left, left.site) for left in ledger.left(NOW)] == [(2, "b")]


def test_a_forecast_does_not_put_calls_into_a_day_that_is_full() -> None:
    """Today filled, tomorrow begun: what comes next goes tomorrow, then the day after."""
    meter = Meter(Limit("a day", 2, "day"))
    tomorrow = dt.datetime(2026, 3, 11, tzinfo=dt.UTC)
    days = [NOW, NOW, tomorrow, tomorrow, tomorrow + dt.timedelta(days=1)]
    for expected in days:
        at = meter.earliest(1, NOW)
        assert at == expected
        meter.add(at, 1)


def test_two_open_ledgers_see_each_others_calls(tmp_path: Path) -> None:
    """What another process writes after we have looked counts for our next call."""
    mine, other = (Ledger(tmp_path, "me", [MINUTE, MONTH]) for _ in range(2))
    assert isinstance(mine.reserve("x", None, 1, NOW), int)
    for _ in range(2):
        assert isinstance(other.reserve("x", None, 1, NOW), int)
    assert mine.reserve("x", None, 1, NOW) == NotYet(MINUTE, NOW + 60 * SECOND)
    later = NOW + 60 * SECOND
    assert [left.used for left in mine.left(later)] == [0, 3]
    assert isinstance(other.reserve("x", None, 5, later), int)
    assert isinstance(mine.reserve("x", None, 1, later), NotYet)


def test_what_became_of_a_call_is_written_with_the_next_one(tmp_path: Path) -> None:
    """And at the end; a kill before that leaves the last call as one that was sent."""
    ledger = Ledger(tmp_path, "me", [])
    for outcome in ("ok", "RefusedError", "ok"):
        number = ledger.reserve("x", None, 1, NOW)
        assert isinstance(number, int)
        ledger.settle(number, outcome)
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as file:
        told = "SELECT outcome FROM calls ORDER BY id"
        assert file.execute(told).fetchall() == [("ok",), ("RefusedError",), ("sent",)]
        ledger.close()
        assert file.execute(told).fetchall() == [("ok",), ("RefusedError",), ("ok",)]


def test_a_learned_limit_holds_from_its_first_refusal_on(tmp_path: Path) -> None:
    """It is kept for later runs, and by account."""
    limit = Limit("learned", 1, 310 * SECOND, "endpoint", ("history",), learned=True)
    ledger = Ledger(tmp_path, "me", [limit])
    for _ in range(3):
        assert isinstance(ledger.reserve("history", "A", 1, NOW), int)
    ledger.learn("learned", NOW)
    assert isinstance(ledger.reserve("history", "A", 1, NOW), NotYet)
    assert isinstance(Ledger(tmp_path, "me", [limit]).reserve("history", "A", 1, NOW), NotYet)
    assert isinstance(Ledger(tmp_path, "you", [limit]).reserve("history", "A", 1, NOW), int)


def test_the_vendors_word_counts_where_it_is_less(tmp_path: Path) -> None:
    """Calls of other tools are learned from what the vendor says remains."""
    ledger = Ledger(tmp_path, "me", [MONTH])
    ledger.reserve("x", None, 1, NOW)
    ledger.correct(MONTH, 9, NOW)
    assert ledger.left(NOW)[0].used == 1
    ledger.correct(MONTH, 4, NOW)
    assert ledger.left(NOW)[0].used == 6
    ledger.correct(MONTH, 8, NOW)
    assert ledger.left(NOW)[0].used == 6


def test_what_is_new_is_found_without_reading_what_is_known() -> None:
    """Before each call of a fleet: by the newest number, not through all calls of the account."""
    db = sqlite3.connect(":memory:")
    db.executescript(SCHEMA)
    (step,) = db.execute(f"EXPLAIN QUERY PLAN {SINCE_THEN}", ("account", 1)).fetchall()
    assert "INTEGER PRIMARY KEY" in step[-1]


def test_a_clock_set_back_blocks_no_longer_than_a_period(tmp_path: Path) -> None:
    """Calls from the future count as of now."""
    ledger = Ledger(tmp_path, "me", [SITE])
    ledger.reserve("history", "A", 1, NOW + dt.timedelta(days=300))
    assert ledger.ready_at("history", "A", 1, NOW) == NotYet(SITE, NOW + 310 * SECOND)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 3)), max_size=40),
    st.integers(3, 9),
)
def test_no_period_ever_holds_more_than_its_amount(
    calls: list[tuple[int, int]], amount: int
) -> None:
    """Whatever is asked when, calls that go when the meter says fit every rolling window."""
    limit = Limit("l", amount, 60 * SECOND)
    meter, now, made = Meter(limit), NOW, []
    for wait, cost in calls:
        now = meter.earliest(cost, now + wait * SECOND)
        meter.add(now, cost)
        made.append((now, cost))
    for start, _ in made:
        inside = [cost for at, cost in made if start <= at < start + limit.period]  # type: ignore[operator]
        assert sum(inside) <= amount


RACE = """
import datetime as dt, sys
from pathlib import Path
from solar_tap_kit.ledger import Ledger
from solar_tap_kit.limits import Limit
ledger = Ledger(Path(sys.argv[1]), "me", [Limit("m", 50, "month")])
now = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
print(sum(isinstance(ledger.reserve("x", None, 1, now), int) for _ in range(40)))
"""


@pytest.mark.slow
def test_three_processes_share_one_budget(tmp_path: Path) -> None:
    """120 attempts at 50 calls give 50, whoever gets them."""
    command = [sys.executable, "-c", RACE, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]  # noqa: S603
    assert sum(int(process.communicate()[0]) for process in running) == 50


def test_threads_share_one_budget(tmp_path: Path) -> None:
    """Eight threads at ten calls each get the 50 there are."""
    ledger = Ledger(tmp_path, "me", [Limit("m", 50, "month")])
    got: list[int] = []

    def spend() -> None:
        got.extend(isinstance(ledger.reserve("x", None, 1, NOW), int) for _ in range(10))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 50


def test_a_damaged_file_or_folder_is_one_line(tmp_path: Path) -> None:
    """The setting is named, and what to do."""
    (tmp_path / "ledger.sqlite").write_bytes(b"this is no database, but a long enough text " * 99)
    with pytest.raises(SettingsError, match=r"^state_dir: .*move it away"):
        Ledger(tmp_path, "me", [])
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(SettingsError, match=r"^state_dir: "):
        Ledger(blocked, "me", [])


def test_nothing_tells_whose_ledger_it_is(tmp_path: Path) -> None:
    """The file is the owner's alone and holds the account only as a hash."""
    Ledger(tmp_path, "solaredge secret-key-1234", []).reserve("x", None, 1, NOW)
    path = tmp_path / "ledger.sqlite"
    assert path.stat().st_mode & 0o077 == 0
    text = "\n".join(sqlite3.connect(path).iterdump())
    assert "secret-key" not in text
    assert b"secret-key" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


def test_calls_of_a_clock_that_was_ahead_count_when_the_clock_was_last_right(
    tmp_path: Path,
) -> None:
    """They are spent, but they hold no limit until a date that is far away."""
    day = dt.timedelta(days=1)
    ledger = Ledger(tmp_path, "me", [MINUTE, MONTH])
    ledger.reserve("x", None, 1, NOW)
    ledger.reserve("x", None, 2, NOW + 40 * day)
    assert ledger.clock_ahead(NOW + 41 * day) is None
    ledger.close()
    later = Ledger(tmp_path, "me", [MINUTE, MONTH])
    now = NOW + 5 * day
    found = later.clock_ahead(now)
    assert found is not None
    assert (found.known, found.furthest) == (NOW, NOW + 40 * day)
    assert [left.used for left in later.left(now)] == [0, 3]
    assert max(meter.used(now) for meter in later.meters(now).values()) == 3
    assert later.ready_at("x", None, 1, now) is None
    assert isinstance(later.reserve("x", None, 5, now), int)
    assert [left.left for left in later.left(now)] == [0, 0]


def test_old_calls_are_forgotten(tmp_path: Path) -> None:
    """No limit looks back further than a month, so the file does not grow for ever."""
    ledger = Ledger(tmp_path, "me", [MONTH])
    for _ in range(3):
        ledger.reserve("x", None, 1, NOW)
    ledger.prune(NOW + dt.timedelta(days=100))
    db = sqlite3.connect(tmp_path / "ledger.sqlite")
    # The last one is kept: it tells until when a clock was right.
    assert db.execute("SELECT id FROM calls").fetchall() == [(3,)]
    db.close()
