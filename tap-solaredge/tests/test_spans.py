"""How long a period one call covers, once the cloud has refused a longer one."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.ledger import Ledger
from solar_tap_kit.testing import VirtualClock
from solar_tap_kit.windows import Days, Site, Window
from tap_solaredge.errors import BadRequestError
from tap_solaredge.spans import Span
from tap_solaredge.v2.day_trial import TRIED, DayTrial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from solar_tap_kit.testing import Bench, Collector

METERED = "4100001"
TOO_LONG = "too long"


@pytest.mark.slow
@pytest.mark.parametrize(("span_hours", "refused"), [(None, 1), (24, 2)])
def test_a_refused_half_day_is_tried_a_quarter_hour_shorter(
    bench: Bench, only: Callable[..., Collector], span_hours: int | None, refused: int
) -> None:
    """12 hours excluded: 11:45, so that a day is three calls and not four; remembered."""
    bench.cloud.switches.set("solaredge.span_limits", "excluded")
    span = {"site_ids": [METERED], "span_hours": span_hours, "start_date": "2026-03-09",
            "state_dir": str(bench.folder / "kept"), "archive": False}  # fmt: skip
    for refusals in (refused, 0):
        bench.cloud.calls.reset()
        out = only(bench, {"meter_energy"}, **span)
        assert len(out.records("meter_energy")) == 2 * 4 * 96
        statuses = [call.status for call in bench.cloud.calls.matching(
            endpoint="solaredge.v2.meters_telemetry")]  # fmt: skip
        assert statuses.count(400) == refusals
        assert statuses.count(200) == 2 * 3


@pytest.mark.parametrize(
    ("longest_h", "allowed_h", "asked_h"),
    [
        (12, 11.75, [12, 11.75]),
        (12, 6, [12, 11.75, 6]),
        (12, 4, [12, 11.75, 6, 3]),
        (25, 12, [24, 12]),
        (24, 11.75, [24, 12, 11.75]),
        (12, 0.1, [12, 11.75, 6, 3, 1.5]),
    ],
)
def test_lengths_that_are_tried(
    tmp_path: Path, longest_h: float, allowed_h: float, asked_h: list[float]
) -> None:
    """The documented length first, then an interval less, then halves; five calls at most."""
    clock = VirtualClock()
    quarter, hour = dt.timedelta(minutes=15), dt.timedelta(hours=1)
    span = Span(
        "quarter_hour", longest_h * hour, quarter, refusal=BadRequestError, halvings=4,
        ledger=Ledger(tmp_path, "me", []), clock=clock, documented=12 * hour,
    )  # fmt: skip
    begin = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    asked: list[float] = []

    def call(first: dt.datetime, end: dt.datetime) -> bytes:
        asked.append((end - first) / hour)
        if end - first > allowed_h * hour:
            raise BadRequestError(TOO_LONG)
        return b""

    with contextlib.suppress(BadRequestError):
        span.ask(begin, begin + 24 * hour, call)
    assert asked[: len(asked_h)] == asked_h
    if allowed_h > 1:
        assert sum(length for length in asked if length <= allowed_h) == 24
        assert span.length == asked_h[-1] * hour


def test_a_period_that_ends_now_teaches_no_length(tmp_path: Path) -> None:
    """Its end may be what was refused: shorter for this time only."""
    clock = VirtualClock()
    hour = dt.timedelta(hours=1)
    span = Span(
        "quarter_hour", 12 * hour, hour / 4, refusal=BadRequestError, halvings=4,
        ledger=Ledger(tmp_path, "me", []), clock=clock, documented=12 * hour,
    )  # fmt: skip

    def call(_first: dt.datetime, end: dt.datetime) -> bytes:
        if end == clock.now():
            raise BadRequestError(TOO_LONG)
        return b""

    with pytest.raises(BadRequestError):
        span.ask(clock.now() - 12 * hour, clock.now(), call)
    assert span.length == 12 * hour


@pytest.mark.parametrize(
    ("answered_h", "length_h", "note", "words"),
    [
        (24, 24, "answered", "half the credits"),
        (86399 / 3600, 24, "answered", "half the credits"),
        (12, 12, "cut short", "cut off"),
        (None, 12, "cut short", "cut off"),
        (0, 12, "refused", TOO_LONG),
    ],
)
def test_a_day_in_one_call_counts_only_if_all_of_it_came(
    tmp_path: Path, answered_h: float | None, length_h: int, note: str, words: str
) -> None:
    """A cloud may cut an answer short, or not say what it is for: then 12 hours stay."""
    hour = dt.timedelta(hours=1)
    clock, ledger = VirtualClock(), Ledger(tmp_path, "me", [])
    span = Span(
        "quarter_hour", 12 * hour, hour / 4, refusal=BadRequestError, halvings=4, ledger=ledger,
        clock=clock, documented=12 * hour,
    )  # fmt: skip
    trial = DayTrial(span, ledger, clock, enabled=True)
    day = Days(dt.date(2026, 2, 27), dt.date(2026, 2, 28))
    window = Window("meters", Site("1", ZoneInfo("Europe/Berlin")), day, "probe")

    def call(begin: dt.datetime, end: dt.datetime) -> bytes:
        assert end - begin == 24 * hour
        if answered_h == 0:
            raise BadRequestError(TOO_LONG)
        period = {"from": begin.isoformat(), "to": (begin + (answered_h or 0) * hour).isoformat()}
        return json.dumps({"period": None if answered_h is None else period}).encode()

    assert trial.is_due
    trial.run(window, call)
    assert not trial.is_due
    assert span.length == length_h * hour
    assert ledger.note(TRIED) == note
    assert words in str(trial.finding)
