"""Tap and loader killed at every call and every batch: nothing lost, nothing doubled."""

from __future__ import annotations

import datetime as dt
import signal
from typing import TYPE_CHECKING, TypeVar

import duckdb
import pytest
from crashing import EVERY, Crashing, new

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crashing import Forge

    from solar_simulator.server import SimulatorServer

T = TypeVar("T")

pytestmark = pytest.mark.slow

KILL, TERM = int(signal.SIGKILL), int(signal.SIGTERM)
SIGEN = ("systems", "history_intervals", "history_days")
SOLAREDGE = ("sites", "site_energy", "meter_energy", "sync_days")
PER_RUN = {"tap-sigen": 2, "tap-solaredge": 1}
"""Calls that every run makes: the login, the list of sites."""

WINDOW = {"tap-sigen": 1, "tap-solaredge": 2}
"""Calls of one window: a Sigen day is one, a SolarEdge day of a stream two."""

IN_FLIGHT = {"tap-sigen": 2, "tap-solaredge": 3}
"""How many windows are asked at once, by default."""


def small(
    tap: str,
    kind: str,
    forge: Forge,
    cloud: SimulatorServer,
    folder: Path,
    request: pytest.FixtureRequest,
) -> Crashing:
    """Return a pipeline of a few streams and days into an empty warehouse of a kind."""
    place = folder / "w.duckdb" if kind == "duckdb" else request.getfixturevalue("database")
    if tap == "tap-sigen":
        return new(forge, cloud, folder / "run", place, 2, SIGEN)
    return new(forge, cloud, folder / "run", place, 1, SOLAREDGE)


