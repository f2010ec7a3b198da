"""What `solar backfill` hands to the taps: one run a vendor, ids and days by file."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from solar_ops.backfill import refetches, variables
from solar_ops.commands.plan import _show_runs
from solar_ops.coverage import Gap
from solar_ops.sources import SOURCES
from solar_tap_kit.requested import RequestedDays

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SIGEN, SOLAREDGE = SOURCES


def gap(
    site: str,
    stream: str,
    first: str,
    last: str,
    vendor: str = "solaredge",
    status: str = "missing",
) -> Gap:
    """Build a gap."""
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return Gap(vendor, site, stream, start, end, status, "lost", 0)


def test_one_run_a_vendor_requests_the_gaps_and_nothing_else(tmp_path: Path) -> None:
    """Every missing (system, stream, day) is in the file that the tap reads, and no other is."""
    gaps = [
        gap("1", "site_energy", "2026-03-01", "2026-03-05"),
        gap("1", "meter_energy", "2026-03-04", "2026-03-07"),
        gap("2", "site_energy", "2026-03-04", "2026-03-05"),
        gap("2", "site_energy", "2026-03-09", "2026-03-09"),
        gap("S", "history_intervals", "2026-03-04", "2026-03-04", "sigen"),
        gap("S", "history_intervals", "2026-03-05", "2026-03-06", "sigen", "partial"),
    ]
    runs = refetches(gaps)
    assert [(run.source, run.sites, run.days) for run in runs] == [
        ("sigen", ["S"], 3), ("solaredge", ["1", "2"], 10),
    ]  # fmt: skip
    found = set()
    for run, source in zip(runs, (SIGEN, SOLAREDGE), strict=True):
        told = variables(run, source, tmp_path)
        requested = RequestedDays(told[source.variable("days_file")])
        found |= {
            (run.source, site, stream, day)
            for site in run.sites for stream in run.streams
            for span in requested.spans(site, [stream]) for day in span
        }  # fmt: skip
        if run.source == "sigen":
            # What was answered already, but not whole, is not taken from the archive again.
            spans = requested.spans("S", ["history_intervals"])
            assert [(span.first.day, len(span)) for span in spans] == [(5, 2), (4, 1)]
            assert [requested.is_refetch("S", run.streams, span) for span in spans] == [
                True, False,
            ]  # fmt: skip
    assert found == {
        (one.vendor, one.system_id, one.stream, one.first + dt.timedelta(days=offset))
        for one in gaps for offset in range(one.days)
    }  # fmt: skip


def test_ids_of_a_fleet_go_by_file(tmp_path: Path) -> None:
    """Ten thousand systems: no variable grows with them."""
    gaps = [gap(f"{number:018}", "site_energy", "2026-03-01", "2026-03-05")
            for number in range(10_000)]  # fmt: skip
    (run,) = refetches(gaps)
    told = variables(run, SOLAREDGE, tmp_path)
    assert max(map(len, told.values())) < 1000
    assert told["TAP_SOLAREDGE__SELECT"] == '["site_energy.*", "sync_days.*"]'
    assert told["TAP_SOLAREDGE_LOOKBACK_DAYS"] == "0"
    path = told["TAP_SOLAREDGE_SITE_IDS"].removeprefix("@")
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as the tap is told
        assert len(file.readlines()) == 10_000
    with open(told["TAP_SOLAREDGE_DAYS_FILE"], encoding="utf-8") as file:  # noqa: PTH123
        assert json.loads(file.readline())["refetch"] is False


def test_the_total_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a fleet a few systems are named, and the sum says what it costs."""
    sites = [f"S{number}" for number in range(500)]
    common = {"first": "2026-03-01", "last": "2026-03-02", "done_at": None, "error": ""}
    planned = [
        {**common, "source": "sigen", "sites": sites, "streams": ["history_intervals"],
         "days": 1500, "cost": 1500, "cost_unit": "calls"},
        {**common, "source": "solaredge", "sites": ["1"], "streams": ["site_energy"],
         "days": 2, "cost": 3, "cost_unit": "credits"},
    ]  # fmt: skip
    _show_runs(planned)
    shown = capsys.readouterr().out
    assert "S0, S1, S2 and 497 more" in shown
    assert "Total: 1,502 days of 501 systems, 1,500 calls and 3 credits\n" in shown
