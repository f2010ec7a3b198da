"""The rows of v1 against the simulator's truth: every stream, both families of bulk shapes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from solar_tap_kit.clock import day_slots, day_start_utc, parse_utc
from tap_solaredge.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_tap_kit.testing import Bench, Collector

METERED, UNMETERED = "4100001", "4100002"
NEW_YORK = ZoneInfo("America/New_York")
STEP = dt.timedelta(minutes=15)
SPRING = dt.date(2026, 3, 8)
AUTUMN = dt.date(2025, 11, 2)
PLAIN = dt.date(2026, 3, 9)
ROLES = {"Consumption": "load_kwh", "Purchased": "import_kwh", "FeedIn": "export_kwh"}
WITHOUT_ODDITIES: dict[str, list[str]] = {}
"""The rows of one day in today's forms: the same for each oddity that they are held against."""

KEYS = {kind.name: tuple(kind.primary_keys or ()) for kind in STREAMS}


def one_day(day: dt.date) -> dict[str, str]:
    """Return the settings that ask for one local day."""
    return {"start_date": str(day), "end_date": str(day + dt.timedelta(days=1))}


def of(out: Collector, stream: str, site: str = METERED, **columns: str) -> list[dict[str, Any]]:
    """Return the rows of one site and series, in order of time."""
    found = [
        row
        for row in out.records(stream)
        if row["site_id"] == site and all(row[name] == value for name, value in columns.items())
    ]
    return sorted(found, key=lambda row: str(row["recorded_at"]))


@pytest.mark.parametrize(
    ("day", "family"),
    [(SPRING, "real"), (AUTUMN, "real"), (PLAIN, "real"), (AUTUMN, "pdf")],
    ids=str,
)
def test_every_quarter_hour_is_true(old: Bench, day: dt.date, family: str) -> None:
    """100, 96 or 92 labels without offset become as many instants with the right energies."""
    old.cloud.switches.set("solaredge.v1_autumn", "duplicate")
    old.cloud.switches.set("solaredge.v1_bulk", family)
    out = old.run(**one_day(day))
    slots = day_slots(day, NEW_YORK, STEP)
    instants = [day_start_utc(day, NEW_YORK) + STEP * i for i in range(slots)]
    truths = [old.cloud.truth.energy(METERED, at, at + STEP) for at in instants]
    rows = of(out, "site_energy")
    assert [parse_utc(row["recorded_at"]) for row in rows] == instants
    for row, truth in zip(rows, truths, strict=True):
        output = truth.pv_kwh + truth.discharge_kwh - truth.charge_kwh
        assert (row["energy"] or 0) / 1000 == pytest.approx(max(output, 0), abs=0.001)
        assert row["basis"] == "inverter_output"
    for role, quantity in ROLES.items():
        for stream, per_kwh in (("meter_energy", 1000), ("meter_power", 4000)):
            found = of(out, stream, meter_type=role)
            assert [parse_utc(row["recorded_at"]) for row in found] == instants
            assert {row["serial_number"] for row in found} == {"site"}
            for row, truth in zip(found, truths, strict=True):
                value = row[stream.removeprefix("meter_")] / per_kwh
                assert value == pytest.approx(getattr(truth, quantity), abs=0.0002)
    powers = of(out, "site_power")
    assert [parse_utc(row["recorded_at"]) for row in powers] == instants
    entries = {e["stream"]: e for e in of(out, "sync_days")}
    assert entries["site_energy"]["n_points"] == entries["site_energy"]["expected_points"] == slots
    assert {e["status"] for e in entries.values()} <= {"complete", "empty"}
    assert {e["api_version"] for e in entries.values()} == {"v1"}


def test_a_collapsed_hour_is_kept_and_called_partial(old: Bench) -> None:
    """Where v1 gives one value for two passes, 96 rows come, and the ledger says so."""
    out = old.run(**one_day(AUTUMN))
    rows = of(out, "site_energy")
    assert len(rows) == len({row["recorded_at"] for row in rows}) == 96
    (entry,) = (e for e in of(out, "sync_days") if e["stream"] == "site_energy")
    assert (entry["status"], entry["n_points"], entry["expected_points"]) == ("partial", 96, 100)


def test_labels_in_the_gap_change_nothing(old: Bench) -> None:
    """The four labels that never were, empty: the same rows as without them."""
    plain = old.run(**one_day(SPRING))
    old.cloud.switches.set("solaredge.v1_spring", "null")
    padded = old.run(**one_day(SPRING))
    for stream in ("site_energy", "site_power", "meter_energy", "meter_power"):
        keyed = [out.keyed(stream, KEYS[stream]).keys() for out in (plain, padded)]
        assert keyed[0] == keyed[1]
        assert len(plain.records(stream)) == len(padded.records(stream)) > 0


def test_every_reading_of_every_device_comes(old: Bench) -> None:
    """Inverter and battery: all points, counters that rise, powers as they were."""
    out = old.run(**one_day(PLAIN))
    battery = of(out, "storage_telemetry")
    assert len(battery) == 288
    for row in battery[::12]:
        at = parse_utc(row["recorded_at"]).replace(second=0)
        truth = old.cloud.truth.energy(METERED, at, at + dt.timedelta(minutes=1))
        watts = (truth.charge_kwh - truth.discharge_kwh) * 60_000
        assert row["power"] == pytest.approx(watts, abs=0.6)
        assert row["charge_power"] - row["discharge_power"] == row["power"]
        assert 0 <= row["state_of_energy"] <= 100
        assert row["resolution"] == "instant"
    charged = [row["life_time_energy_charged"] for row in battery]
    assert charged == sorted(charged)
    inverter = of(out, "inverter_telemetry")
    assert 100 < len(inverter) <= 288
    counters = [row["total_energy"] for row in inverter]
    assert counters == sorted(counters)
    assert {row["inverter_mode"] for row in inverter} >= {"MPPT"}
    assert all(row["l1_ac_voltage"] == row["voltage"] for row in inverter)
    assert all(row["l2_ac_voltage"] is None for row in inverter)


