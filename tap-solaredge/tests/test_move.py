"""From v1 to v2: the same tables, bookmarks kept, no gap and no double at the seam."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from solar_tap_kit.testing import Bench, Collector

pytestmark = pytest.mark.slow

SITE = "4100001"
NOW = dt.datetime(2026, 3, 11, 18, tzinfo=dt.UTC)
SERIES = ("energy_days", "site_energy", "site_power", "meter_energy", "meter_power",
          "inverter_telemetry", "storage_telemetry")  # fmt: skip


def counted(*outs: Collector) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows that count: those of the fetch that their day's entry names."""
    ledger = {
        (row["stream"], row["local_date"]): row["fetched_at"]
        for out in outs
        for row in out.records("sync_days")
    }
    return [
        (stream, row)
        for out in outs
        for stream in SERIES
        for row in out.records(stream)
        if ledger[stream, row["local_date"]] == row["fetched_at"]
    ]


@pytest.mark.parametrize("late_minutes", [0, 1440])
def test_the_seam_has_no_gap_and_no_double(old: Bench, late_minutes: int) -> None:
    """v1 until a day, v2 from then on, with the same state: every interval once."""
    old.cloud.switches.set("solaredge.data_delay_minutes", late_minutes)
    shared = {"site_ids": [SITE], "start_date": "2026-03-06"}
    first = old.run(**shared)
    state = first.states[-1]
    old.cloud.switches.set("solaredge.v1_sunset", "gone")
    old.cloud.switches.set("solaredge.data_delay_minutes", 0)
    old.cloud.clock.set(NOW + dt.timedelta(days=3))
    v2 = {
        "api_version": "v2",
        "api_key": old.cloud.credentials.solaredge_fleet_key,
        "calls_per_day": None,
        "calls_per_minute": 10_000,
        "credits_per_month": 100_000,
    }
    second = old.run(state, **v2, **shared)
    # Under v2 the days that v1 had finished are not asked for again.
    by_day: dict[str, set[str]] = {}
    for row in second.records("sync_days"):
        by_day.setdefault(row["stream"], set()).add(row["local_date"])
    began = "2026-03-11" if late_minutes == 0 else "2026-03-10"
    assert {min(by_day[stream]) for stream in ("site_energy", "site_power", "meter_energy")} == {
        began
    }
    rows = counted(first, second)
    for stream in ("site_energy", "site_power"):
        instants = [row["recorded_at"] for name, row in rows if name == stream]
        assert len(instants) == len(set(instants)) == 8 * 96 - 4
    for stream in ("meter_energy", "meter_power"):
        roles = Counter(
            (row["meter_type"], row["recorded_at"]) for name, row in rows if name == stream
        )
        assert set(roles.values()) == {1}
        assert len(roles) == 4 * (8 * 96 - 4)
    days = [row["local_date"] for name, row in rows if name == "energy_days"]
    assert sorted(days) == [f"2026-03-{day:02}" for day in range(6, 14)]
    for stream in ("inverter_telemetry", "storage_telemetry"):
        found = {row["local_date"] for name, row in rows if name == stream}
        assert len(found) == 8
    # One schema: whatever wrote them, rows of a stream have the same columns.
    for stream in SERIES:
        assert len({tuple(sorted(row)) for name, row in rows if name == stream}) == 1


def test_the_same_facts_have_the_same_numbers(old: Bench) -> None:
    """One day over both APIs: exchange with the grid to the watt-hour, states to the percent."""
    span = {"site_ids": [SITE], "start_date": "2026-03-10", "end_date": "2026-03-11"}
    v1 = old.run(**span)
    v2 = old.run(
        **span, api_version="v2", api_key=old.cloud.credentials.solaredge_fleet_key,
        calls_per_day=None, calls_per_minute=10_000, credits_per_month=100_000,
    )  # fmt: skip
    for stream, column in (("meter_energy", "energy"), ("meter_power", "power")):
        ours, theirs = (
            {(row["meter_type"], row["recorded_at"]): row[column] for row in out.records(stream)}
            for out in (v1, v2)
        )
        assert ours.keys() == theirs.keys()
        assert all(ours[key] == pytest.approx(theirs[key], abs=0.2) for key in ours)
    places = ("peak_power", "timezone", "country", "city", "activation_status")
    sites = [out.records("sites")[0] for out in (v1, v2)]
    assert [sites[0][name] for name in places] == [sites[1][name] for name in places]
    keys = ("serial_number", "device_type", "meter_type")
    devices = [
        {tuple(row[part] for part in keys) for row in out.records("devices")} for out in (v1, v2)
    ]
    assert devices[0] == devices[1]
