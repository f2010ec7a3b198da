"""A zone that the cloud corrects later: stored days are cut again, out of the archive."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tap_solaredge.v2.cloud import SolarEdgeV2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from solar_tap_kit.cloud import SiteList
    from solar_tap_kit.testing import Bench, Collector

pytestmark = pytest.mark.slow

SITE = "4100001"
STREAMS = ("sites", "meter_energy", "sync_days")


@pytest.fixture
def list_zone(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Return what lets the site list name another zone, or the right one again."""
    real = SolarEdgeV2.decode_sites

    def name(zone: str | None) -> None:
        def decode(self: SolarEdgeV2, *arguments: Any) -> SiteList:
            listed = real(self, *arguments)
            tz = ZoneInfo(zone) if zone else None
            sites = [dataclasses.replace(site, tz=tz or site.tz) for site in listed.sites]
            return dataclasses.replace(listed, sites=sites)

        monkeypatch.setattr(SolarEdgeV2, "decode_sites", decode)

    return name


def rows(out: Collector, stream: str) -> list[dict[str, Any]]:
    """Return a stream's rows without the time of their fetch, in order of their keys."""
    found = [{**row, "fetched_at": None} for row in out.records(stream)]
    keys = ("local_date", "stream", "meter_type", "serial_number", "recorded_at")
    return sorted(found, key=lambda row: [str(row.get(key)) for key in keys])


def test_stored_days_are_cut_again_without_a_call(
    bench: Bench,
    only: Callable[..., Collector],
    tmp_path: Path,
    list_zone: Callable[[str | None], None],
) -> None:
    """Answers were asked by the wrong midnights: a day is found in those of two days."""
    dates = {"start_date": "2026-03-04", "end_date": "2026-03-08", "lookback_days": 0}
    settings = {"state_dir": str(tmp_path), "site_ids": [SITE], **dates}
    list_zone("Pacific/Auckland")
    state = only(bench, STREAMS, None, **settings).states[-1]
    list_zone(None)
    bench.cloud.calls.reset()
    corrected = only(bench, STREAMS, state, **settings)
    days = {call.query["from"][:10] for call in bench.cloud.calls if "from" in call.query}
    right = only(bench, STREAMS, None, **{**settings, "state_dir": str(tmp_path / "other")})
    assert rows(corrected, "meter_energy") == rows(right, "meter_energy")
    assert days == {"2026-03-07"}