def test_registers_are_lifetime_readings(old: Bench) -> None:
    """Physical meters only; each register rises by what flowed."""
    out = old.run(**one_day(PLAIN))
    bought = of(out, "meter_readings", meter_type="Purchased")
    assert len(bought) == 96
    first, last = bought[0], bought[-1]
    start, end = (parse_utc(row["recorded_at"]).replace(second=0) for row in (first, last))
    truth = old.cloud.truth.energy(METERED, start, end)
    difference = last["lifetime_energy"] - first["lifetime_energy"]
    assert difference / 1000 == pytest.approx(truth.import_kwh, abs=0.0021)
    assert of(out, "meter_readings", UNMETERED) == []


def test_every_stream_has_rows_that_fit_its_schema(old: Bench) -> None:
    """What is written is what the catalog promises, in every stream that v1 serves."""
    old.cloud.switches.set("solaredge.v1_alerts", value=True)
    tap, out = old.tap(**one_day(PLAIN))
    tap.sync_all()
    without = {"alerts", "sensors", "sensor_telemetry"}
    for name, stream in tap.streams.items():
        rows = out.records(name)
        assert rows or name in without, name
        for row in rows[:3]:
            jsonschema.validate(row, stream.schema)
            assert row.keys() == stream.schema["properties"].keys(), name
        assert len(out.keyed(name, KEYS[name])) == len(rows), name


def test_bulk_and_single_answers_give_the_same_rows(old: Bench) -> None:
    """Two sites in one call, or each by itself: not a cell differs."""
    both = old.run(**one_day(PLAIN))
    calls = {call.endpoint for call in old.cloud.calls}
    assert {f"solaredge.v1.bulk_{name}" for name in ("energy", "power", "overview")} <= calls
    alone = [old.run(site_ids=[site], **one_day(PLAIN)) for site in (METERED, UNMETERED)]
    for stream in ("energy_days", "site_energy", "site_power", "data_periods"):
        rows = [row for out in alone for row in out.records(stream)]
        assert sorted(map(str, both.records(stream))) == sorted(map(str, rows))


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("solaredge.v1_list", "list"), ("solaredge.v1_one_site_object", True),
        ("solaredge.v1_power_in_wh", True), ("solaredge.v1_scientific", True),
        ("solaredge.v1_state_of_charge", "stateOfCharge"), ("solaredge.shuffled", True),
        ("solaredge.v1_nested_telemetry", True),
    ],
)  # fmt: skip
def test_oddities_of_the_shape_change_no_row(
    old: Bench, only: Callable[..., Collector], switch: str, value: object
) -> None:
    """Every form that was ever seen is read to the same rows."""
    span = {"site_ids": [METERED], **one_day(PLAIN)}
    streams = ("sites", "site_power", "meter_power", "storage_telemetry", "inverter_telemetry",
               "meter_readings")  # fmt: skip

    def rows() -> dict[str, list[str]]:
        out = only(old, streams, **span)
        return {stream: sorted(map(str, out.records(stream))) for stream in streams}

    if not WITHOUT_ODDITIES:
        WITHOUT_ODDITIES.update(rows())
    old.cloud.switches.set(switch, value)
    assert rows() == WITHOUT_ODDITIES
    assert all(WITHOUT_ODDITIES.values())


@pytest.mark.parametrize(("unit", "case"), [("kW", "mixed"), ("W", "upper")])
def test_the_live_flow_has_a_direction_and_one_unit(old: Bench, unit: str, case: str) -> None:
    """KW or W, any spelling: watts, with import or export said in words."""
    old.cloud.switches.set("solaredge.v1_flow_unit", unit)
    old.cloud.switches.set("solaredge.v1_flow_case", case)
    out = old.run(site_ids=[METERED], **one_day(PLAIN))
    (flow,) = out.records("power_flow")
    now = old.cloud.clock.now()
    truth = old.cloud.truth.energy(METERED, now - dt.timedelta(minutes=1), now)
    assert flow["pv_power"] == pytest.approx(truth.pv_kwh * 60_000, abs=5.1)
    way = "import" if truth.import_kwh > truth.export_kwh else "export"
    assert flow["grid_direction"] == way
    charging = "charge" if truth.charge_kwh else "discharge" if truth.discharge_kwh else None
    assert flow["storage_direction"] == charging


def test_resolution_reaches_energies_and_registers(old: Bench) -> None:
    """By hour: 24 rows a series; powers stay quarter-hours and say so."""
    out = old.run(site_ids=[METERED], resolution="hour", **one_day(PLAIN))
    assert len(of(out, "site_energy")) == len(of(out, "meter_energy", meter_type="FeedIn")) == 24
    assert {row["resolution"] for row in out.records("site_energy")} == {"hour"}
    assert len(of(out, "site_power")) == 96
    assert {row["resolution"] for row in out.records("meter_power")} == {"quarter_hour"}
    assert len(of(out, "meter_readings", meter_type="FeedIn")) == 24
