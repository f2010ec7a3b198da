"""One odd entry of a list concerns only itself: systems, devices, chargers."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.errors import DecodeError, PartialFailure, SettingsError
from solar_tap_kit.notices import listening
from solar_tap_kit.windows import Days, Site, Window
from tap_sigen import decode_totals
from tap_sigen.sources import DeviceHistory

if TYPE_CHECKING:
    from solar_tap_kit.testing import Bench, Collector

BERLIN, KAROO = "LINDE1709625600", "KAROO1718870400"
SPAN = {"start_date": "2026-03-28", "end_date": "2026-03-30"}
OSLO = Site("FJORD", ZoneInfo("Europe/Oslo"))
MARCH = Window("x", OSLO, Days(dt.date(2026, 3, 1), dt.date(2026, 4, 1)), "totals")
NOW = "2026-05-02T09:00:00.000000Z"


def failing(bench: Bench, match: str, **settings: Any) -> Collector:
    """Run, which has to end as a partial failure, and return what was written."""
    tap, out = bench.tap(**{**SPAN, **settings})
    with pytest.raises(PartialFailure, match=match):
        tap.sync_all()
    return out


@pytest.mark.parametrize("word", ["null", "blank", "local"])
def test_a_system_without_a_zone_is_left_out_by_name(bench: Bench, word: str) -> None:
    """The run is partial, and the other system has all of its days."""
    bench.cloud.switches.set("sigen.zone_words", word, site=BERLIN)
    out = failing(bench, f"{BERLIN}.*time_zones")
    entries = out.records("history_days")
    assert [(e["system_id"], e["status"]) for e in entries] == [(KAROO, "complete")] * 2
    assert {row["system_id"] for row in out.records("systems")} == {BERLIN, KAROO}


def test_a_setting_names_a_systems_zone(bench: Bench) -> None:
    """So it is read, and its row says the zone by which its days were cut."""
    bench.cloud.switches.set("sigen.zone_words", "null", site=BERLIN)
    out = bench.run(**SPAN, time_zones={BERLIN: "Europe/Berlin"})
    assert len(out.records("history_days")) == 4
    systems = out.keyed("systems", ("system_id",))
    assert systems[(BERLIN,)]["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize(("word", "name"), [("windows", "Europe/Berlin"), ("offset", "Etc/GMT-1")])
def test_a_foreign_zone_is_translated(
    bench: Bench, caplog: pytest.LogCaptureFixture, word: str, name: str
) -> None:
    """The log says how, once; ledger and list carry the name that was used."""
    bench.cloud.switches.set("sigen.zone_words", word, site=BERLIN)
    out = bench.run(**SPAN)
    zones = {e["timezone"] for e in out.records("history_days") if e["system_id"] == BERLIN}
    assert zones == {name}
    assert len([r for r in caplog.records if f"taken as {name}" in r.getMessage()]) == 1


def test_a_null_id_is_left_out(bench: Bench) -> None:
    """An entry that nobody can name costs nobody else a row."""
    bench.cloud.switches.set("sigen.null_id", value=True, site=BERLIN)
    out = failing(bench, "without an id")
    assert {e["system_id"] for e in out.records("history_days")} == {KAROO}


def test_an_account_of_broken_systems_says_so(bench: Bench) -> None:
    """Where nothing can be read at all, it is no partial failure."""
    bench.cloud.switches.set("sigen.zone_words", "null")
    tap, _ = bench.tap(**SPAN)
    with pytest.raises(SettingsError, match="no time zone"):
        tap.sync_all()


@pytest.mark.parametrize("word", ["absent", "null", "zero", "epoch"])
def test_a_system_without_a_date_waits_for_one(
    bench: Bench, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    """It is not in service yet: told in one line, exit 0; 1970 is no date."""
    caplog.set_level("INFO")
    bench.cloud.switches.set("sigen.connect_time", word, site=BERLIN)
    out = bench.run(start_date=None, end_date="2025-06-24")
    assert {e["system_id"] for e in out.records("history_days")} == {KAROO}
    told = [r.getMessage() for r in caplog.records if "no date for 1 site" in r.getMessage()]
    assert len(told) == 1
    assert BERLIN in told[0]
    assert len(bench.run(start_date="2026-03-30").records("history_days")) == 6


def test_plan_and_check_show_who_waits(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither ends with an error."""
    bench.cloud.switches.set("sigen.connect_time", "null", site=BERLIN)
    tap, _ = bench.tap(start_date=None)
    tap.show_plan("table")
    assert f"left out until it has: {BERLIN}" in capsys.readouterr().out
    tap, _ = bench.tap(start_date=None)
    tap.show_plan("json")
    assert json.loads(capsys.readouterr().out)["pending"] == [BERLIN]
    tap, _ = bench.tap(start_date=None)
    assert tap.show_check("json")
    findings = json.loads(capsys.readouterr().out)["findings"]
    (pending,) = (f for f in findings if f["verdict"] == "pending")
    assert BERLIN in pending["words"]
    assert {f["site"] for f in findings} == {"", KAROO}


