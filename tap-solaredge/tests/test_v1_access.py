"""v1's keys, quotas in both readings, refusals, replaced devices, and its end."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.site import Replacement, Sensor
from solar_tap_kit.errors import AuthError, PartialFailure, SettingsError, UnreachableError
from solar_tap_kit.testing import Bench, Collector, SharedTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_simulator.site import Site

METERED, UNMETERED = "4100001", "4100002"
NOON = dt.datetime(2026, 3, 20, 11, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def lines(caplog: pytest.LogCaptureFixture, start: str) -> list[str]:
    """Return what was logged with a beginning."""
    return [r.getMessage() for r in caplog.records if r.getMessage().startswith(start)]


def test_the_end_of_v1_is_said_in_one_line(old: Bench) -> None:
    """410: what happened, when, and how to move; the first call is the last."""
    old.cloud.switches.set("solaredge.v1_sunset", "gone")
    tap, out = old.tap()
    with pytest.raises(SettingsError, match="3 November 2026") as told:
        tap.sync_all()
    assert "api_version" in str(told.value)
    assert "tap-solaredge login" in str(told.value)
    assert "\n" not in str(told.value)
    assert len(old.cloud.calls) == 1
    assert out.states


def test_endpoints_that_ended_first_are_left_out(
    old: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Sensors and the change log since March 2026: one warning each, the rest is whole."""
    old.cloud.switches.set("solaredge.v1_sunset", "by_clock")
    folder = str(old.folder / "kept")
    out = old.run(state_dir=folder)
    assert out.records("inverter_telemetry")
    for stream in ("sensors", "sensor_telemetry", "equipment_changes"):
        (line,) = lines(caplog, f"{stream}:")
        assert "withdrawn" in line
    # Nobody asks again tomorrow: the ledger remembers.
    old.cloud.calls.reset()
    old.cloud.clock.advance(86400)
    old.run(out.states[-1], state_dir=folder)
    assert 410 not in {call.status for call in old.cloud.calls}


def test_a_site_key_reads_its_site(old: Bench) -> None:
    """One site in the list, and the single forms of every endpoint."""
    key = old.cloud.credentials.solaredge_v1_site_key(UNMETERED)
    out = old.run(api_key=key, start_date="2026-03-10")
    assert {row["site_id"] for row in out.records("sites")} == {UNMETERED}
    assert len(out.records("site_energy")) == 96
    assert not [call for call in old.cloud.calls if "bulk" in call.endpoint]


@pytest.mark.parametrize("html", [False, True])
def test_a_wrong_key_is_named(old: Bench, html: bool) -> None:  # noqa: FBT001 - two forms of one answer
    """401, as a problem document or as a page."""
    old.cloud.switches.set("solaredge.v1_html_errors", html)
    tap, _ = old.tap(api_key="WRONGWRONGWRONGWRONGWRONGWRONG00")
    with pytest.raises(AuthError, match="api_key"):
        tap.sync_all()
    assert len(old.cloud.calls) == 1


