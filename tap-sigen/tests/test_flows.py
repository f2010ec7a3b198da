"""Energy flows against the simulator's truth, and what a small recorded answer decodes to."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.errors import SolarError
from solar_tap_kit.notices import listening
from solar_tap_kit.windows import Site
from tap_sigen.decode_flows import flows

if TYPE_CHECKING:
    from solar_tap_kit.testing import Bench

BERLIN, KAROO = "LINDE1709625600", "KAROO1718870400"
DAY = dt.timedelta(days=1)
NODES = {
    "FROM_SOLAR": "pv_kwh",
    "TO_LOAD": "load_kwh",
    "FROM_GRID": "import_kwh",
    "TO_GRID": "export_kwh",
    "TO_BATTERY": "charge_kwh",
    "FROM_BATTERY": "discharge_kwh",
}
RECORDED = json.loads((Path(__file__).parent / "recorded" / "flows_day.json").read_text())
SITE = Site("RECOR1700000000", ZoneInfo("Europe/Berlin"))
RECORDED_DAY = dt.date(2026, 3, 29)
STAMP = "2026-03-31T04:00:00.000000Z"


def choose(bench: Bench, *streams: str, **settings: Any) -> Any:
    """Run with these streams only and return what came out."""
    tap, out = bench.tap(**settings)
    for stream in tap.solar_streams.values():
        stream.selected = stream.name in streams
    tap.sync_all()
    return out


def test_flows_of_days_are_what_flowed(bench: Bench) -> None:
    """A day of 23 hours among them: each node is the truth, links add up to their nodes."""
    first, end = dt.date(2026, 3, 28), dt.date(2026, 3, 31)
    out = choose(bench, "flows_by_day", start_date=str(first), end_date=str(end))
    rows = out.keyed("flows_by_day", ("system_id", "local_date", "flow"))
    assert len(rows) == len(out.records("flows_by_day"))
    for system_id in (BERLIN, KAROO):
        for day in (first, first + DAY, first + 2 * DAY):
            truth = bench.cloud.truth.day(system_id, day)
            of_day = {key[2]: row for key, row in rows.items() if key[:2] == (system_id, str(day))}
            out_of: defaultdict[str, float] = defaultdict(float)
            for flow, row in of_day.items():
                if flow in NODES:
                    real = getattr(truth, NODES[flow])
                    assert row["value"] == pytest.approx(real, abs=0.0051), (day, flow)
                elif row["source_node"]:
                    assert flow == f"{row['source_node']}>{row['target_node']}"
                    out_of[row["source_node"]] += row["value"]
            for node, total in out_of.items():
                assert total == pytest.approx(of_day[node]["value"], abs=0.05)
    assert len(bench.cloud.calls.matching(endpoint="sigen.history_v1")) == 2 * 3


def test_months_and_years_are_the_sum_of_their_days(bench: Bench) -> None:
    """One call a month and one a year; both hold what flowed since the installation."""
    out = choose(bench, "flows_by_month", "flows_by_year", start_date="2026-02-01")
    months = out.keyed("flows_by_month", ("system_id", "month", "flow"))
    truth = bench.cloud.truth
    for month, days in (("2026-02", 28), ("2026-03", 31)):
        first = dt.date.fromisoformat(f"{month}-01")
        sold = sum(truth.day(BERLIN, first + n * DAY).export_kwh for n in range(days))
        row = months[BERLIN, month, "TO_GRID"]
        assert row["value"] == pytest.approx(sold, abs=0.01)
        assert row["local_date"] == str(first)
    years = out.keyed("flows_by_year", ("system_id", "year", "flow"))
    assert years[BERLIN, 2026, "TO_GRID"]["value"] > months[BERLIN, "2026-03", "TO_GRID"]["value"]


def test_history_comes_first_and_does_not_wait(bench: Bench) -> None:
    """Upkeep of both, then the intervals' history, then that of the flows; limits of their own."""
    bench.cloud.switches.set("limits", "documented")
    streams = ("flows_by_day", "history_intervals")
    out = choose(bench, *streams, start_date="2026-03-20", max_requests_per_run=20)
    days = {
        name: sorted({row["local_date"] for row in out.records(name)}, reverse=True)
        for name in streams
    }
    assert days["flows_by_day"][0] == days["history_intervals"][0] == "2026-04-01"
    assert len(days["history_intervals"]) > len(days["flows_by_day"])


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404},
        {"status": 500},
        {"cut": "before"},
        {"body": "[]"},
        {"body": '{"code":1000}'},
    ],
    ids=["404", "500", "cut", "odd", "refused"],
)
def test_a_cloud_that_serves_no_flows_fails_no_system(
    bench: Bench, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """One warning, no failure, and history is whole; tomorrow's run does not try again."""
    bench.cloud.faults.add(endpoint="sigen.history_v1", nth=1, times=1000, **fault)
    settings = {"start_date": "2026-03-30", "state_dir": str(bench.folder)}
    out = bench.run(**settings)
    assert len(out.records("history_days")) == 2 * 3
    assert out.records("flows_by_day") == []
    assert caplog.text.count("flows_by_year: ") == 1
    calls = len(bench.cloud.calls.matching(endpoint="sigen.history_v1"))
    bench.cloud.clock.advance(86_400)
    bench.run(out.states[-1], **settings)
    assert len(bench.cloud.calls.matching(endpoint="sigen.history_v1")) == calls


def test_an_empty_answer_does_not_prove_that_flows_are_served(bench: Bench) -> None:
    """A server that answers the coarser levels with nothing and fails at days serves no flows."""
    empty = '{"code":0,"msg":"success","data":null}'
    bench.cloud.faults.add(endpoint="sigen.history_v1", nth=1, times=4, body=empty)
    bench.cloud.faults.add(endpoint="sigen.history_v1", nth=5, times=1000, cut="before")
    out = bench.run(start_date="2026-03-30")
    assert len(out.records("history_days")) == 2 * 3
    assert out.records("flows_by_day") == []


def test_flows_that_were_served_once_may_fail(bench: Bench) -> None:
    """Then a failure is one: of that system, and the others are complete."""
    settings = {"start_date": "2026-03-30", "state_dir": str(bench.folder)}
    state = bench.run(**settings).states[-1]
    bench.cloud.clock.advance(86_400)
    bench.cloud.faults.add(endpoint="sigen.history_v1", site=BERLIN, nth=1, times=1000, status=500)
    tap, out = bench.tap(state, **settings)
    with pytest.raises(SolarError, match=BERLIN):
        tap.sync_all()
    found = {(row["system_id"], row["local_date"]) for row in out.records("flows_by_day")}
    assert (KAROO, "2026-04-02") in found


def test_a_recorded_day() -> None:
    """Nodes and links with their kWh; what is no energy is null, and reported."""
    with listening() as told:
        rows = flows("flows_by_day", RECORDED["data"], SITE, RECORDED_DAY, STAMP)
    found = {row["flow"]: row["value"] for row in rows}
    assert found == {
        "FROM_SOLAR": 21.4,
        "FROM_GRID": 3.08,
        "TO_GRID": 9.15,
        "FROM_THIRD_PARTY_INV": 1.5,
        "TO_EVDC": None,
        "FROM_BATTERY": None,
        "FROM_SOLAR>TO_GRID": 8.9,
        "FROM_BATTERY>TO_GRID": 0.25,
    }
    assert rows[0]["recorded_at"] == "2026-03-28T23:00:00Z"
    assert rows[0]["utc_offset_minutes"] == 60
    assert len(told) == 3, "the unreadable, the negative and the repeated one"


def test_the_answer_of_another_day_is_no_answer() -> None:
    """The chart tells which day the energies are of."""
    with listening() as told:
        assert flows("flows_by_day", RECORDED["data"], SITE, RECORDED_DAY - DAY, STAMP) == []
    assert "another day" in next(iter(told))


@pytest.mark.parametrize("data", [None, "null", {}, {"sankeyData": None}, {"sankeyData": {}}])
def test_an_answer_without_energy_has_no_rows(data: Any) -> None:
    """Nothing is not zero."""
    assert flows("flows_by_day", data, SITE, RECORDED_DAY, STAMP) == []
