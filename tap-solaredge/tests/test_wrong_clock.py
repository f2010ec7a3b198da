"""A machine's clock that was wrong for a night: what it wrote holds nothing up afterwards."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from solar_tap_kit.testing import Bench, Collector, WrongTime

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

DAY = dt.timedelta(days=1)
STREAMS = ("sites", "meter_energy", "storage_telemetry", "sync_days")


def test_a_run_with_a_clock_ahead_does_not_stop_history(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Five days later every day since is there and complete, and no limit waits for next month."""
    settings = {"state_dir": str(tmp_path), "credits_per_month": 20_000, "lookback_days": 0}

    def run(off: dt.timedelta, state: object = None) -> Collector:
        tap, out = bench.tap(state, WrongTime(bench.cloud.clock, off=off), **settings)  # type: ignore[arg-type]
        for stream in tap.streams.values():
            stream.selected = stream.name in STREAMS
        tap.sync_all()
        return out

    state = run(0 * DAY).states[-1]
    bench.cloud.clock.advance(DAY)
    state = run(40 * DAY, state).states[-1]
    bench.cloud.clock.advance(5 * DAY)
    caplog.clear()
    later = run(0 * DAY, state)
    assert "clock was ahead in an earlier run" in caplog.text
    assert "paused" not in caplog.text
    found = {
        (row["local_date"], row["status"]) for row in later.records("sync_days") if row["n_points"]
    }
    # Where it was still the day before when the clock was last right, that day is read again.
    assert found - {("2026-03-10", "complete")} == {
        (f"2026-03-{day}", "complete") for day in range(11, 17)
    }
