"""The rows against the simulator's truth: every number, instant and key."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.clock import day_slots, day_start_utc, parse_utc

if TYPE_CHECKING:
    from solar_tap_kit.testing import Bench, Collector

BERLIN, KAROO = "LINDE1709625600", "KAROO1718870400"
STEP = dt.timedelta(minutes=5)
ZONES = {BERLIN: ZoneInfo("Europe/Berlin"), KAROO: ZoneInfo("Africa/Johannesburg")}
COUNTERS = {
    "power_generation": "pv_kwh",
    "power_use": "load_kwh",
    "power_to_grid": "export_kwh",
    "es_charging": "charge_kwh",
    "es_discharging": "discharge_kwh",
}
SPRING = dt.date(2026, 3, 29)
AUTUMN = dt.date(2025, 10, 26)


@pytest.mark.parametrize("day", [SPRING, AUTUMN, dt.date(2026, 3, 30)], ids=str)
def test_every_row_of_a_day_is_true(bench: Bench, day: dt.date) -> None:
    """Instants, labels, counters and powers agree with what happened, clock change or not."""
    out = bench.run(start_date=str(day), end_date=str(day + dt.timedelta(days=1)))
    for system_id, tz in ZONES.items():
        rows = [r for r in out.records("history_intervals") if r["system_id"] == system_id]
        slots = day_slots(day, tz, STEP)
        midnight = day_start_utc(day, tz)
        instants = [parse_utc(row["recorded_at"]) for row in rows]
        assert instants == [midnight + STEP * i for i in range(slots)]
        for row, instant in zip(rows, instants, strict=True):
            local = instant.astimezone(tz)
            assert row["local_time"] == f"{local:%Y-%m-%d %H:%M:%S}"
            assert row["utc_offset_minutes"] == local.utcoffset() / dt.timedelta(minutes=1)
            assert row["is_valid_local_time"]
            truth = bench.cloud.truth.energy(system_id, midnight, instant)
            for counter, quantity in COUNTERS.items():
                assert row[counter] == pytest.approx(getattr(truth, quantity), abs=0.0051)
        for before, row in pairwise(rows):
            start, end = parse_utc(before["recorded_at"]), parse_utc(row["recorded_at"])
            imported = bench.cloud.truth.energy(system_id, start, end).import_kwh
            assert row["from_grid_power"] / 12 == pytest.approx(imported, abs=0.0001)


@pytest.mark.parametrize(
    ("day", "expected"), [(SPRING, 276), (AUTUMN, 300), (dt.date(2026, 3, 30), 288)], ids=str
)
def test_the_day_ledger_vouches_for_its_rows(bench: Bench, day: dt.date, expected: int) -> None:
    """One entry a day, after its rows, with their number, fetch time and the day's totals."""
    out = bench.run(
        start_date=str(day), end_date=str(day + dt.timedelta(days=1)), system_ids=[BERLIN]
    )
    (entry,) = out.records("history_days")
    rows = out.records("history_intervals")
    assert entry["status"] == "complete"
    assert entry["n_points"] == entry["expected_points"] == expected == len(rows)
    assert {row["fetched_at"] for row in rows} == {entry["fetched_at"]}
    assert entry["timezone"] == "Europe/Berlin"
    truth = bench.cloud.truth.day(BERLIN, day)
    for total, quantity in COUNTERS.items():
        assert entry[total] == pytest.approx(getattr(truth, quantity), abs=0.0051)
    kinds = [m.get("stream") for m in out.messages if m["type"] == "RECORD"]
    assert kinds.index("history_days") > max(
        i for i, kind in enumerate(kinds) if kind == "history_intervals"
    )


def test_keys_are_unique_and_instants_too(bench: Bench) -> None:
    """No two rows share a key, nor, on these days, an instant of one system."""
    out = bench.run(start_date="2025-10-25", end_date="2025-10-28")
    rows = out.records("history_intervals")
    for key in (("system_id", "local_date", "seq"), ("system_id", "recorded_at")):
        assert len(out.keyed("history_intervals", key)) == len(rows)
    assert len(out.keyed("history_days", ("system_id", "local_date"))) == 6


