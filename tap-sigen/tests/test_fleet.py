"""One system's trouble is that system's: the others are complete, and nobody waits for it."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import parse
from solar_simulator.server import SimulatorServer
from solar_tap_kit.errors import PartialFailure, SettingsError, UnreachableError
from solar_tap_kit.testing import Answer, Bench, ScriptedServer, SharedTime
from tap_sigen.tap import TapSigen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from solar_tap_kit.testing import Collector

NOW = dt.datetime(2026, 4, 2, 9, tzinfo=dt.UTC)
SYSTEMS = 24
FLEET = f"""
title = "A small fleet"
now = 2026-04-02T09:00:00Z
seed = 24
[fleet]
sigen = {SYSTEMS}
installed_at = 2026-03-01T00:00:00Z
"""
NAMES = [f"FLEET{1_700_000_000 + number}" for number in range(SYSTEMS)]
NEIGHBOURS = NAMES[4:8]


@pytest.fixture(scope="module")
def cloud() -> Iterator[SimulatorServer]:
    """Serve a fleet for all tests of this file."""
    with SimulatorServer(parse("small fleet", FLEET), VirtualClock(NOW)) as running:
        yield running


@pytest.fixture
def fleet(cloud: SimulatorServer, tmp_path: Path) -> Bench:
    """Return the fleet as new."""
    cloud.world.reset()
    cloud.clock.set(NOW)
    return Bench(
        TapSigen,
        cloud,
        {
            "api_url": cloud.sigen_url,
            "username": cloud.credentials.sigen_username,
            "password": cloud.credentials.sigen_password,
            "start_date": "2026-04-01",
            "max_concurrent_requests": 1,
        },
        tmp_path / "state",
    )


def sync(
    fleet: Bench,
    time: SharedTime | None = None,
    state: dict[str, Any] | None = None,
    **settings: Any,
) -> tuple[Collector, Exception | None]:
    """Sync two calls a system, and return what was written and how the run ended."""
    tap, out = fleet.tap(state, time=time, **settings)
    for stream in tap.solar_streams.values():
        stream.selected = stream.name in ("systems", "summary", "history_intervals", "history_days")
    try:
        tap.sync_all()
    except (PartialFailure, UnreachableError, SettingsError) as error:
        return out, error
    return out, None


def complete(out: Collector) -> set[str]:
    """Return the systems whose day was read whole."""
    return {row["system_id"] for row in out.records("history_days") if row["status"] == "complete"}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404, "body": "{}"},
        {"status": 403, "body": "html", "content_type": "text/html"},
        {"status": 503},
        {"status": 401, "body": "{}"},
        {"code": 1502},
        {"code": 1110},
        {"code": 1402},
        {"code": 1111},
        {"status": 200, "body": "[1, 2"},
        {"cut": "before"},
        {"status": 503, "headers": {"Retry-After": "7200"}},
    ],
    ids=str,
)
def test_neighbours_in_trouble_are_named_and_the_others_complete(
    fleet: Bench, fault: dict[str, Any]
) -> None:
    """Four systems in a row, whatever they answer, from the first call on."""
    for name in NEIGHBOURS:
        fleet.cloud.faults.add(endpoint="sigen.*", site=name, times=0, **fault)
    time = SharedTime(fleet.cloud.clock)
    out, error = sync(fleet, time)
    assert complete(out) == set(NAMES) - set(NEIGHBOURS)
    if "headers" in fault:
        # Two hours later is another run's business.
        assert error is None
    else:
        assert isinstance(error, PartialFailure)
        assert "4 site(s) failed" in str(error)
        assert all(name in str(error) for name in NEIGHBOURS)
    assert time.waited <= 130
    calls = [call for call in fleet.cloud.calls if call.site in NEIGHBOURS]
    assert len(calls) <= 5 * len(NEIGHBOURS)


def test_a_redirect_is_not_followed_and_concerns_one_system(fleet: Bench) -> None:
    """The other host never sees the credential; the system is named with it."""
    elsewhere = ScriptedServer()
    thread = threading.Thread(target=elsewhere.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    elsewhere.script = [Answer()]
    fleet.cloud.faults.add(
        endpoint="sigen.summary", site=NAMES[0], status=302, headers={"Location": elsewhere.url}
    )
    out, error = sync(fleet)
    elsewhere.shutdown()
    elsewhere.server_close()
    thread.join()
    assert not elsewhere.asked
    assert complete(out) == set(NAMES)
    assert f"{NAMES[0]}: redirected (HTTP 302 to 127.0.0.1), not followed" in str(error)


def test_everything_gone_from_some_call_on_blames_the_address(fleet: Bench) -> None:
    """404 for every path, the list too: three systems are enough to find that out."""
    fleet.cloud.faults.add(endpoint="*", nth=20, times=0, status=404, body="{}")
    _, error = sync(fleet)
    assert isinstance(error, SettingsError)
    assert str(error).startswith("api_url")
    assert len(fleet.cloud.calls) <= 19 + 5


@pytest.mark.parametrize("workers", [1, 4])
def test_a_cloud_that_is_away_ends_the_run_early(fleet: Bench, workers: int) -> None:
    """A minute of tries and a few calls, not four of each system; STATE is kept."""
    fleet.cloud.faults.add(endpoint="*", nth=30, times=0, status=503)
    time = SharedTime(fleet.cloud.clock)
    out, error = sync(fleet, time, max_concurrent_requests=workers)
    assert isinstance(error, UnreachableError)
    assert "does not answer any more" in str(error)
    assert sum(name in str(error) for name in NAMES) >= 3
    assert 60 <= time.waited <= 130
    # Late answers of before may put the doubt off by what is in flight.
    assert len(fleet.cloud.calls) <= 29 + 3 + 12 + 3 * workers
    assert out.messages[-1]["type"] == "STATE"


def test_a_cloud_that_is_away_for_half_a_minute_costs_nobody_anything(fleet: Bench) -> None:
    """Every call fails until the proof has waited long enough: then all are complete."""
    fleet.cloud.faults.add(endpoint="*", nth=30, times=9, status=503)
    out, error = sync(fleet)
    assert error is None
    assert complete(out) == set(NAMES)


def test_nobody_waits_while_a_system_is_tried_again(fleet: Bench) -> None:
    """Between two tries of the failing system the others are read."""
    fleet.cloud.faults.add(endpoint="sigen.*", site=NAMES[0], times=0, status=503)
    sync(fleet)
    sites = [call.site for call in fleet.cloud.calls if call.site]
    tries = [place for place, site in enumerate(sites) if site == NAMES[0]]
    assert tries[1] - tries[0] > SYSTEMS, "virtual time passes only when all others are done"
    assert len(tries) == 5, "four tries, then one of the next stream, then no more"


def test_an_offline_system_is_reported_and_no_failure(
    fleet: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The readings of now are refused as offline, one system is not in service yet: exit 0."""
    caplog.set_level("INFO")
    fleet.cloud.switches.set("sigen.disconnected", value=True, site=NAMES[1])
    fleet.cloud.faults.add(endpoint="sigen.*", site=NAMES[2], times=0, code=1102)
    out, error = sync(fleet)
    assert error is None
    assert complete(out) == set(NAMES) - {NAMES[2]}
    assert f"sites: 22 complete, 1 offline ({NAMES[1]}), 1 pending ({NAMES[2]})" in caplog.text
    fleet.cloud.faults.add(endpoint="sigen.*", site=NAMES[3], times=0, status=404, body="{}")
    _, error = sync(fleet)
    assert "1 site(s) failed" in str(error)


