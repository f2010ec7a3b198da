"""Totals, readings of now and devices against the simulator's truth."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.clock import day_start_utc, parse_utc
from tap_sigen.decode_totals import parse_period

if TYPE_CHECKING:
    from solar_tap_kit.testing import Bench

BERLIN, KAROO = "LINDE1709625600", "KAROO1718870400"
ZONES = {BERLIN: ZoneInfo("Europe/Berlin"), KAROO: ZoneInfo("Africa/Johannesburg")}
ENERGIES = {
    "power_generation": "pv_kwh",
    "power_use": "load_kwh",
    "es_charging": "charge_kwh",
    "es_discharging": "discharge_kwh",
}
DAY = dt.timedelta(days=1)
FIVE_MINUTES = dt.timedelta(minutes=5)


def choose(bench: Bench, *streams: str, **settings: Any) -> Any:
    """Run with these streams only and return what came out."""
    tap, out = bench.tap(**settings)
    for stream in tap.solar_streams.values():
        stream.selected = stream.name in streams
    tap.sync_all()
    return out


@pytest.mark.parametrize(
    ("first", "end"),
    [(dt.date(2026, 3, 20), dt.date(2026, 4, 2)), (dt.date(2025, 10, 20), dt.date(2025, 11, 5))],
    ids=["spring", "autumn"],
)
def test_daily_totals_are_true_on_every_day(bench: Bench, first: dt.date, end: dt.date) -> None:
    """Days of 23, 24 and 25 hours: each energy of each day is what happened."""
    out = choose(bench, "daily_totals", start_date=str(first), end_date=str(end))
    rows = out.keyed("daily_totals", ("system_id", "local_date"))
    days = {(s, str(first + DAY * n)) for s in ZONES for n in range((end - first).days)}
    assert set(rows) == days
    assert len(out.records("daily_totals")) == len(rows)
    for (system_id, day), row in rows.items():
        truth = bench.cloud.truth.day(system_id, dt.date.fromisoformat(day))
        for name, quantity in ENERGIES.items():
            assert row[name] == pytest.approx(getattr(truth, quantity), abs=0.0051)
        start = day_start_utc(dt.date.fromisoformat(day), ZONES[system_id])
        assert parse_utc(row["recorded_at"]) == start
    calls = bench.cloud.calls.matching(endpoint="sigen.history")
    assert len(calls) == 2 * 2, "one call a system and month"


def test_months_and_years_are_the_sum_of_their_days(bench: Bench) -> None:
    """Month and year totals since the system began, by the site's calendar."""
    out = choose(
        bench, "monthly_totals", "yearly_totals", start_date="2025-07-01", system_ids=[BERLIN]
    )
    truth = bench.cloud.truth
    months = {row["month"]: row for row in out.records("monthly_totals")}
    assert len(months) == len(out.records("monthly_totals"))
    assert {"2025-07", "2025-12", "2026-03"} <= set(months)
    for month in ("2025-07", "2025-12", "2026-03"):
        first = dt.date.fromisoformat(f"{month}-01")
        end = (first + 31 * DAY).replace(day=1)
        tz = ZONES[BERLIN]
        happened = truth.energy(BERLIN, day_start_utc(first, tz), day_start_utc(end, tz))
        assert months[month]["power_generation"] == pytest.approx(happened.pv_kwh, abs=0.2)
        assert months[month]["local_date"] == str(first)
    years = {row["year"]: row for row in out.records("yearly_totals")}
    assert set(years) == {2025, 2026}
    assert years[2025]["power_use"] > months["2025-07"]["power_use"]


def test_totals_are_renewed_when_days_are_added(bench: Bench) -> None:
    """A day later one call brings the running month; years wait for a week."""
    settings = {"start_date": "2026-03-20", "lookback_days": 0}
    state = choose(bench, "daily_totals", "monthly_totals", **settings).states[-1]
    bench.cloud.calls.reset()
    tap, out = bench.tap(state=state, **settings)
    for stream in tap.solar_streams.values():
        stream.selected = stream.name in ("daily_totals", "monthly_totals")
    tap.sync_all()
    assert not bench.cloud.calls.matching(endpoint="sigen.history")
    bench.cloud.clock.advance(86400)
    out = choose_again(bench, state, settings)
    asked = bench.cloud.calls.matching(endpoint="sigen.history")
    assert [call.query["level"] for call in asked] == ["Month", "Month"]
    assert "2026-04-02" in {row["local_date"] for row in out.records("daily_totals")}