def test_systems_and_devices_are_listed(bench: Bench) -> None:
    """Both systems with zone, sizes and first day; their devices with ratings untouched."""
    out = bench.run()
    systems = out.keyed("systems", ("system_id",))
    assert systems[(BERLIN,)]["time_zone"] == "Europe/Berlin"
    assert systems[(BERLIN,)]["pv_capacity"] == 11.2
    assert systems[(BERLIN,)]["grid_connected_at"] == "2025-03-04T10:20:00Z"
    kinds = {row["device_type"] for row in out.records("devices") if row["system_id"] == KAROO}
    assert {"Inverter", "Battery"} <= kinds
    inverter = next(r for r in out.records("devices") if r["device_type"] == "Inverter")
    assert inverter["attr_map"]["ratedActivePower"] > 0


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("sigen.data_form", "object"),
        ("sigen.array_envelope", True),
        ("sigen.timestamp", False),
        ("sigen.totals", "kwh"),
        ("sigen.totals", "plain"),
        ("sigen.connect_time", "connect_s"),
        ("sigen.data_time", "iso"),
        ("sigen.data_time", "utc"),
        ("sigen.data_time", "offset"),
        ("sigen.no_code", True),
        ("sigen.token_refusal", "body_424"),
    ],
)
def test_every_form_of_the_same_answer_gives_the_same_rows(
    bench: Bench, switch: str, value: object
) -> None:
    """Envelope, names and labels vary by server; the rows do not."""
    span = {"start_date": "2026-03-29", "end_date": "2026-03-30"}
    ignored = {"fetched_at", "data_time", "payload_sha256"}

    def rows() -> list[dict[str, object]]:
        out = bench.run(**span)
        return [
            {name: cell for name, cell in row.items() if name not in ignored}
            for stream in ("systems", "devices", "history_intervals", "history_days")
            for row in out.records(stream)
        ]

    plain = rows()
    bench.cloud.switches.set(switch, value)
    assert rows() == plain


def test_labels_in_the_spring_gap_are_kept_and_marked(bench: Bench) -> None:
    """A cloud that fills the gap with labels that never were loses no row and gains no point."""
    bench.cloud.switches.set("sigen.spring_rows", "filled")
    out = bench.run(start_date="2026-03-29", end_date="2026-03-30", system_ids=[BERLIN])
    rows = out.records("history_intervals")
    impossible = [row["local_time"][11:16] for row in rows if not row["is_valid_local_time"]]
    assert len(rows) == 288
    assert impossible == [f"02:{minute:02d}" for minute in range(0, 60, 5)]
    (entry,) = out.records("history_days")
    assert (entry["n_points"], entry["expected_points"]) == (276, 276)


def test_missing_rows_make_a_day_partial(bench: Bench) -> None:
    """What did not come is not made up: fewer points, and the day says so."""
    bench.cloud.switches.set("sigen.missing_rows", 0.05)
    out = bench.run(start_date="2026-03-28", end_date="2026-03-29")
    for entry in out.records("history_days"):
        rows = [r for r in out.records("history_intervals") if r["system_id"] == entry["system_id"]]
        assert entry["status"] == "partial"
        assert 200 < entry["n_points"] == len(rows) < entry["expected_points"]


def test_sentinels_and_nulls_are_null(bench: Bench) -> None:
    """4294967.295 kW is no power, and null is not zero."""
    bench.cloud.switches.set("sigen.sentinels", 0.1)
    out = bench.run(start_date="2026-03-28", end_date="2026-03-29")
    powers = [row["pv_total_power"] for row in out.records("history_intervals")]
    assert None in powers
    assert max(power for power in powers if power is not None) < 20


@pytest.mark.parametrize("days", [-1, 1])
def test_an_answer_for_another_day_is_told_and_not_taken(
    bench: Bench, caplog: pytest.LogCaptureFixture, days: int
) -> None:
    """Nothing was said of the days that were asked; the other system has all of its rows."""
    bench.cloud.switches.set("sigen.days_off", days, site=BERLIN)
    out = bench.run(start_date="2026-03-24", end_date="2026-03-27")
    assert {row["system_id"] for row in out.records("history_intervals")} == {KAROO}
    entries = {(e["system_id"], e["status"], e["reason"]) for e in out.records("history_days")}
    assert entries == {(BERLIN, "partial", "rows_of_another_day"), (KAROO, "complete", None)}
    told = [r.getMessage() for r in caplog.records if "another day" in r.getMessage()]
    assert len(told) == 1
    assert BERLIN in told[0]


