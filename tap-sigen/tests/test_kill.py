"""A backfill of three systems, stopped at every call in every way, then resumed: exact.

Five days are stopped at each of their calls, thirty at every thirteenth; the environment variable
SOLAR_EVERY_CALL=1 stops the thirty at each call too, which takes some minutes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import load
from solar_simulator.server import SimulatorServer
from solar_tap_kit.clock import parse_utc
from solar_tap_kit.errors import SolarError
from solar_tap_kit.testing import Bench, Collector
from solar_tap_kit.wire import Wire
from tap_sigen.tap import TapSigen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from solar_tap_kit.http import Reply, Request
    from solar_tap_kit.tap import SolarTap

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 4, 10, 9, tzinfo=dt.UTC)
SCENARIO = """
title = "Three systems"
now = 2026-04-10T09:00:00Z
seed = 3
[fleet]
sigen = 3
installed_at = 2026-01-01T00:00:00Z
"""
WAYS = ("failure", "quota", "signal", "kill")


class Killed(BaseException):
    """Stands for SIGKILL: nothing that comes after it reaches the reader."""


class Reader(Collector):
    """Keeps only what the assertions need, so that hundreds of runs cost little."""

    def __init__(self, before: Reader | None) -> None:
        super().__init__()
        self.rows: Counter[tuple[str, str, int]] = Counter()
        self.days: set[tuple[str, str]] = set(before.days) if before else set()
        self.state: dict[str, Any] | None = None
        self.dead = False

    def write_records(self, stream: str, records: Any, extracted_at: str) -> None:
        """Count rows by key."""
        del extracted_at
        if self.dead:
            return
        self.bytes_written += 500 * len(records)
        if stream == "history_intervals":
            self.rows.update((r["system_id"], r["local_date"], r["seq"]) for r in records)
        elif stream == "history_days":
            self.days.update((r["system_id"], r["local_date"]) for r in records)

    def write_message(self, message: Any) -> None:
        """Keep the last STATE, after checking that it claims nothing that was not written."""
        if message.type != "STATE" or self.dead:
            return
        self.state = message.to_dict()["value"]
        marks = self.state["bookmarks"].get("history_intervals", {}) if self.state else {}
        for site, (since, until, _) in marks.get("sites", {}).items():
            noon = parse_utc(since) + dt.timedelta(hours=12)
            while noon < parse_utc(until):
                assert (site, str(noon.date())) in self.days, "the bookmark passes a hole"
                noon += dt.timedelta(days=1)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Serve three systems on UTC-like noon: the same server for all runs."""
    folder = tmp_path_factory.mktemp("three")
    path = folder / "three.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    with SimulatorServer(load(str(path)), VirtualClock(NOW)) as server:
        yield Bench(
            TapSigen,
            server,
            {
                "api_url": server.sigen_url,
                "username": server.credentials.sigen_username,
                "password": server.credentials.sigen_password,
                "lookback_days": 0,
                "max_concurrent_requests": 1,
            },
            folder,
        )


def sync(bench: Bench, before: Reader | None, **settings: Any) -> tuple[SolarTap, Reader]:
    """Return a tap that goes on where a reader stopped, and what reads it."""
    out = Reader(before)
    tap, _ = bench.tap(before.state if before else None, **settings)
    tap.message_writer = out  # type: ignore[assignment]
    tap.state_writer._message_writer = out  # noqa: SLF001 - the SDK has no other way
    return tap, out


def answered(bench: Bench) -> Counter[tuple[str | None, str, str]]:
    """Return how often each history was answered."""
    calls = bench.cloud.calls.matching(endpoint="sigen.history", outcome="ok")
    return Counter((call.site, call.query["level"], call.query.get("date", "")) for call in calls)


def stop_at(
    tap: SolarTap, out: Reader, way: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run until the n-th data call and stop there."""
    sent = itertools.count(1)
    exchange = Wire.exchange

    def counted(self: Wire, request: Request, headers: dict[str, str]) -> Reply:
        number = next(sent) if request.endpoint != "login" else 0
        if number == nth and way == "signal":
            tap.clock.stop()
        if number == nth and way == "kill":
            exchange(self, request, headers)
            out.dead = True
            raise Killed
        return exchange(self, request, headers)

    monkeypatch.setattr(Wire, "exchange", counted)
    with contextlib.suppress(SolarError, Killed):
        tap.sync_all()
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("days", "stride"), [(5, 1), (30, 1 if os.environ.get("SOLAR_EVERY_CALL") else 13)]
)
@pytest.mark.parametrize("way", WAYS)
def test_resumed_from_any_call_it_is_exact(
    three: Bench, days: int, stride: int, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The union of rows is what one run brings; nothing is asked twice but the call in flight."""
    start = {"start_date": str(NOW.date() - dt.timedelta(days=days))}
    three.cloud.world.reset()
    three.cloud.clock.set(NOW)
    tap, whole = sync(three, None, **start)
    tap.sync_all()
    assert len(whole.days) == 3 * days
    assert set(whole.rows.values()) == {1}
    total = len([call for call in three.cloud.calls if call.endpoint != "sigen.login"])
    # Each way takes its share of the calls; together they take all.
    first = 1 + WAYS.index(way) * stride
    for nth in range(first, total + 1, stride * len(WAYS)):
        three.cloud.world.reset()
        three.cloud.clock.set(NOW)
        settings = {"state_dir": str(tmp_path / str(nth)), **start}
        extra = {"max_requests_per_run": nth + 1} if way == "quota" else {}
        if way == "failure":
            three.cloud.world.faults.add(endpoint="sigen.history", nth=nth, code=1104)
        tap, cut = sync(three, None, **settings, **extra)
        stop_at(tap, cut, way, nth, monkeypatch)
        three.cloud.world.faults.clear()
        tap, rest = sync(three, cut, **settings)
        tap.sync_all()
        assert set(cut.rows) | set(rest.rows) == set(whole.rows), nth
        assert rest.days == whole.days, nth
        again = [key for key, count in answered(three).items() if count > 1]
        assert len(again) <= (1 if way == "kill" else 0), (nth, again)


def test_a_killed_window_costs_at_most_its_own_call(
    three: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an archive too: STATE has gone out after each window."""
    three.cloud.world.reset()
    three.cloud.clock.set(NOW)
    folder = {"state_dir": str(tmp_path), "archive": False, "start_date": "2026-03-25"}
    tap, cut = sync(three, None, **folder)
    stop_at(tap, cut, "kill", 45, monkeypatch)
    tap, rest = sync(three, cut, **folder)
    tap.sync_all()
    assert len(rest.days) == 3 * 16
    assert sum(count - 1 for count in answered(three).values()) <= 1