def choose_again(bench: Bench, state: dict[str, Any], settings: dict[str, Any]) -> Any:
    """Run with the totals only, on a state."""
    tap, out = bench.tap(state=state, **settings)
    for stream in tap.solar_streams.values():
        stream.selected = stream.name in ("daily_totals", "monthly_totals")
    tap.sync_all()
    return out


def test_readings_of_now_are_true(bench: Bench) -> None:
    """Summary counts since midnight, month and year; the flow balances, + is export."""
    out = choose(bench, "summary", "energy_flow")
    now = bench.cloud.clock.now()
    for system_id, tz in ZONES.items():
        (summary,) = (r for r in out.records("summary") if r["system_id"] == system_id)
        assert parse_utc(summary["recorded_at"]) == now
        assert summary["local_date"] == str(now.astimezone(tz).date())
        midnight = day_start_utc(now.astimezone(tz).date(), tz)
        # The cloud's own sample is up to five minutes old.
        done = bench.cloud.truth.energy(system_id, midnight, now - FIVE_MINUTES)
        assert summary["daily_power_generation"] == pytest.approx(done.pv_kwh, abs=0.011)
        assert summary["lifetime_power_generation"] > summary["annual_power_generation"] > 0
        (flow,) = (r for r in out.records("energy_flow") if r["system_id"] == system_id)
        spent = (flow["grid_power"], flow["battery_power"], flow["load_power"], flow["ev_power"],
                 flow["heat_pump_power"])  # fmt: skip
        assert flow["pv_power"] == pytest.approx(sum(value or 0 for value in spent), abs=0.05)
        assert 0 <= flow["battery_soc"] <= 100


def test_device_streams_are_off_until_they_are_chosen(bench: Bench) -> None:
    """They cost a call a device; nobody should pay for them unasked."""
    out = bench.run(end_date="2026-03-29")
    assert not {"device_realtime", "device_history"} & set(out.counts)
    assert not bench.cloud.calls.matching(endpoint="sigen.realtime")


def test_devices_are_read_one_by_one(bench: Bench) -> None:
    """Each inverter's voltages and each battery's state of charge, by serial number."""
    out = choose(
        bench, "devices", "device_realtime", "device_history",
        start_date="2026-03-29", end_date="2026-03-30",
    )  # fmt: skip
    kinds = {row["serial_number"]: row["device_type"] for row in out.records("devices")}
    realtime = {row["serial_number"]: row for row in out.records("device_realtime")}
    assert set(realtime) == {serial for serial, kind in kinds.items() if kind != "Battery"}
    inverter = next(row for row in realtime.values() if row["device_type"] == "Inverter")
    assert 180 < inverter["a_phase_voltage"] < 280
    assert inverter["pv_power"] is not None
    assert 49 < inverter["grid_frequency"] < 51
    keys = ("serial_number", "local_date", "seq")
    rows = out.records("device_history")
    assert len(out.keyed("device_history", keys)) == len(rows)
    battery = [row for row in rows if kinds[row["serial_number"]] == "Battery"]
    berlin = [row for row in battery if row["system_id"] == BERLIN]
    assert len(berlin) == 276, "a spring day has 23 hours"
    assert all(0 <= row["battery_soc"] <= 100 for row in battery)


def test_a_device_that_refuses_is_left_out(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """One offline inverter costs a warning, not the others' readings."""
    bench.cloud.world.faults.add(endpoint="sigen.realtime", nth=1, code=1104)
    out = choose(bench, "device_realtime", system_ids=[KAROO])
    assert out.records("device_realtime")
    assert any("left out" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    ("label", "day"),
    [
        ("20260131", dt.date(2026, 1, 31)), ("2026-01-31", dt.date(2026, 1, 31)),
        ("20260131 00:00", dt.date(2026, 1, 31)), ("202601", dt.date(2026, 1, 1)),
        ("2026-01", dt.date(2026, 1, 1)), ("2026", dt.date(2026, 1, 1)),
        (2026, dt.date(2026, 1, 1)), ("2026-13", None), ("soon", None), (None, None),
    ],
)  # fmt: skip
def test_labels_of_every_form_are_read(label: object, day: dt.date | None) -> None:
    """Nobody has recorded the coarse levels' labels, so each plausible form is taken."""
    assert parse_period(label) == day
