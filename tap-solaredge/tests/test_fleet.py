"""One site's trouble is that site's, over v2 and v1; what a step has got is not paid for twice."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from solar_simulator.site import Alert
from solar_tap_kit.errors import PartialFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_simulator.site import Site
    from solar_tap_kit.testing import Bench, Collector

NOW = dt.datetime(2026, 3, 11, 18, tzinfo=dt.UTC)
SPAN = {"start_date": "2026-03-10", "end_date": "2026-03-11"}
STREAMS = ("sites", "site_power", "sync_days")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404, "body": "{}"},
        {"status": 302, "headers": {"Location": "http://portal.invalid/login"}},
        {"status": 503},
        {"status": 403, "body": "{}"},
        {"status": 400, "body": "{}"},
    ],
    ids=str,
)
@pytest.mark.parametrize("version", ["v2", "v1"])
def test_sites_in_trouble_are_named_and_the_others_complete(
    world: Callable[..., Bench],
    house: Callable[..., Site],
    only: Callable[..., Collector],
    version: str,
    fault: dict[str, Any],
) -> None:
    """Four neighbours of six; v1 asks for all six in one call, which one of them spoils."""
    houses = [house(number) for number in range(6)]
    bench = world(NOW, *houses, api_version=version, **SPAN)
    names = [one.site_id for one in houses]
    bad = names[1:5]
    for name in bad:
        bench.cloud.faults.add(endpoint="solaredge.*", site=name, times=0, **fault)
    if version == "v1":
        bench.cloud.faults.add(endpoint="solaredge.v1.bulk_power", nth=1, times=1, **fault)
    tap, out = bench.tap()
    for stream in tap.streams.values():
        stream.selected = stream.name in STREAMS
    if version == "v2":
        with pytest.raises(PartialFailure, match=r"4 site\(s\) failed") as caught:
            tap.sync_all()
        assert all(name in str(caught.value) for name in bad)
        assert {row["site_id"] for row in out.records("sync_days")} == {names[0], names[5]}
    else:
        tap.sync_all()
        assert {row["site_id"] for row in out.records("sync_days")} == set(names)
    del only


def test_the_first_half_of_a_day_is_not_paid_for_twice(
    world: Callable[..., Bench], house: Callable[..., Site], only: Callable[..., Collector]
) -> None:
    """A day is two calls: one more when the second fails once, and the same rows."""
    bench = world(NOW, house(1), api_version="v2", **SPAN)
    whole = only(bench, STREAMS)
    calls = len(bench.cloud.calls)
    bench.cloud.world.reset()
    bench.cloud.faults.add(endpoint="solaredge.v2.power", nth=2, status=503)
    again = only(bench, STREAMS)
    assert len(bench.cloud.calls) == calls + 1
    assert len(again.records("site_power")) == len(whole.records("site_power")) == 96


def test_a_site_with_an_open_communication_fault_is_offline_and_no_failure(
    world: Callable[..., Bench],
    house: Callable[..., Site],
    only: Callable[..., Collector],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The alert says why its calls fail; of another site it would be a failure."""
    caplog.set_level("INFO")
    fault = Alert(7, "SITE", "SITE_COMMUNICATION_FAULT", 5, NOW - dt.timedelta(days=2), "")
    gone, fine = dataclasses.replace(house(1), alerts=(fault,)), house(2)
    bench = world(NOW, gone, fine, api_version="v2", **SPAN)
    streams = (*STREAMS, "alerts")
    bench.cloud.faults.add(endpoint="solaredge.v2.power", site=gone.site_id, times=0, status=503)
    out = only(bench, streams)
    assert {row["site_id"] for row in out.records("sync_days")} == {fine.site_id}
    assert f"sites: 1 complete, 1 offline ({gone.site_id})" in caplog.text
    bench.cloud.faults.add(endpoint="solaredge.v2.power", site=fine.site_id, times=0, status=503)
    with pytest.raises(PartialFailure, match=rf"1 site\(s\) failed.*{fine.site_id}"):
        only(bench, streams)
