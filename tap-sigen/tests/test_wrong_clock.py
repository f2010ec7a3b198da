"""A machine's clock that was wrong for a night: what it wrote holds nothing up afterwards."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from solar_tap_kit.testing import Bench, WrongTime

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

BERLIN, KAROO = "LINDE1709625600", "KAROO1718870400"
DAY = dt.timedelta(days=1)


def days_asked(bench: Bench, system: str) -> list[str]:
    """Return the dates of a system's history calls, in order."""
    calls = bench.cloud.calls.matching(endpoint="sigen.history", outcome="ok", site=system)
    return [call.query["date"] for call in calls if call.query["level"] == "Day"]


@pytest.mark.parametrize("ahead", [dt.timedelta(days=40), dt.timedelta(days=400)])
def test_a_run_with_a_clock_ahead_does_not_stop_history(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture, ahead: dt.timedelta
) -> None:
    """Five days later the tap fetches five days, and the day that was running is completed."""
    settings = {"state_dir": str(tmp_path), "lookback_days": 0}
    state = bench.run(**settings).states[-1]
    bench.cloud.clock.advance(DAY)
    wrong = bench.run(state, WrongTime(bench.cloud.clock, off=ahead), **settings)
    assert "the machine's clock says" in caplog.text
    bench.cloud.clock.advance(5 * DAY)
    bench.cloud.calls.reset()
    caplog.clear()
    later = bench.run(wrong.states[-1], **settings)
    days = [f"2026-04-{day:02}" for day in range(2, 8)]
    for system in (BERLIN, KAROO):
        assert days_asked(bench, system) == days
        told = [row for row in later.records("history_days") if row["system_id"] == system]
        assert [row["status"] for row in told] == ["complete"] * 6
    assert caplog.text.count("clock was ahead in an earlier run") == 1
    assert "the machine's clock says" not in caplog.text
    ends = later.states[-1]["bookmarks"]["history_intervals"]["sites"]
    assert {end[:10] for _, end, _ in ends.values()} == {"2026-04-07"}
    bench.cloud.calls.reset()
    again = bench.run(later.states[-1], **settings)
    assert again.counts.get("history_days", 0) == 0


def test_a_run_with_a_clock_behind_forgets_nothing(bench: Bench, tmp_path: Path) -> None:
    """A computer that wakes up in the past fetches nothing anew, then or later."""
    settings = {"state_dir": str(tmp_path), "lookback_days": 0}
    state = bench.run(**settings).states[-1]
    bench.cloud.clock.advance(DAY)
    bench.cloud.calls.reset()
    wrong = bench.run(state, WrongTime(bench.cloud.clock, off=-400 * DAY), **settings)
    assert days_asked(bench, BERLIN) == []
    bench.run((wrong.states or [state])[-1], **settings)
    assert days_asked(bench, BERLIN) == ["2026-04-02"]
