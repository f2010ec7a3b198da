"""A zone that the cloud corrects later: stored days are cut again, out of the archive."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tap_sigen.cloud import SigenCloud

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from solar_tap_kit.cloud import SiteList
    from solar_tap_kit.testing import Bench, Collector

pytestmark = pytest.mark.slow

BERLIN = "LINDE1709625600"
DATED = ("history_intervals", "history_days")


@pytest.fixture
def list_zone(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Return what lets the site list name another zone, or the right one again."""
    real = SigenCloud.decode_sites

    def name(zone: str | None) -> None:
        def decode(self: SigenCloud, *arguments: Any) -> SiteList:
            listed = real(self, *arguments)
            tz = ZoneInfo(zone) if zone else None
            sites = [dataclasses.replace(site, tz=tz or site.tz) for site in listed.sites]
            return dataclasses.replace(listed, sites=sites)

        monkeypatch.setattr(SigenCloud, "decode_sites", decode)

    return name


def rows(out: Collector, stream: str) -> list[dict[str, Any]]:
    """Return a stream's rows without the time of their fetch, in order of their keys."""
    found = [{**row, "fetched_at": None} for row in out.records(stream)]
    return sorted(found, key=lambda row: (row["local_date"], row.get("seq", 0)))


def histories(bench: Bench) -> list[str]:
    """Return the dates of the calls for days."""
    calls = bench.cloud.calls.matching(endpoint="sigen.history", outcome="ok")
    return [call.query["date"] for call in calls if call.query["level"] == "Day"]


def test_stored_days_are_cut_again_without_a_call(
    bench: Bench,
    tmp_path: Path,
    list_zone: Callable[[str | None], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They become what a run in the right zone would have made of them at once."""
    settings = {"state_dir": str(tmp_path), "lookback_days": 0, "system_ids": [BERLIN]}
    list_zone("UTC")
    state = bench.run(**settings, end_date="2026-04-02").states[-1]
    list_zone(None)
    bench.cloud.calls.reset()
    caplog.clear()
    corrected = bench.run(state, **settings, end_date="2026-04-02")
    assert histories(bench) == []
    assert caplog.text.count(f"{BERLIN}: its zone is now Europe/Berlin") == 1
    right = bench.run(**{**settings, "state_dir": str(tmp_path / "other")}, end_date="2026-04-02")
    for stream in DATED:
        assert rows(corrected, stream) == rows(right, stream)
    caplog.clear()
    bench.cloud.calls.reset()
    again = bench.run(corrected.states[-1], **settings, end_date="2026-04-02")
    assert not rows(again, "history_days")
    assert "its zone is now" not in caplog.text


def test_another_name_of_the_same_zone_changes_nothing(
    bench: Bench,
    tmp_path: Path,
    list_zone: Callable[[str | None], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The ledger keeps the name that its days have."""
    settings = {"state_dir": str(tmp_path), "lookback_days": 1, "system_ids": [BERLIN]}
    state = bench.run(**settings).states[-1]
    list_zone("Arctic/Longyearbyen")
    later = bench.run(state, **settings)
    assert [row["timezone"] for row in rows(later, "history_days")] == ["Europe/Berlin"]
    assert "its zone is now" not in caplog.text


def test_only_a_day_that_the_archive_lacks_is_asked_again(
    bench: Bench, tmp_path: Path, list_zone: Callable[[str | None], None]
) -> None:
    """Yesterday was not settled yet, so it was not archived."""
    settings = {"state_dir": str(tmp_path), "lookback_days": 1, "system_ids": [BERLIN]}
    list_zone("UTC")
    state = bench.run(**settings).states[-1]
    list_zone(None)
    bench.cloud.calls.reset()
    out = bench.run(state, **settings)
    assert histories(bench) == ["2026-04-01"]
    assert {row["timezone"] for row in rows(out, "history_days")} == {"Europe/Berlin"}
    assert len(rows(out, "history_days")) == 5
