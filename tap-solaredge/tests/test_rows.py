"""The rows of v2 against the simulator's truth: every number, instant and key."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.clock import day_slots, day_start_utc, parse_utc
from tap_solaredge.streams import STREAMS

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
KEYS = {kind.name: tuple(kind.primary_keys or ()) for kind in STREAMS}
SERIES = ("site_energy", "site_power", "meter_energy", "meter_power", "inverter_telemetry",
          "storage_telemetry")  # fmt: skip


def one_day(day: dt.date) -> dict[str, str]:
    """Return the settings that ask for one local day."""
    return {"start_date": str(day), "end_date": str(day + dt.timedelta(days=1))}


@DAYS
def test_every_quarter_hour_of_a_day_is_true(bench: Bench, day: dt.date) -> None:
    """Instants, labels and energies agree with what happened, clock change or not."""
    out = bench.run(**one_day(day))
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
    powers = [row for row in out.records("site_power") if row["site_id"] == METERED]
    assert [parse_utc(row["recorded_at"]) for row in powers] == instants
    for row, truth in zip(powers, truths, strict=True):
        assert (row["power"] or 0) / 4000 == pytest.approx(truth.pv_kwh, abs=0.0001)
    for meter, quantity in METERS.items():
        for stream, per_kwh in (("meter_energy", 1000), ("meter_power", 4000)):
            found = [row for row in out.records(stream) if row["meter_type"] == meter]
            assert [parse_utc(row["recorded_at"]) for row in found] == instants
            for row, truth in zip(found, truths, strict=True):
                value = row[stream.removeprefix("meter_")] / per_kwh
                assert value == pytest.approx(getattr(truth, quantity), abs=0.0002)
    battery = out.records("storage_telemetry")
    for row, truth in zip(battery, truths, strict=True):
        assert row["charge_energy"] / 1000 == pytest.approx(truth.charge_kwh, abs=0.0002)
        assert row["discharge_energy"] / 1000 == pytest.approx(truth.discharge_kwh, abs=0.0002)
        assert 0 <= row["state_of_energy"] <= 100
    (total,) = (row for row in out.records("energy_days") if row["site_id"] == METERED)
    assert total["energy"] == sum(row["energy"] or 0 for row in rows)


@DAYS
def test_the_day_ledger_vouches_for_its_rows(bench: Bench, day: dt.date) -> None:
    """One entry a stream and day, after its rows, with their number and fetch time."""
    out = bench.run(**one_day(day))
    slots = day_slots(day, NEW_YORK, STEP)
    entries = {e["stream"]: e for e in out.records("sync_days") if e["site_id"] == METERED}
    assert set(entries) == {*SERIES, "energy_days"}
    count = {"meter_energy": 4, "meter_power": 4}
    for stream in SERIES:
        entry = entries[stream]
        rows = [row for row in out.records(stream) if row["site_id"] == METERED]
        assert entry["status"] == "complete"
        assert entry["n_points"] == entry["expected_points"] == len(rows)
        assert len(rows) == slots * count.get(stream, 1)
        assert {row["fetched_at"] for row in rows} == {entry["fetched_at"]}
        assert (entry["resolution"], entry["api_version"]) == ("quarter_hour", "v2")


def test_an_unmetered_site_is_empty_there_and_nowhere_else(bench: Bench) -> None:
    """No meter, no battery: an answer without series, which the ledger calls empty."""
    out = bench.run(site_ids=[UNMETERED], **one_day(dt.date(2026, 3, 9)))
    status = {entry["stream"]: entry["status"] for entry in out.records("sync_days")}
    assert status == {
        "energy_days": "complete", "site_energy": "complete", "site_power": "complete",
        "inverter_telemetry": "complete", "meter_energy": "empty", "meter_power": "empty",
        "storage_telemetry": "empty",
    }  # fmt: skip


def test_nulls_at_night_are_rows(bench: Bench) -> None:
    """A sleeping inverter is data: the row is there, its value is null."""
    out = bench.run(site_ids=[UNMETERED], **one_day(dt.date(2026, 3, 9)))
    values = [row["energy"] for row in out.records("site_energy")]
    assert len(values) == 96
    assert 20 < values.count(None) < 60


def test_keys_are_unique(bench: Bench) -> None:
    """No two rows share a key, over both sites and a clock change, and no part is null."""
    out = bench.run(start_date="2025-11-01", end_date="2025-11-04")
    for stream, count in out.counts.items():
        keyed = out.keyed(stream, KEYS[stream])
        assert len(keyed) == count > 0, stream
        assert None not in {part for key in keyed for part in key}, stream


def test_sites_and_devices_are_listed(bench: Bench) -> None:
    """Both sites with zone and size; inverter, battery and each role of the meters."""
    out = bench.run(**one_day(dt.date(2026, 3, 9)))
    sites = out.keyed("sites", ("site_id",))
    assert sites[(METERED,)]["timezone"] == "America/New_York"
    assert sites[(METERED,)]["peak_power"] == 8.4
    assert sites[(METERED,)]["activation_status"] == "ACTIVE"
    kinds = Counter(row["device_type"] for row in out.records("devices"))
    assert kinds["INVERTER"] == 2
    assert kinds["BATTERY"] == 1
    assert kinds["METER"] >= 3


@pytest.mark.parametrize(
    ("resolution", "rows"), [("hour", 25), ("day", 1)], ids=["hour", "day"]
)  # fmt: skip
def test_a_coarser_resolution_says_so_and_adds_up(bench: Bench, resolution: str, rows: int) -> None:
    """The same day by hours and as a whole: fewer rows, the same energy, named in each."""
    fine = bench.run(site_ids=[METERED], **one_day(AUTUMN))
    coarse = bench.run(site_ids=[METERED], resolution=resolution, **one_day(AUTUMN))
    for stream in ("site_energy", "meter_energy"):
        found = [r for r in coarse.records(stream) if r.get("meter_type") in (None, "Purchased")]
        exact = [r for r in fine.records(stream) if r.get("meter_type") in (None, "Purchased")]
        assert len(found) == rows
        assert {row["resolution"] for row in found} == {resolution}
        total = sum(row["energy"] or 0 for row in exact)
        assert sum(row["energy"] or 0 for row in found) == pytest.approx(total, abs=5)
    statuses = {(e["stream"], e["status"]) for e in coarse.records("sync_days")}
    assert ("site_energy", "complete") in statuses


@pytest.mark.parametrize(
    ("switch", "value"),
    [("solaredge.shuffled", True), ("solaredge.meter_type", "upper"),
     ("solaredge.virtual_meter", "null")],
)  # fmt: skip
def test_oddities_of_the_answer_leave_the_energies_alone(
    bench: Bench, switch: str, value: object
) -> None:
    """Order, spelling and a meter without serial change keys at most, never a number."""
    span = one_day(dt.date(2026, 3, 9))

    def totals() -> Counter[str]:
        found: Counter[str] = Counter()
        for row in bench.run(**span).records("meter_energy"):
            found[row["meter_type"]] += round(row["energy"] * 10)
        return found

    plain = totals()
    bench.cloud.switches.set(switch, value)
    assert totals() == plain


def test_chosen_readings_of_now_are_true(bench: Bench) -> None:
    """Overview and power flow, where the tier has it: of this moment, in base units."""
    bench.cloud.switches.set("solaredge.tier", "pro")
    bench.cloud.clock.set(dt.datetime(2026, 3, 11, 17, 30, tzinfo=dt.UTC))
    tap, out = bench.tap(site_ids=[METERED], **one_day(dt.date(2026, 3, 10)))
    for stream in tap.streams.values():
        stream.selected = stream.name in ("sites", "overview", "power_flow",
                                          "environmental_benefits")  # fmt: skip
    tap.sync_all()
    now = bench.cloud.clock.now()
    (flow,) = out.records("power_flow")
    truth = bench.cloud.truth.energy(METERED, now - dt.timedelta(minutes=1), now)
    assert flow["recorded_at"] == "2026-03-11T17:29:00Z"
    assert flow["pv_power"] == pytest.approx(truth.pv_kwh * 60_000, abs=5.1)
    assert flow["load_power"] == pytest.approx(truth.load_kwh * 60_000, abs=5.1)
    flows = {"import": truth.import_kwh, "export": truth.export_kwh}
    busy = max(flows, key=lambda way: flows[way])
    assert flow["grid_direction"] == (busy if flows[busy] else None)
    (overview,) = out.records("overview")
    today = bench.cloud.truth.energy(METERED, day_start_utc(dt.date(2026, 3, 11), NEW_YORK), now)
    assert overview["today_energy"] == pytest.approx(today.pv_kwh * 1000, abs=1)
    assert overview["today_consumption"] == pytest.approx(today.load_kwh * 1000, abs=1)
    (saved,) = out.records("environmental_benefits")
    assert saved["co2"] > 0
    assert saved["so2"] is None


def test_alerts_come_from_the_whole_fleet_in_one_call(bench: Bench) -> None:
    """One call for all sites; an alert is kept with its site."""
    out = bench.run(**one_day(dt.date(2026, 3, 10)))
    assert len(bench.cloud.calls.matching(endpoint="solaredge.v2.alerts")) == 1
    assert all(row["site_id"] in (METERED, UNMETERED) for row in out.records("alerts"))