def test_the_key_is_nowhere(
    old: Bench, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """v1 has it in every address: in no log line, message, error, ledger or archive."""
    caplog.set_level("DEBUG")
    folder = old.folder / "kept"
    out = old.run(state_dir=str(folder), start_date="2026-02-01", end_date="2026-02-03")
    old.cloud.world.faults.add(endpoint="solaredge.v1.*", times=0, status=500, body="{}")
    tap, _ = old.tap(state_dir=str(folder), refresh_lists=True)
    with pytest.raises(UnreachableError) as told:
        tap.sync_all()
    key = old.settings["api_key"]
    said = capsys.readouterr()
    assert key not in said.out + said.err + str(out.messages) + str(told.value)
    handler = caplog.handler
    tap.redactor.install()
    lines = [handler.format(record) for record in caplog.records]
    assert any("sites/list" in line for line in lines)
    ours = [line for line in lines if "urllib3" not in line]
    assert not [line for line in ours if key in line]
    files = [path for path in folder.iterdir() if path.is_file()]
    assert len(files) >= 2
    assert not [path.name for path in files if key.encode() in path.read_bytes()]


def test_without_the_list_configured_sites_are_read_by_their_details(old: Bench) -> None:
    """A key that may not list, but may read: the sites are asked for one by one."""
    old.cloud.world.faults.add(endpoint="solaredge.v1.sites", times=0, status=403, body="{}")
    out = old.run(site_ids=[METERED], start_date="2026-03-10")
    assert len(out.records("sites")) == 1
    assert len(out.records("site_energy")) == 96


def test_one_forbidden_site_does_not_spoil_the_bulk(old: Bench) -> None:
    """A bulk call is refused for one of its sites: the other's rows come all the same."""
    for name in ("energy", "power", "overview", "dataPeriod"):
        old.cloud.world.faults.add(
            endpoint=f"solaredge.v1.bulk_{name}", nth=1, times=1, status=403, body="{}"
        )
    out = old.run(start_date="2026-03-10")
    assert {row["site_id"] for row in out.records("site_energy")} == {METERED, UNMETERED}
    assert {row["site_id"] for row in out.records("overview")} == {METERED, UNMETERED}


def test_an_endpoint_refused_for_a_site_is_one_warning(
    old: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """403 on storage alone: said once, everything else whole, exit 0."""
    old.cloud.world.faults.add(
        endpoint="solaredge.v1.storageData", site=METERED, times=0, status=403, body="{}"
    )
    out = old.run()
    assert len(lines(caplog, "storage_telemetry:")) == 1
    assert out.records("storage_telemetry") == []
    assert out.records("inverter_telemetry")


def test_a_month_that_is_too_long_is_halved_once(
    old: Bench, only: Callable[..., Collector]
) -> None:
    """403 for a whole month of powerDetails: two halves, and halves from then on."""
    old.cloud.world.faults.add(endpoint="solaredge.v1.powerDetails", times=1, status=403, body="{}")
    span = {"site_ids": [METERED], "start_date": "2026-02-01", "end_date": "2026-03-01"}
    out = only(old, {"meter_power", "sync_days"}, **span)
    rows = [row for row in out.records("meter_power") if row["meter_type"] == "FeedIn"]
    assert len(rows) == 28 * 96
    asked = old.cloud.calls.matching(endpoint="solaredge.v1.powerDetails")
    assert [call.status for call in asked] == [403, 200, 200]


def test_more_sites_than_a_page_and_a_bulk_call(
    world: Callable[..., Bench], house: Callable[..., Site]
) -> None:
    """101 sites: two pages of the list, two bulk calls for each window."""
    sites = [house(number, stores=False) for number in range(101)]
    bench = world(NOON, *sites, api_version="v1", start_date="2026-03-19", calls_per_day=100_000)
    tap, out = bench.tap()
    for stream in tap.streams.values():
        stream.selected = stream.name in ("sites", "energy_days", "site_power", "sync_days")
    tap.sync_all()
    assert len(out.records("sites")) == 101
    assert len(out.records("site_power")) == 101 * 96
    assert len(bench.cloud.calls) == 2 + 2 + 2


def quota(bench: Bench, reading: str, day: str) -> Bench:
    """Let the cloud count 7 calls a day, in one of its readings."""
    for name, value in (("limits", "documented"), ("solaredge.v1_calls_per_day", 7),
                        ("solaredge.v1_quota", reading), ("solaredge.v1_day", day)):  # fmt: skip
        bench.cloud.switches.set(name, value)
    return bench


@pytest.mark.slow
@pytest.mark.parametrize(("reading", "day"), [("A", "midnight_utc"), ("B", "rolling")])
def test_the_days_calls_are_kept_to_in_both_readings(
    old: Bench, only: Callable[..., Collector], reading: str, day: str
) -> None:
    """A month of readings under 7 calls a day: in some days all is there, exactly once."""
    quota(old, reading, day)
    span = {"site_ids": [METERED], "start_date": "2026-02-10", "end_date": "2026-03-11"}
    settings = {"calls_per_day": 7, "state_dir": str(old.folder / "kept"), **span}
    streams = {"storage_telemetry", "inverter_telemetry", "sync_days"}
    state, outs = None, []
    for _ in range(4 if reading == "A" else 7):
        outs.append(only(old, streams, state, quota_reserve="0", **settings))
        state = outs[-1].states[-1]
        old.cloud.clock.advance(86400 + 60)
    refused = [call for call in old.cloud.calls if call.status == 429]
    # Reading A is known from the start; B shows itself once, and is kept to from then on.
    assert len(refused) <= (0 if reading == "A" else 4 * 4)
    found: dict[Any, int] = {}
    for out in outs:
        for row in out.records("storage_telemetry"):
            if row["local_date"] < "2026-03-05":
                found[row["recorded_at"]] = found.get(row["recorded_at"], 0) + 1
    assert set(found.values()) == {1}
    assert len(found) == 23 * 288


@pytest.mark.slow
def test_a_bare_429_of_the_moment_is_waited_for(old: Bench) -> None:
    """No body, no header: tried again after seconds, and nothing is missing."""
    whole = old.run(start_date="2026-03-09")
    old.cloud.world.faults.add(endpoint="solaredge.v1.*", nth=5, times=2, status=429, body="")
    time = SharedTime(old.cloud.clock)
    again = old.run(time=time, start_date="2026-03-09")
    assert again.counts == whole.counts
    assert 0 < time.waited < 60


@pytest.mark.slow
def test_a_failing_site_does_not_stop_the_other(old: Bench) -> None:
    """500 for one site for good: the other is complete, the run fails, the next mends it."""
    old.cloud.world.faults.add(
        endpoint="solaredge.v1.*Details", site=METERED, times=0, status=500, body="html"
    )
    tap, out = old.tap()
    with pytest.raises(PartialFailure, match=METERED):
        tap.sync_all()
    assert {row["site_id"] for row in out.records("meter_power")} == {UNMETERED}
    old.cloud.world.faults.clear()
    rest = old.run(out.states[-1])
    assert METERED in {row["site_id"] for row in rest.records("meter_power")}


def test_a_replaced_inverter_keeps_its_history(
    world: Callable[..., Bench], house: Callable[..., Site], only: Callable[..., Collector]
) -> None:
    """Gone from the inventory, found in the change log: each serial for the days it stood."""
    site = house(1)
    swap = Replacement(serial="7EDEOLD0-99", successor=site.inverters[0].serial,
                       at=dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC))  # fmt: skip
    sites = [replaced(site, replacements=(swap,))]
    bench = world(NOON, *sites, api_version="v1", start_date="2026-03-08")
    streams = {"devices", "equipment_changes", "inverter_telemetry", "sync_days"}
    out = only(bench, streams)
    by_serial: dict[str, set[str]] = {}
    for row in out.records("inverter_telemetry"):
        by_serial.setdefault(row["serial_number"], set()).add(row["local_date"])
    assert max(by_serial[swap.serial]) == "2026-03-10" == min(by_serial[swap.successor])
    assert min(by_serial[swap.serial]) == "2026-03-08"
    changes = {row["serial_number"]: row for row in out.records("equipment_changes")}
    assert changes[swap.serial]["present_serial_number"] == swap.successor
    assert changes[swap.successor]["changed_on"] == "2026-03-10"
    # What stood there before is not asked for days after it had gone.
    bench.cloud.calls.reset()
    bench.cloud.clock.advance(86400)
    only(bench, streams, out.states[-1])
    asked = bench.cloud.calls.matching(endpoint="solaredge.v1.equipment_data")
    assert len(asked) == 1


def test_one_unreadable_inverter_does_not_hide_the_other(
    world: Callable[..., Bench], house: Callable[..., Site], caplog: pytest.LogCaptureFixture
) -> None:
    """403 for one serial number: said, and the second inverter's readings come."""
    bench = world(NOON, house(1, inverters=2), api_version="v1", start_date="2026-03-19")
    bench.cloud.world.faults.add(
        endpoint="solaredge.v1.equipment_data", nth=1, times=2, status=403, body="{}"
    )
    out = bench.run()
    serials = {row["serial_number"] for row in out.records("inverter_telemetry")}
    assert len(serials) == 1
    assert len(lines(caplog, "inverter 7EDE0001-00:")) == 1


def test_sensors_have_a_list_and_readings(
    world: Callable[..., Bench], house: Callable[..., Site]
) -> None:
    """Irradiance and temperature: listed, read, in columns where there are some."""
    sensors = (
        Sensor("Pyranometer", "SensorGlobalHorizontalIrradiance"),
        Sensor("Thermometer", "SensorAmbientTemperature"),
    )
    sites = [replaced(house(1), sensors=sensors)]
    bench = world(NOON, *sites, api_version="v1", start_date="2026-03-19")
    out = bench.run()
    assert {row["measurement"] for row in out.records("sensors")} == {
        sensor.measurement for sensor in sensors
    }
    readings = out.records("sensor_telemetry")
    assert len(readings) > 90
    assert any(row["ambient_temperature"] is not None for row in readings)
    assert any(row["global_horizontal_irradiance"] is not None or row["others"]
               for row in readings)  # fmt: skip


def replaced(site: Site, **changes: Any) -> Site:
    """Return a site with some fields changed."""
    return dataclasses.replace(site, **changes)