def some(every: Sequence[T], few: int) -> Sequence[T]:
    """Return all kills where all are asked for, else so many, spread over the run."""
    if EVERY or len(every) <= few:
        return every
    return [every[number * len(every) // few] for number in range(few)]


def whole(pipeline: Crashing, tap: str) -> tuple[dict[str, list[str]], int]:
    """Load without a kill; return the rows, and how many calls that took."""
    pipeline.run.cloud.calls.reset()
    pipeline.finish(tap)
    rows, calls = pipeline.tables(), len(pipeline.run.cloud.calls)
    pipeline.wipe()
    return rows, calls


def test_the_whole_run_equals_the_truth(
    forge: Forge, cloud: SimulatorServer, tmp_path: Path
) -> None:
    """Every five-minute row has the energy that flowed in its five minutes.

    So the reference that all killed runs are held against is right itself.
    """
    path = tmp_path / "warehouse.duckdb"
    pipeline = new(forge, cloud, tmp_path / "run", path, selected=SIGEN)
    pipeline.finish("tap-sigen")
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select system_id, recorded_at, pv_total_power, load_power "
            "from tap_sigen.history_intervals"
        ).fetchall()
    assert len(rows) == 2 * 288 + 276 + 288
    for system, at, pv_kw, load_kw in rows:
        end = at.replace(tzinfo=dt.UTC)
        truth = cloud.truth.energy(system, end - dt.timedelta(minutes=5), end)
        assert pv_kw / 12 == pytest.approx(truth.pv_kwh, abs=0.0001), (system, at)
        assert load_kw / 12 == pytest.approx(truth.load_kwh, abs=0.0001), (system, at)


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
@pytest.mark.parametrize("tap", ["tap-sigen", "tap-solaredge"])
def test_the_tap_dies_at_every_call(
    tap: str,
    kind: str,
    forge: Forge,
    cloud: SimulatorServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Killed as the n-th answer comes in, for every n, and run again.

    The rows are the same, and at most the windows in flight were asked twice: one, where one
    call is made at a time. On PostgreSQL a few calls stand for all: each kill costs a second,
    and the tap is the same one.
    """
    pipeline = small(tap, kind, forge, cloud, tmp_path, request)
    expected, calls = whole(pipeline, tap)
    one_by_one = kind == "duckdb"
    prefix = tap.upper().replace("-", "_")
    settings = {f"{prefix}_LOOKBACK_DAYS": "0"}
    if one_by_one:
        settings[f"{prefix}_MAX_CONCURRENT_REQUESTS"] = "1"
    in_flight = 1 if one_by_one else IN_FLIGHT[tap]
    few = {"duckdb": calls, "postgres": 3 if tap == "tap-sigen" else 2}[kind]
    for nth in some(range(1, calls + 1), few):
        cloud.calls.reset()
        kill = {"at": "call", "nth": nth, "when": "after"}
        codes = pipeline.load(tap, kill_tap=kill, **settings)
        assert codes[0] == -KILL
        # The public loader for PostgreSQL ends in an error at a line that was cut off.
        assert codes[1] == 0 or not one_by_one, "the loader keeps what came"
        pipeline.finish(tap, **settings)
        assert pipeline.tables() == expected, nth
        again = len(cloud.calls) - calls
        assert again <= PER_RUN[tap] + WINDOW[tap] * in_flight, nth
        pipeline.wipe()


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
@pytest.mark.parametrize("tap", ["tap-sigen", "tap-solaredge"])
def test_the_tap_is_asked_to_stop_at_every_call(
    tap: str,
    kind: str,
    forge: Forge,
    cloud: SimulatorServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """SIGTERM: calls in flight are finished, and no finished window is asked twice.

    A window of two calls may be left after its first.
    """
    pipeline = small(tap, kind, forge, cloud, tmp_path, request)
    expected, calls = whole(pipeline, tap)
    settings = {f"{tap.upper().replace('-', '_')}_LOOKBACK_DAYS": "0"}
    few = {"duckdb": 3 if tap == "tap-sigen" else 2, "postgres": 1}[kind]
    for nth in some(range(1 + PER_RUN[tap], calls + 1), few):
        cloud.calls.reset()
        stop = {"at": "call", "nth": nth, "signal": TERM, "when": "after"}
        codes = pipeline.load(tap, kill_tap=stop, **settings)
        assert codes[1] == 0
        # The main thread may launch one more step before Python hands it the signal.
        assert len(cloud.calls) <= nth + IN_FLIGHT[tap] * WINDOW[tap], "no more is begun"
        pipeline.finish(tap, **settings)
        assert pipeline.tables() == expected, nth
        half_asked = (WINDOW[tap] - 1) * IN_FLIGHT[tap]
        assert len(cloud.calls) - calls <= PER_RUN[tap] + half_asked, nth
        pipeline.wipe()


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
@pytest.mark.parametrize("tap", ["tap-sigen", "tap-solaredge"])
def test_the_loader_dies_at_every_batch(
    tap: str,
    kind: str,
    forge: Forge,
    cloud: SimulatorServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Killed before and after it stores its n-th batch, with -9 and TERM in turn.

    The state that it has passed on is never ahead of its rows.
    """
    pipeline = small(tap, kind, forge, cloud, tmp_path, request)
    expected, _ = whole(pipeline, tap)
    at = "flush" if kind == "duckdb" else "batch"
    ways = [(when, number) for when in ("before", "after") for number in (KILL, TERM)]
    kills = [(nth, *way) for nth in range(1, 40) for way in ways]
    few = {"duckdb": 8, "postgres": 3} if tap == "tap-sigen" else {"duckdb": 3, "postgres": 1}
    killed = 0
    for nth, when, number in kills if EVERY else some(kills[:48], few[kind]):
        kill = {"at": at, "nth": nth, "when": when, "signal": number}
        codes = pipeline.load(tap, kill_loader=kill)
        pipeline.finish(tap)
        assert pipeline.tables() == expected, kill
        pipeline.wipe()
        if codes == [0, 0]:
            # Nothing was killed: there are no more batches.
            break
        killed += codes[1] != 0
    assert killed, "the loader was not killed"


def test_a_full_disk_costs_nothing(forge: Forge, cloud: SimulatorServer, tmp_path: Path) -> None:
    """The loader can not write on: it says so, and the next run completes the file."""
    path = tmp_path / "warehouse.duckdb"
    pipeline = new(forge, cloud, tmp_path / "run", path, selected=SIGEN)
    expected, _ = whole(pipeline, "tap-sigen")
    for limit in (40_000, 400_000):
        codes = pipeline.load("tap-sigen", kill_loader={"file_size": limit})
        assert codes[1] != 0, limit
    pipeline.finish("tap-sigen")
    assert pipeline.tables() == expected


def test_a_clock_that_jumps_costs_nothing(
    forge: Forge, cloud: SimulatorServer, tmp_path: Path
) -> None:
    """Two days ahead, a year back, and right again: the same rows, once."""
    path = tmp_path / "warehouse.duckdb"
    pipeline = new(forge, cloud, tmp_path / "run", path, selected=SIGEN)
    expected, _ = whole(pipeline, "tap-sigen")
    for days in (2, -365, 0):
        pipeline.load("tap-sigen", kill_tap={"clock_days": days})
    pipeline.finish("tap-sigen")
    assert pipeline.tables() == expected


def test_a_full_refresh_that_breaks_costs_nothing(
    forge: Forge, cloud: SimulatorServer, tmp_path: Path
) -> None:
    """All is there; a refresh from nothing dies half way and its state replaces the old one.

    The next run has everything again, and the archive saves the calls.
    """
    path = tmp_path / "warehouse.duckdb"
    pipeline = new(forge, cloud, tmp_path / "run", path, selected=SIGEN)
    pipeline.finish("tap-sigen")
    expected = pipeline.tables()
    codes = pipeline.load(
        "tap-sigen", kill_loader={"at": "flush", "nth": 4, "when": "after"}, keep_state=False
    )
    assert codes[1] == -KILL
    cloud.calls.reset()
    pipeline.finish("tap-sigen")
    assert pipeline.tables() == expected
    asked = [call.endpoint for call in cloud.calls]
    assert asked.count("sigen.history") <= 2 * 2, "the look-back, and nothing else"
