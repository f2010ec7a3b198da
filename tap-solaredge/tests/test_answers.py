"""The answer is held against the question; one odd site, value or alert concerns only itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.site import Alert
from solar_tap_kit.errors import PartialFailure
from solar_tap_kit.notices import listening
from tap_solaredge.pages import Page, all_pages
from tap_solaredge.v1 import lists
from tap_solaredge.v1.standing import Standing
from tap_solaredge.v2.lists import device_rows
from tap_solaredge.v2.points import points

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_simulator.site import Site
    from solar_tap_kit.testing import Bench, Collector

METERED, UNMETERED = "4100001", "4100002"
DAY = {"start_date": "2026-03-09", "end_date": "2026-03-10"}
STEP = dt.timedelta(minutes=15)


def ledger(out: Collector, stream: str) -> dict[str, tuple[str, str | None, int]]:
    """Return status, reason and points of each site's one day."""
    return {
        entry["site_id"]: (entry["status"], entry["reason"], entry["n_points"])
        for entry in out.records("sync_days")
        if entry["stream"] == stream
    }


@pytest.mark.parametrize("days", [-2, 2])
@pytest.mark.parametrize("stream", ["site_energy", "meter_energy", "storage_telemetry"])
def test_an_answer_for_other_days_is_told_and_not_taken(
    bench: Bench,
    only: Callable[..., Collector],
    caplog: pytest.LogCaptureFixture,
    stream: str,
    days: int,
) -> None:
    """Nothing was said of the day that was asked; it is neither stored nor settled as empty."""
    bench.cloud.switches.set("solaredge.days_off", days, site=METERED)
    out = only(bench, {stream, "sync_days"}, **DAY)
    assert {row["site_id"] for row in out.records(stream)} <= {UNMETERED}
    status, reason, n_points = ledger(out, stream)[METERED]
    assert (reason, n_points) == ("rows_of_another_day", 0)
    assert status in ("pending", "partial")
    assert [r for r in caplog.records if "row(s) of other days" in r.getMessage()]


def test_an_old_day_of_another_days_rows_is_partial(
    bench: Bench, only: Callable[..., Collector]
) -> None:
    """No patience is left for it, but it is no day without data either, and not archived."""
    bench.cloud.switches.set("solaredge.days_off", 1, site=UNMETERED)
    out = only(bench, {"site_energy", "sync_days"}, start_date="2026-01-10", end_date="2026-01-11")
    assert ledger(out, "site_energy")[UNMETERED] == ("partial", "rows_of_another_day", 0)


def test_totals_of_another_month_are_no_evidence(
    bench: Bench, only: Callable[..., Collector]
) -> None:
    """What came says nothing about the month that was asked: its days are not settled as empty."""
    bench.cloud.switches.set("solaredge.days_off", 45, site=UNMETERED)
    out = only(bench, {"energy_days", "sync_days"}, start_date="2026-01-01", end_date="2026-02-01")
    assert {row["site_id"] for row in out.records("energy_days")} == {METERED}
    mine = [e for e in out.records("sync_days") if e["site_id"] == UNMETERED]
    assert len(mine) == 31
    assert {(e["status"], e["reason"]) for e in mine} == {("partial", "rows_of_another_day")}