def test_repeated_rows_do_not_fill_a_day(bench: Bench) -> None:
    """A row that comes twelve times counts once, and its day is asked of nobody as whole."""
    noon = dt.datetime(2026, 3, 28, 11, tzinfo=dt.UTC)
    bench.cloud.switches.set(
        "sigen.repeated_rows", 1.0, site=BERLIN, start=noon, end=noon + dt.timedelta(hours=1)
    )
    out = bench.run(end_date="2026-03-29")
    found = {entry["system_id"]: entry for entry in out.records("history_days")}
    assert found[BERLIN]["status"] == "partial"
    assert (found[BERLIN]["n_points"], found[BERLIN]["reason"]) == (276, "rows_repeated")
    assert (found[KAROO]["status"], found[KAROO]["n_points"]) == ("complete", 288)


def test_a_dash_for_a_number_costs_that_number(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The day is whole, the value null, and the log says so once."""
    plain = values(bench.run(end_date="2026-03-30"))
    bench.cloud.switches.set("sigen.dashes", 0.05)
    spoilt = values(bench.run(end_date="2026-03-30"))
    assert 20 < sum(row["bat_soc"] is None for row in spoilt) < 60
    for row, was in zip(spoilt, plain, strict=True):
        assert row == {**was, "bat_soc": row["bat_soc"]}
    assert len([r for r in caplog.records if "batSoc of history_intervals" in r.getMessage()]) == 1


def test_the_rest_of_the_running_day_is_no_data(bench: Bench) -> None:
    """Rows of zeros to midnight do not make a running day whole."""
    bench.cloud.switches.set("sigen.future_rows", value=True)
    out = bench.run(start_date="2026-04-02", end_date="2026-04-03", system_ids=[BERLIN])
    (entry,) = out.records("history_days")
    assert (entry["status"], entry["reason"]) == ("pending", "rows_ahead")
    assert entry["n_points"] == sum(
        row["is_valid_local_time"] for row in out.records("history_intervals")
    )


def test_null_as_text_is_an_empty_day(bench: Bench) -> None:
    """As null and as no rows are."""
    bench.cloud.switches.set("sigen.null_text", value=True)
    out = bench.run(start_date="2025-03-01", end_date="2025-03-03", system_ids=[BERLIN])
    assert [entry["status"] for entry in out.records("history_days")] == ["empty", "empty"]


def test_a_day_without_data_is_empty_not_missing(bench: Bench) -> None:
    """Before the installation there is an answer, without rows; the ledger keeps that."""
    out = bench.run(start_date="2025-03-01", end_date="2025-03-03", system_ids=[BERLIN])
    assert out.records("history_intervals") == []
    assert [entry["status"] for entry in out.records("history_days")] == ["empty", "empty"]
    assert {entry["n_points"] for entry in out.records("history_days")} == {0}


def test_history_starts_where_the_system_did(bench: Bench) -> None:
    """Without start_date the first day is the one before the grid connection."""
    out = bench.run(start_date=None, end_date="2025-03-06", system_ids=[BERLIN])
    days = sorted(entry["local_date"] for entry in out.records("history_days"))
    assert days == ["2025-03-03", "2025-03-04", "2025-03-05"]


def test_a_new_vendor_field_is_reported_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Drift never stops a run, changes no other column, and is worth one line."""
    plain = values(bench.run(end_date="2026-03-30"))
    bench.cloud.switches.set("sigen.unknown_fields", 0.3)
    assert values(bench.run(end_date="2026-03-30")) == plain
    texts = [record.getMessage() for record in caplog.records]
    assert len([text for text in texts if "heatPumpPower" in text]) == 1


@pytest.mark.parametrize(
    ("switch", "value"),
    [("sigen.data_form", "object"), ("sigen.array_envelope", True), ("sigen.totals", "kwh"),
     ("sigen.data_time", "iso")],
)  # fmt: skip
def test_every_form_of_a_day_holds_the_same(bench: Bench, switch: str, value: object) -> None:
    """However the answer is wrapped and labelled, on days of clock change too."""
    span = {"start_date": "2026-03-27", "end_date": "2026-03-31"}
    plain = values(bench.run(**span))
    bench.cloud.switches.set(switch, value)
    assert values(bench.run(**span)) == plain


def values(out: Collector) -> list[dict[str, Any]]:
    """Return the five-minute rows without what differs from fetch to fetch."""
    left_out = ("fetched_at", "data_time")
    return [
        {name: value for name, value in row.items() if name not in left_out}
        for row in out.records("history_intervals")
    ]
