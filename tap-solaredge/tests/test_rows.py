"""The rows against the simulator's truth: every number, instant and key."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.clock import day_slots, day_start_utc, parse_utc

if TYPE_CHECKING:
    from solar_tap_kit.testing import Bench

METERED, UNMETERED = "4100001", "4100002"
NEW_YORK = ZoneInfo("America/New_York")
STEP = dt.timedelta(minutes=15)
SPRING = dt.date(2026, 3, 8)
AUTUMN = dt.date(2025, 11, 2)
DAYS = pytest.mark.parametrize("day", [SPRING, AUTUMN, dt.date(2026, 3, 9)], ids=str)
METERS = {
    "Consumption": "load_kwh",
    "Purchased": "import_kwh",
    "FeedIn": "export_kwh",
}
KEYS = {
    "site_energy": ("site_id", "resolution", "recorded_at"),
    "meter_energy": ("site_id", "serial_number", "meter_type", "recorded_at"),
    "inverter_telemetry": ("site_id", "serial_number", "recorded_at"),
    "storage_telemetry": ("site_id", "serial_number", "recorded_at"),
    "sync_days": ("site_id", "stream", "local_date"),
}


@DAYS
def test_every_quarter_hour_of_a_day_is_true(bench: Bench, day: dt.date) -> None:
    """Instants, labels and energies agree with what happened, clock change or not."""
    out = bench.run(start_date=str(day), end_date=str(day + dt.timedelta(days=1)))
    midnight, slots = day_start_utc(day, NEW_YORK), day_slots(day, NEW_YORK, STEP)
    instants = [midnight + STEP * i for i in range(slots)]
    truths = [bench.cloud.truth.energy(METERED, at, at + STEP) for at in instants]
    rows = [row for row in out.records("site_energy") if row["site_id"] == METERED]
    assert [parse_utc(row["recorded_at"]) for row in rows] == instants
    for row, instant, truth in zip(rows, instants, truths, strict=True):
        local = instant.astimezone(NEW_YORK)
        assert row["local_time"] == f"{local:%Y-%m-%d %H:%M:%S}"
        assert row["utc_offset_minutes"] == local.utcoffset() / dt.timedelta(minutes=1)
        assert (row["energy"] or 0) / 1000 == pytest.approx(truth.pv_kwh, abs=0.001)
    for meter, quantity in METERS.items():
        found = [row for row in out.records("meter_energy") if row["meter_type"] == meter]
        assert [parse_utc(row["recorded_at"]) for row in found] == instants
        for row, truth in zip(found, truths, strict=True):
            assert row["energy"] / 1000 == pytest.approx(getattr(truth, quantity), abs=0.0002)
    battery = out.records("storage_telemetry")
    for row, truth in zip(battery, truths, strict=True):
        assert row["charge_energy"] / 1000 == pytest.approx(truth.charge_kwh, abs=0.0002)
        assert row["discharge_energy"] / 1000 == pytest.approx(truth.discharge_kwh, abs=0.0002)
        assert 0 <= row["state_of_energy"] <= 100


@DAYS
def test_the_day_ledger_vouches_for_its_rows(bench: Bench, day: dt.date) -> None:
    """One entry a stream and day, after its rows, with their number and fetch time."""
    out = bench.run(start_date=str(day), end_date=str(day + dt.timedelta(days=1)))
    slots = day_slots(day, NEW_YORK, STEP)
    entries = {e["stream"]: e for e in out.records("sync_days") if e["site_id"] == METERED}
    series = {"site_energy": 1, "meter_energy": 4, "inverter_telemetry": 1, "storage_telemetry": 1}
    for stream, count in series.items():
        entry = entries[stream]
        rows = [row for row in out.records(stream) if row["site_id"] == METERED]
        assert entry["status"] == "complete"
        assert entry["n_points"] == entry["expected_points"] == slots * count == len(rows)
        assert {row["fetched_at"] for row in rows} == {entry["fetched_at"]}


def test_an_unmetered_site_is_empty_there_and_nowhere_else(bench: Bench) -> None:
    """No meter, no battery: an answer without series, which the ledger calls empty."""
    out = bench.run(site_ids=[UNMETERED], start_date="2026-03-09", end_date="2026-03-10")
    status = {entry["stream"]: entry["status"] for entry in out.records("sync_days")}
    assert status == {
        "site_energy": "complete", "inverter_telemetry": "complete",
        "meter_energy": "empty", "storage_telemetry": "empty",
    }  # fmt: skip


def test_nulls_at_night_are_rows(bench: Bench) -> None:
    """A sleeping inverter is data: the row is there, its value is null."""
    out = bench.run(site_ids=[UNMETERED], start_date="2026-03-09", end_date="2026-03-10")
    values = [row["energy"] for row in out.records("site_energy")]
    assert len(values) == 96
    assert 20 < values.count(None) < 60


def test_keys_are_unique(bench: Bench) -> None:
    """No two rows share a key, over both sites and a clock change."""
    out = bench.run(start_date="2025-11-01", end_date="2025-11-04")
    for stream, key in KEYS.items():
        assert len(out.keyed(stream, key)) == len(out.records(stream)) > 0
    devices = out.keyed("devices", ("site_id", "serial_number", "device_type", "meter_type"))
    assert len(devices) == len(out.records("devices"))
    assert None not in {part for key in devices for part in key}


def test_sites_and_devices_are_listed(bench: Bench) -> None:
    """Both sites with zone and size; inverter, battery and each role of the meters."""
    out = bench.run()
    sites = out.keyed("sites", ("site_id",))
    assert sites[(METERED,)]["timezone"] == "America/New_York"
    assert sites[(METERED,)]["peak_power"] == 8.4
    kinds = Counter(row["device_type"] for row in out.records("devices"))
    assert kinds["INVERTER"] == 2
    assert kinds["BATTERY"] == 1
    assert kinds["METER"] >= 3


@pytest.mark.parametrize(("span", "calls"), [(12, 8), (24, 4), (25, 4)])
def test_a_site_day_costs_what_the_span_allows(bench: Bench, span: int, calls: int) -> None:
    """Four series: two calls each at the documented limit, one where a day is allowed."""
    bench.cloud.switches.set("solaredge.span_limits", "documented" if span == 12 else "none")
    bench.run(site_ids=[METERED], start_date="2026-03-10", end_date="2026-03-11", span_hours=span)
    series = [c for c in bench.cloud.calls if c.endpoint.split(".")[-1] not in ("sites", "devices")]
    assert len(series) == calls
    assert {call.outcome for call in series} == {"ok"}


def test_a_day_of_25_hours_stays_inside_the_limit(bench: Bench) -> None:
    """The long day takes one call more, and none is longer than twelve hours."""
    bench.run(site_ids=[METERED], start_date="2025-11-02", end_date="2025-11-03")
    energy = bench.cloud.calls.matching(endpoint="solaredge.v2.energy")
    spans = [
        dt.datetime.fromisoformat(c.query["to"]) - dt.datetime.fromisoformat(c.query["from"])
        for c in energy
    ]
    assert [span / dt.timedelta(hours=1) for span in spans] == [12, 12, 1]


def test_a_span_that_is_too_long_names_the_setting(bench: Bench) -> None:
    """The cloud answers 400; the run says which setting to change and exits non-zero."""
    tap, _ = bench.tap(span_hours=24, site_ids=[METERED])
    with pytest.raises(Exception, match="span_hours"):
        tap.sync_all()


@pytest.mark.parametrize(
    ("switch", "value"),
    [("solaredge.shuffled", True), ("solaredge.meter_type", "upper"),
     ("solaredge.virtual_meter", "null")],
)  # fmt: skip
def test_oddities_of_the_answer_leave_the_energies_alone(
    bench: Bench, switch: str, value: object
) -> None:
    """Order, spelling and a meter without serial change keys at most, never a number."""
    span = {"start_date": "2026-03-09", "end_date": "2026-03-10"}

    def totals() -> Counter[str]:
        found: Counter[str] = Counter()
        for row in bench.run(**span).records("meter_energy"):
            found[row["meter_type"]] += round(row["energy"] * 10)
        return found

    plain = totals()
    bench.cloud.switches.set(switch, value)
    assert totals() == plain