def test_a_dash_costs_its_own_value(
    bench: Bench, only: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    """The day is read, each unreadable value is null, and the log says so once a field."""
    plain = only(bench, {"meter_energy"}, **DAY).records("meter_energy")
    bench.cloud.switches.set("solaredge.dashes", 0.1)
    spoilt = only(bench, {"meter_energy"}, **DAY).records("meter_energy")
    changed = [
        (was, now) for was, now in zip(plain, spoilt, strict=True) if was["energy"] != now["energy"]
    ]
    assert changed
    assert all(now["energy"] is None for _, now in changed)
    told = [r.getMessage() for r in caplog.records if "'--'" in r.getMessage()]
    assert len(told) == 8  # energy and power of four meters come in one answer


def test_a_unit_that_nobody_knows_is_no_number(
    bench: Bench, only: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    """Of the one site; the other's values are there."""
    bench.cloud.switches.set("solaredge.unknown_unit", value=True, site=METERED)
    rows = only(bench, {"site_energy"}, **DAY).records("site_energy")
    said = {row["site_id"] for row in rows if row["energy"] is not None}
    assert said == {UNMETERED}
    assert len([r for r in caplog.records if "JOULE" in r.getMessage()]) == 1


def test_a_timestamp_that_comes_twice() -> None:
    """Equal values are one, a null gives way, and of two that differ none counts."""
    stamps = ["2026-03-09T00:00:00-04:00"] * 2
    for pair, value in (((1, 1), 1), ((None, 1), 1), ((1, None), 1), ((1, 2), None)):
        values = [{"timestamp": s, "value": v} for s, v in zip(stamps, pair, strict=True)]
        with listening() as notices:
            assert list(points({"values": values}, "energy", STEP).values()) == [value]
        assert len(notices) == 1


@pytest.mark.parametrize("odd", [None, "soon", "2026-03-09T00:15:00", 7])
def test_a_value_without_a_readable_timestamp_is_left_out(odd: object) -> None:
    """The others of its series stay."""
    values = [{"timestamp": stamp, "value": 1} for stamp in ("2026-03-09T00:00:00Z", odd)]
    with listening() as notices:
        assert len(points({"values": values}, "energy", STEP)) == 1
    assert len(notices) == 1


def test_repeated_timestamps_leave_a_hole(bench: Bench, only: Callable[..., Collector]) -> None:
    """A value under another's timestamp is neither taken for it nor for its own."""
    noon = dt.datetime(2026, 3, 9, 18, tzinfo=dt.UTC)
    plain = only(bench, {"site_energy"}, **DAY).keyed("site_energy", ("site_id", "recorded_at"))
    bench.cloud.switches.set("solaredge.repeated_stamps", 1.0, start=noon, end=noon + STEP)
    out = only(bench, {"site_energy"}, **DAY).keyed("site_energy", ("site_id", "recorded_at"))
    for key, row in plain.items():
        if key[1] == "2026-03-09T18:00:00Z":
            assert key not in out
        elif key[1] == "2026-03-09T17:45:00Z":
            same = plain[key[0], "2026-03-09T18:00:00Z"]["energy"] == row["energy"]
            assert out[key]["energy"] == (row["energy"] if same else None)
        else:
            assert out[key]["energy"] == row["energy"]


def test_offsets_that_the_zone_never_has_are_told(
    bench: Bench, only: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    """The list may name the wrong zone; the instants are right, the cut of days may not be."""
    out = only(bench, {"site_energy", "sync_days"}, **DAY)
    assert ledger(out, "site_energy")[METERED][1] is None
    bench.cloud.switches.set("solaredge.zone_words", "offset", site=METERED)
    out = only(bench, {"site_energy", "sync_days"}, **DAY)
    assert ledger(out, "site_energy")[METERED][1] == "offset_contradicts_zone"
    assert ledger(out, "site_energy")[UNMETERED][1] is None
    assert len([r for r in caplog.records if "timestamps carry" in r.getMessage()]) == 1


@pytest.mark.parametrize("word", ["null", "blank", "local"])
def test_a_site_without_a_zone_is_left_out_by_name(bench: Bench, word: str) -> None:
    """The run is partial, the other site is read."""
    bench.cloud.switches.set("solaredge.zone_words", word, site=METERED)
    tap, out = bench.tap(**DAY)
    with pytest.raises(PartialFailure, match=METERED):
        tap.sync_all()
    assert {entry["site_id"] for entry in out.records("sync_days")} == {UNMETERED}


def test_a_null_id_is_left_out(bench: Bench) -> None:
    """An entry that nobody can name costs nobody else a row."""
    bench.cloud.switches.set("solaredge.null_id", value=True, site=METERED)
    tap, out = bench.tap(**DAY)
    with pytest.raises(PartialFailure, match="without an id"):
        tap.sync_all()
    assert {row["site_id"] for row in out.records("sites")} == {UNMETERED}


@pytest.mark.parametrize("word", ["null", "epoch"])
def test_a_site_without_a_date_waits_for_one(
    bench: Bench, only: Callable[..., Collector], caplog: pytest.LogCaptureFixture, word: str
) -> None:
    """A PENDING site is left out by name and nothing fails; 1970 plans no decades."""
    caplog.set_level("INFO")
    bench.cloud.switches.set("solaredge.installation", word, site=METERED)
    out = only(bench, {"sites", "energy_days"}, start_date=None, end_date="2025-06-01")
    assert {row["site_id"] for row in out.records("energy_days")} == {UNMETERED}
    assert len(out.records("sites")) == 2
    (told,) = (r.getMessage() for r in caplog.records if "no date for 1 site" in r.getMessage())
    assert METERED in told


def test_a_site_that_comes_twice_is_read_once(
    bench: Bench, only: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    """And the log says so."""
    bench.cloud.switches.set("solaredge.site_twice", value=True)
    out = only(bench, {"sites"}, **DAY)
    assert sorted(row["site_id"] for row in out.records("sites")) == [METERED, UNMETERED]
    assert len([r for r in caplog.records if "more than once" in r.getMessage()]) == 1


@pytest.mark.parametrize("word", ["null_id", "odd_time", "huge_impact"])
def test_one_odd_alert_concerns_only_itself(
    world: Callable[..., Bench],
    house: Callable[..., Site],
    only: Callable[..., Collector],
    word: str,
) -> None:
    """It is left out, or its field is null; the run is no failure."""
    begun = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    alerts = tuple(Alert(n, "EQUIPMENT", "FAULT", 5, begun, "7EDE0001-00") for n in (1, 2))
    site = dataclasses.replace(house(1), alerts=alerts)
    faults = world(dt.datetime(2026, 3, 11, 18, tzinfo=dt.UTC), site)
    plain = only(faults, {"alerts"}, **DAY).records("alerts")
    faults.cloud.switches.set("solaredge.odd_alert", word)
    spoilt = only(faults, {"alerts"}, **DAY).records("alerts")
    assert plain
    if word == "null_id":
        assert len(spoilt) < len(plain)
    else:
        column = {"odd_time": "first_trigger", "huge_impact": "impact"}[word]
        assert [{**row, column: None, "fetched_at": ""} for row in spoilt] == [
            {**row, column: None, "fetched_at": ""} for row in plain
        ]
        assert None in [row[column] for row in spoilt]


def pages(
    most: int, *, counts: bool = True, ignores: bool = False, off: int = 0, ids: int = 130
) -> Any:
    """Return a server of pages, and the pages that were asked of it."""
    asked: list[Page] = []

    def ask(page: Page) -> bytes:
        asked.append(page)
        size = min(page.size, most)
        first = 0 if ignores else (page.number - 1) * size
        body = {
            "ids": list(range(ids))[first : first + size],
            "count": ids + off if counts else None,
        }
        return json.dumps(body).encode()

    return ask, asked


def read(body: bytes) -> tuple[list[int], int | None]:
    """Return a page's ids and count."""
    parsed = json.loads(body)
    return parsed["ids"], parsed["count"]


@pytest.mark.parametrize(
    ("most", "server", "n_pages", "n_notices"),
    [
        (1000, {}, 1, 0),
        (100, {}, 2, 0),
        (30, {}, 5, 0),
        (1000, {"ids": 500}, 2, 0),
        (1000, {"ids": 0}, 1, 0),
        (100, {"counts": False}, 2, 0),
        (50, {"counts": False}, 3, 0),
        (1000, {"counts": False}, 1, 0),
        (1000, {"off": 7}, 2, 1),
        (1000, {"off": -7}, 1, 1),
        (100, {"ignores": True}, 2, 2),
    ],
    ids=str,
)
def test_a_list_is_read_to_its_end(
    most: int, server: dict[str, Any], n_pages: int, n_notices: int
) -> None:
    """Whatever a page holds at most, whatever is counted; a page that repeats ends it."""
    ask, asked = pages(most, **server)
    with listening() as notices:
        bodies = all_pages(ask, read, 500, "list")
    found = [each for body in bodies for each in read(body)[0]]
    assert len(found) == len(set(found))
    expected = most if server.get("ignores") else server.get("ids", 130)
    assert len(found) == expected
    assert (len(asked), len(notices)) == (n_pages, n_notices)


def test_a_capped_page_costs_no_site(bench: Bench, only: Callable[..., Collector]) -> None:
    """Two sites in pages of one: both are there."""
    bench.cloud.switches.set("solaredge.largest_page", 1)
    assert len(only(bench, {"sites"}, **DAY).records("sites")) == 2


def test_a_device_without_a_serial_is_left_out() -> None:
    """A computed meter has none and stays; null between devices is no device."""
    devices = [
        {"serialNumber": "A", "type": "INVERTER"},
        {"serialNumber": None, "type": "BATTERY"},
        None,
        {"type": "METER", "meterType": "Consumption"},
    ]
    with listening() as notices:
        rows = device_rows(devices, "1", "now")
    assert [row["serial_number"] for row in rows] == ["A", "virtual"]
    assert len(notices) == 2


def test_v1_alerts_without_id_or_time() -> None:
    """Left out, and null."""
    alerts = [{"alertId": None}, {"alertId": 7, "alertTimestamp": "soon"}]
    body = json.dumps({"alerts": {"alert": alerts}}).encode()
    with listening() as notices:
        (row,) = lists.alerts(body, "1", dt.UTC, "now")
    assert (row["alert_id"], row["first_trigger"]) == ("7", None)
    assert len(notices) == 2


@pytest.mark.parametrize("log", [None, {}, {"list": []}, {"count": 0, "list": None}])
def test_no_change_log_is_no_change(old: Bench, log: Any) -> None:
    """An inverter that was never replaced has none."""
    body = json.dumps({"ChangeLog": log}).encode()
    rows = lists.equipment_changes(body, "S", "1", "now")
    assert rows == []
    tap, _ = old.tap()
    with tap.opened() as (cloud, _archive):
        Standing(cloud.client).remember_changes("1", rows)