def test_one_throttled_system_does_not_slow_the_fleet_for_good(fleet: Bench) -> None:
    """Code 1110 of one system teaches nothing; of two and the list, the account's limit."""
    folder = {"state_dir": str(fleet.folder / "one")}
    fleet.cloud.faults.add(endpoint="sigen.*", site=NAMES[0], times=0, code=1110)
    sync(fleet, **folder)
    tap, _ = fleet.tap(**folder)
    with tap.opened() as (cloud, _):
        assert not cloud.ledger.has_learned("calls a minute")
    fleet.cloud.world.reset()
    fleet.cloud.faults.add(endpoint="sigen.*", nth=10, times=3, code=1110)
    out, error = sync(fleet, refresh_lists=True, **folder)
    assert error is None
    assert complete(out) == set(NAMES)
    tap, _ = fleet.tap(**folder)
    with tap.opened() as (cloud, _):
        assert cloud.ledger.has_learned("calls a minute")


@pytest.mark.parametrize(("systems", "budget", "nights"), [(24, 60, 6), (4, 14, 4)])
def test_a_small_budget_brings_history_of_every_system_in_turn(
    fleet: Bench, tmp_path: Path, systems: int, budget: int, nights: int
) -> None:
    """Three calls and a half a system and night: all get what is new, and some of the past."""
    shared = {"state_dir": str(tmp_path), "max_requests_per_run": budget, "lookback_days": 0}
    names = NAMES[:systems]
    state: dict[str, Any] | None = None
    served: list[set[str]] = []
    days: set[tuple[str, str]] = set()
    readings = 0
    for _ in range(nights):
        fleet.cloud.calls.reset()
        out = fleet.run(state, start_date="2026-03-28", system_ids=names, **shared)
        state = out.states[-1]
        assert len(fleet.cloud.calls) <= budget
        served.append({row["system_id"] for row in out.records("history_days")})
        readings += len(out.records("summary"))
        days |= {(row["system_id"], row["local_date"]) for row in out.records("history_days")}
        fleet.cloud.clock.advance(dt.timedelta(days=1))
    assert served[0] != served[1]
    assert set().union(*served[:3]) == set(names)
    assert readings >= nights
    past = {name for name, day in days if day < "2026-04-01"}
    assert len(past) >= systems * 2 // 3