def test_a_device_without_a_serial_is_left_out(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are listed, and the log names what was left out."""
    every = bench.run(**SPAN).records("devices")
    bench.cloud.switches.set("sigen.no_serial", value=True, site=BERLIN)
    assert len(bench.run(**SPAN).records("devices")) == len(every) - 1
    assert len([r for r in caplog.records if "no serialNumber" in r.getMessage()]) == 1


def test_the_cars_power_is_read_where_ac_chargers_have_it(bench: Bench) -> None:
    """`evPower` is 0 there, `acPower` holds the value; neither is drift."""
    bench.cloud.clock.set(dt.datetime(2026, 4, 1, 20, tzinfo=dt.UTC))
    plain = [row["ev_power"] for row in bench.run(**SPAN).records("energy_flow")]
    bench.cloud.switches.set("sigen.ev_key", "acPower")
    out = bench.run(**SPAN)
    assert [row["ev_power"] for row in out.records("energy_flow")] == plain
    window = Window("x", OSLO, MARCH.days, "snapshot")
    for data, power in (
        ({"evPower": 0, "acPower": 7.2}, 7.2),
        ({"acPower": 7.2}, 7.2),
        ({"evPower": 3.6, "acPower": 7.2}, 3.6),
        ({"evPower": 0}, 0),
        ({"pvPower": 1}, None),
    ):
        (row,) = decode_totals.flow(data, window, NOW)
        assert row["ev_power"] == power


def month(*items: tuple[str, float]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Decode a Month answer of these labels and loads."""
    data = {"itemList": [{"dataTime": label, "powerUse": load} for label, load in items]}
    with listening() as notices:
        return decode_totals.rows(decode_totals.KINDS[0], data, MARCH, NOW), notices


def test_totals_of_another_month_are_told_and_not_taken() -> None:
    """The days of the month that was asked are."""
    rows, notices = month(("20260301", 1.0), ("20260401", 2.0), ("20260228", 3.0), ("?", 4.0))
    assert [row["local_date"] for row in rows] == ["2026-03-01"]
    assert len(notices) == 1


def test_days_of_the_month_that_are_not_wanted_are_no_oddity() -> None:
    """A month is answered whole, whatever part of it is wanted."""
    half = Window("x", OSLO, Days(dt.date(2026, 3, 10), dt.date(2026, 3, 20)), "totals")
    data = {"itemList": [{"dataTime": f"202603{day:02}", "powerUse": 1} for day in range(1, 32)]}
    with listening() as notices:
        rows = decode_totals.rows(decode_totals.KINDS[0], data, half, NOW)
    assert len(rows) == 10
    assert notices == {}


def test_a_day_that_comes_twice_counts_once_or_not_at_all() -> None:
    """The same energies are one row; different ones are none, as nobody knows which is right."""
    rows, notices = month(
        ("20260301", 1.0), ("20260301", 1.0), ("20260302", 2.0), ("20260302", 9.0)
    )
    assert [(row["local_date"], row["power_use"]) for row in rows] == [("2026-03-01", 1.0)]
    assert len(notices) == 1


def test_labels_of_days_with_a_zone_are_instants() -> None:
    """Berlin's first of March begins on the last of February, UTC."""
    rows, _ = month(("2026-02-28T23:00:00Z", 1.0), ("2026-03-30T22:00:00Z", 2.0))
    assert [row["local_date"] for row in rows] == ["2026-03-01", "2026-03-31"]


def test_one_device_that_cannot_be_read_costs_no_other() -> None:
    """Its day is asked again for a while; where none can be read it is an error."""
    good = {"serialNumber": "S1", "itemList": [{"dataTime": "20260301 00:00", "activePower": 1}]}
    bodies = [json.dumps({"code": 0, "data": data}).encode() for data in (None, good)]
    day = Window("x", OSLO, Days(dt.date(2026, 3, 1), dt.date(2026, 3, 2)), "backfill")
    source = DeviceHistory(None)  # type: ignore[arg-type] # decoding makes no call
    with listening() as notices:
        harvest = source.decode(day, bodies, NOW)
    assert [row["serial_number"] for row in harvest.rows["device_history"]] == ["S1"]
    assert harvest.final_until == day.days.first
    assert len(notices) == 1
    with pytest.raises(DecodeError):
        source.decode(day, bodies[:1], NOW)
