"""What a run reports of itself: METRIC lines that programs read, by a clock of its own."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.logging import StructuredFormatter

from solar_tap_kit.http import Request
from solar_tap_kit.outcome import Outcome
from solar_tap_kit.progress import Progress
from solar_tap_kit.redact import Redactor
from solar_tap_kit.session import Session, SessionOptions

if TYPE_CHECKING:
    from solar_tap_kit.testing import VirtualClock


class Bench:
    """A run of a hundred steps, and the METRIC lines that it logs."""

    def __init__(self, clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        self.clock, self._caplog = clock, caplog
        options = SessionOptions("http://127.0.0.1", "tests")
        self.session = Session(options, clock, Redactor(), judge=lambda _: None)
        self.turns, self.outcome = list(range(100)), Outcome()
        self.progress = Progress(clock, self.session, "credits")

    def begin(self) -> None:
        """Begin; only what a test itself logs is in its records."""
        self.progress.begin(self.turns, 2, self.outcome)

    def step(self, seconds: float = 0.0) -> None:
        """Finish a step of one credit and ten rows after some time."""
        self.clock.time += dt.timedelta(seconds=seconds)
        self.session.spent += 1
        self.progress.rows["history"] += 10
        self.turns.pop()
        self.progress.step("window", "", archived=False)

    @property
    def reported(self) -> list[dict[str, Any]]:
        """The metrics as Meltano receives them, with value and tags in one object."""
        lines = [
            json.loads(StructuredFormatter().format(record))
            for record in self._caplog.records
            if record.getMessage().startswith("METRIC: ")
        ]
        points = [line["metric_info"] for line in lines]
        assert {(one["type"], one["metric"]) for one in points} == {("gauge", "solar_progress")}
        return [{"done": one["value"], **one["tags"]} for one in points]


@pytest.fixture
def bench(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> Bench:
    """Return a run that begins at noon."""
    return Bench(clock, caplog)


def test_first_and_last_are_reported_and_one_every_few_seconds_between(bench: Bench) -> None:
    """A hundred steps in fifty seconds: one line in three seconds, whatever the pace."""
    bench.begin()
    for _ in range(100):
        bench.step(0.5)
    bench.progress.finish()
    reported = bench.reported
    assert [one["done"] for one in reported] == [0, *range(6, 100, 6), 100]
    nothing = {"waits_until": None, "waits_for": None}
    assert reported[0] == {
        "done": 0, "total": 100, "rows": 0, "spent": 0, "unit": "credits",
        "done_at": None, **nothing,
    }  # fmt: skip
    assert reported[1] == {
        "done": 6, "total": 100, "rows": 60, "spent": 6, "unit": "credits",
        "done_at": "2026-03-01T12:00:50Z", **nothing,
    }  # fmt: skip


def test_a_wait_is_reported_at_once_and_over_with_the_next_step(bench: Bench) -> None:
    """Further waits beside it, as of other workers, add no lines of their own."""
    bench.begin()
    bench.step(1)
    until = bench.clock.now() + dt.timedelta(seconds=40)
    bench.progress.wait(until, "retry")
    bench.progress.wait(until + dt.timedelta(seconds=1))
    bench.progress.wait(until, "retry")
    bench.step(41)
    told = [(one["waits_until"], one["waits_for"]) for one in bench.reported]
    assert told == [(None, None), ("2026-03-01T12:00:41Z", "retry"), (None, None)]


def test_steps_that_are_left_for_later_are_not_done(bench: Bench) -> None:
    """Neither when a site's are dropped, nor when the run ends before its time."""
    bench.begin()
    for _ in range(10):
        bench.step(1)
    del bench.turns[:30]
    bench.outcome.leave(30)
    bench.step(4)
    assert bench.reported[-1]["done"] == 11
    bench.outcome.leave(len(bench.turns))
    bench.progress.finish()
    assert (bench.reported[-1]["done"], bench.reported[-1]["total"]) == (11, 100)


def test_a_request_that_waits_for_its_limit_is_reported(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the session, which waits by itself; a wait of a moment is none."""
    bench.begin()
    waits = iter([2.0, 20.0, 1])
    monkeypatch.setattr(Session, "_reserve", lambda *_: next(waits))
    bench.session._spend(Request("GET", "/days", "days"))  # noqa: SLF001 - before it is sent
    reported = [one["waits_until"] for one in bench.reported if one["waits_for"] == "quota"]
    assert reported == ["2026-03-01T12:00:22Z"]


def test_a_rest_of_all_sites_names_its_reason(bench: Bench) -> None:
    """The limit of the site that goes on first, or the next try of one that failed."""
    bench.begin()
    soon, later = (bench.clock.now() + dt.timedelta(seconds=seconds) for seconds in (20, 60))
    bench.progress.held(later)
    bench.progress.rest(soon)
    bench.step(20)
    bench.progress.rest(later)
    waits = [(one["waits_until"], one["waits_for"]) for one in bench.reported if one["waits_for"]]
    assert waits == [("2026-03-01T12:00:20Z", "retry"), ("2026-03-01T12:01:00Z", "quota")]