def test_a_fleets_log_has_a_line_for_each_hundredth(
    fleet: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line a window: a night of ten thousand of them hides what matters."""
    caplog.set_level("INFO")
    monkeypatch.setattr("solar_tap_kit.progress.LINES_FROM_SITES", SYSTEMS - 1)
    sync(fleet, start_date="2026-03-21")
    lines = [record for record in caplog.records if record.funcName == "step"]
    assert len(lines) == 100
    assert f"sites: {SYSTEMS} complete" in caplog.text


WIDE = """
title = "A system in each of a hundred zones"
now = 2026-04-02T14:00:00Z
seed = 100
[fleet]
sigen = 100
zones = 100
installed_at = 2026-03-01T00:00:00Z
{troubled}
"""


def test_a_fleet_with_trouble_takes_hardly_longer_than_a_healthy_one(tmp_path: Path) -> None:
    """Fourteen of a hundred in each kind of trouble, alone and in pairs, under the vendor's limits.

    The others are complete, and calls and virtual time stay below 1.3 times the healthy fleet's.
    """
    now = dt.datetime(2026, 4, 2, 14, tzinfo=dt.UTC)
    calls, waited, ends = [], [], []
    for number, troubled in enumerate(("", "troubled = 0.14")):
        scenario = parse("wide", WIDE.format(troubled=troubled))
        assert len({site.zone for site in scenario.sites.values()}) == 100
        bad = {rule["site"]: rule["value"] for rule in scenario.rules}
        with SimulatorServer(scenario, VirtualClock(now)) as cloud:
            cloud.switches.set("limits", "documented")
            bench = Bench(
                TapSigen,
                cloud,
                {
                    "api_url": cloud.sigen_url,
                    "username": cloud.credentials.sigen_username,
                    "password": cloud.credentials.sigen_password,
                    "start_date": "2026-03-31",
                    "end_date": "2026-04-01",
                    "max_concurrent_requests": 1,
                    "calls_per_minute": 10,
                    "call_spacing_seconds": 300,
                    "max_wait_minutes": 600,
                },
                tmp_path / str(number),
            )
            time = SharedTime(cloud.clock)
            out, error = sync(bench, time)
            calls.append(len(cloud.calls))
            waited.append(time.waited)
            ends.append(error)
            assert complete(out) == {
                name for name in scenario.sites if bad.get(name, "slow") == "slow"
            }
    assert calls[1] <= 1.3 * calls[0]
    assert waited[1] <= 1.3 * waited[0]
    assert ends[0] is None
    words = list(bad.values())
    assert sorted(set(words)) == [
        "moved", "not_found", "offline", "pending", "refused", "slow", "unavailable",
    ]  # fmt: skip
    broken = [name for name, word in bad.items() if word not in ("slow", "offline", "pending")]
    assert str(ends[1]).startswith(f"{len(broken)} site(s) failed")
    assert all(name in str(ends[1]) for name in broken)


def test_a_fault_with_a_long_wait_is_no_refused_date(fleet: Bench, tmp_path: Path) -> None:
    """503 and two hours, on three nights: the day is read on the fourth, not passed over."""
    shared = {"state_dir": str(tmp_path), "system_ids": NAMES[:1], "end_date": "2026-04-02"}
    fault = {"status": 503, "headers": {"Retry-After": "7200"}}
    state = None
    for _ in range(3):
        fleet.cloud.faults.add(endpoint="sigen.history", site=NAMES[0], times=0, **fault)
        out, _ = sync(fleet, state=state, **shared)
        state = out.states[-1]
        assert not out.records("history_days")
        fleet.cloud.clock.advance(dt.timedelta(days=1))
        fleet.cloud.faults.clear()
    assert complete(sync(fleet, state=state, **shared)[0]) == {NAMES[0]}


def test_a_run_that_requests_nothing_says_nothing_of_the_cloud(
    fleet: Bench, tmp_path: Path
) -> None:
    """A system without a usable zone fails by name, also where all others are up to date."""
    fleet.cloud.switches.set("sigen.zone_words", "null", site=NAMES[0])
    shared = {"state_dir": str(tmp_path), "lookback_days": 0, "end_date": "2026-04-02"}
    out, error = sync(fleet, **shared)
    calls = len(fleet.cloud.calls)
    for _ in range(2):
        assert isinstance(error, PartialFailure)
        assert "1 site(s) failed" in str(error)
        assert NAMES[0] in str(error)
        _, error = sync(fleet, state=out.states[-1], **shared)
    assert len(fleet.cloud.calls) == calls, "not even a login was needed"
