"""v2 where sources disagree about it: the tap reads the same rows whichever is right."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from solar_simulator.site import Alert
from solar_tap_kit.testing import SharedTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_simulator.site import Site
    from solar_tap_kit.testing import Bench, Collector

METERED, UNMETERED = "4100001", "4100002"
NEW_YORK = ZoneInfo("America/New_York")
DAY = dt.timedelta(days=1)
slow = pytest.mark.slow


def in_november(
    world: Callable[..., Bench], house: Callable[..., Site], **settings: Any
) -> tuple[Bench, Site]:
    """Return a site in New York, whose clocks went back on the first of the month."""
    site = house(2, "America/New_York", since="2026-01-28")
    bench = world(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), site, calls_per_minute=1000,
                  credits_per_month=100_000, **settings)  # fmt: skip
    return bench, site


def asked_days(bench: Bench) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return the periods of all calls by day."""
    calls = [call for call in bench.cloud.calls if call.query.get("resolution") == "DAY"]
    periods = [[dt.datetime.fromisoformat(call.query[end]) for end in ("from", "to")]
               for call in calls]  # fmt: skip
    return [(begin, end) for begin, end in periods]


def truth_by_day(bench: Bench, site: Site, out: Collector) -> None:
    """Hold every day's energy against the truth."""
    rows = {row["local_date"]: row["energy"] for row in out.records("energy_days")}
    days = [dt.date(2026, 1, 28) + n * DAY for n in range((dt.date(2026, 11, 20)
            - dt.date(2026, 1, 28)).days)]  # fmt: skip
    assert sorted(rows) == [day.isoformat() for day in days]
    for day in days:
        truth = bench.cloud.truth.day(site.site_id, day).pv_kwh * 1000
        assert (rows[day.isoformat()] or 0) == pytest.approx(truth, abs=1), day


@slow
@pytest.mark.parametrize("month", ["31_days", "calendar"])
def test_a_month_a_call_at_local_midnights(
    world: Callable[..., Bench], house: Callable[..., Site], only: Callable[..., Collector],
    month: str,
) -> None:  # fmt: skip
    """From one midnight to another, at most to the same day of the next month, none refused."""
    bench, site = in_november(world, house)
    bench.cloud.switches.set("solaredge.month", month)
    bench.cloud.switches.set("solaredge.refuse_future_to", value=True)
    out = only(bench, {"energy_days"})
    truth_by_day(bench, site, out)
    assert {call.status for call in bench.cloud.calls} == {200}
    periods = asked_days(bench)
    # January's last days and ten months, each one credit.
    assert len(periods) == 11
    now = bench.cloud.clock.now()
    for begin, end in periods:
        assert begin.astimezone(NEW_YORK).time() == dt.time()
        assert end == now or end.astimezone(NEW_YORK).time() == dt.time()


@slow
def test_a_shorter_month_is_cut_at_midnights_and_remembered(
    world: Callable[..., Bench], house: Callable[..., Site], only: Callable[..., Collector],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """25 days: refused twice, then half a month a call, never a cut inside a local day."""
    bench, site = in_november(world, house)
    bench.settings["state_dir"] = str(bench.folder / "kept")
    bench.cloud.switches.set("solaredge.month", "25_days")
    out = only(bench, {"energy_days"})
    truth_by_day(bench, site, out)
    assert [call.status for call in bench.cloud.calls].count(400) == 2
    (line,) = [r.getMessage() for r in caplog.records if "refuses" in r.getMessage()]
    assert "requesting 16 from now on" in line
    for begin, end in asked_days(bench):
        assert begin.astimezone(NEW_YORK).time() == dt.time()
        assert end == bench.cloud.clock.now() or end.astimezone(NEW_YORK).time() == dt.time()
    bench.cloud.calls.reset()
    again = only(bench, {"energy_days"}, archive=False)
    truth_by_day(bench, site, again)
    assert {call.status for call in bench.cloud.calls} == {200}


@slow
def test_days_as_the_only_resolution_are_cut_at_midnights_too(
    world: Callable[..., Bench], house: Callable[..., Site], only: Callable[..., Collector]
) -> None:
    """`resolution: day` at a calendar month: one call a month and series, and none refused."""
    bench, _ = in_november(world, house, resolution="day", start_date="2026-09-05")
    bench.cloud.switches.set("solaredge.month", "calendar")
    bench.cloud.switches.set("solaredge.refuse_future_to", value=True)
    only(bench, {"site_energy"})
    assert {call.status for call in bench.cloud.calls} == {200}
    assert len(asked_days(bench)) == 3
    for begin, end in asked_days(bench):
        assert begin.astimezone(NEW_YORK).time() == end.astimezone(NEW_YORK).time() == dt.time()


class FastTime(SharedTime):
    """A machine whose clock is some minutes ahead of the cloud's."""

    def now(self) -> dt.datetime:
        """Return what this machine takes for the present."""
        return super().now() + dt.timedelta(minutes=4)


@slow
def test_a_clock_that_is_ahead_teaches_nothing(bench: Bench) -> None:
    """A refusal of the running day is one call more, and no span is any shorter for it."""
    bench.cloud.switches.set("solaredge.refuse_future_to", value=True)
    span = {"site_ids": [METERED], "state_dir": str(bench.folder / "kept"), "archive": False}
    out = bench.run(time=FastTime(bench.cloud.clock), **span)
    refused = [call for call in bench.cloud.calls if call.status == 400]
    assert [call.query["resolution"] for call in refused] == ["DAY"]
    bench.cloud.calls.reset()
    again = bench.run(**span)
    assert again.counts["site_energy"] == out.counts["site_energy"]
    assert {call.status for call in bench.cloud.calls} == {200}
    assert sum(call.query.get("resolution") == "DAY" for call in bench.cloud.calls) == 1


@slow
def test_the_running_day_is_read_up_to_now(bench: Bench, only: Callable[..., Collector]) -> None:
    """An end date beyond today: up to now, nothing of later, and the day stays pending."""
    bench.cloud.switches.set("solaredge.refuse_future_to", value=True)
    streams = {"site_energy", "meter_energy", "energy_days", "sync_days"}
    out = only(bench, streams, site_ids=[METERED], start_date="2026-03-10", end_date="2026-03-12")
    assert {call.status for call in bench.cloud.calls} == {200}
    today = [e for e in out.records("sync_days") if e["local_date"] == "2026-03-11"]
    assert {e["stream"] for e in today} == {"site_energy", "meter_energy", "meter_power",
                                            "energy_days"}  # fmt: skip
    assert {e["status"] for e in today} == {"pending"}
    now = bench.cloud.clock.now().isoformat().replace("+00:00", "Z")
    assert max(row["recorded_at"] for row in out.records("site_energy")) < now


@slow
@pytest.mark.parametrize("resolution", ["quarter_hour", "hour", "day"])
def test_an_inclusive_end_changes_no_row(bench: Bench, resolution: str) -> None:
    """A row beyond the window is left to its own window."""
    span = {"start_date": "2026-03-08", "end_date": "2026-03-10", "resolution": resolution}

    def rows() -> list[dict[str, Any]]:
        return [message["record"] for message in bench.run(**span).messages
                if message["type"] == "RECORD"]  # fmt: skip

    plain = rows()
    bench.cloud.switches.set("solaredge.to_inclusive", value=True)
    assert rows() == plain


@slow
def test_a_refusal_is_told_in_the_vendors_words(bench: Bench) -> None:
    """HTTP 400 for whatever reason: no setting is blamed."""
    body = '{"title": "Bad Request", "detail": "Meters are asleep"}'
    bench.cloud.world.faults.add(
        endpoint="solaredge.v2.meters_telemetry", times=0, status=400, body=body
    )
    tap, _ = bench.tap(site_ids=[METERED])
    with pytest.raises(Exception, match="Meters are asleep") as failure:
        tap.sync_all()
    assert "span_hours" not in str(failure.value)


ALERTS = tuple(
    Alert(900 + n, "EQUIPMENT", "DC Isolation", 5, dt.datetime(2026, 3, 1 + n, tzinfo=dt.UTC), "I1")
    for n in range(2)
)


@slow
def test_an_alert_that_closes_is_told_closed(
    world: Callable[..., Bench], house: Callable[..., Site], only: Callable[..., Collector]
) -> None:
    """One call a day as long as nothing closes; then one at the site, and its new status."""
    site = dataclasses.replace(house(5), alerts=ALERTS)
    bench = world(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC), site, house(6))
    bench.settings["state_dir"] = str(bench.folder / "kept")

    def a_day_later(state: dict[str, Any] | None) -> tuple[Collector, list[str]]:
        bench.cloud.calls.reset()
        bench.cloud.clock.advance(86_400)
        out = only(bench, {"alerts"}, state)
        return out, [call.endpoint.split(".")[-1] for call in bench.cloud.calls
                     if "alerts" in call.endpoint]  # fmt: skip

    out, calls = a_day_later(None)
    assert {row["alert_id"]: row["status"] for row in out.records("alerts")} == {
        "900": "OPEN", "901": "OPEN",
    }  # fmt: skip
    assert calls == ["alerts"]
    # Only the older of the two has gone by then.
    bench.cloud.switches.set("solaredge.alert_hours", 11.5 * 24)
    out, calls = a_day_later(out.states[-1])
    assert calls == ["alerts", "site_alerts"]
    assert {row["alert_id"]: row["status"] for row in out.records("alerts")} == {
        "900": "CLOSED", "901": "OPEN",
    }  # fmt: skip
    bench.cloud.switches.set("solaredge.alert_hours", 20 * 24)
    bench.cloud.clock.set(dt.datetime(2026, 3, 13, tzinfo=dt.UTC))
    out, calls = a_day_later(out.states[-1])
    assert calls == ["alerts"]


@slow
def test_short_answers_to_a_full_minute(bench: Bench) -> None:
    """A 429 that holds but a message is waited for like one with a problem document."""
    bench.cloud.switches.set("limits", "documented")
    bench.cloud.switches.set("solaredge.message_429", value=True)
    # More at once than the cloud allows, as long as nobody has told.
    out = bench.run(site_ids=[METERED], calls_per_minute=30, start_date="2026-03-10")
    assert "429 minute" in {call.outcome for call in bench.cloud.calls}
    assert len(out.records("site_energy")) == 96


@slow
def test_used_up_credits_are_tried_once_a_day_until_they_are_renewed(
    bench: Bench, only: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    """The account's month begins on the 20th, which no setting says: no silence until the 1st."""
    bench.cloud.clock.set(dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC))
    for switch, value in (("limits", "documented"), ("solaredge.calls_per_minute", 1000),
                          ("solaredge.credits_renew_on_day", 20),
                          ("solaredge.credits_per_month", 9)):  # fmt: skip
        bench.cloud.switches.set(switch, value)
    span = {"site_ids": [METERED], "state_dir": str(bench.folder / "kept"), "start_date": None,
            "credits_per_month": 2000, "quota_reserve": "0"}  # fmt: skip

    def calls(state: dict[str, Any] | None) -> tuple[dict[str, Any], list[int]]:
        bench.cloud.calls.reset()
        out = only(bench, {"site_energy", "meter_energy"}, state, **span)
        return (out.states or [{}])[-1], [call.status for call in bench.cloud.calls]

    state, seen = calls(None)
    assert seen.count(200) == 9
    assert seen[-1] == 429
    (line,) = [r.getMessage() for r in caplog.records if "used up (HTTP 429)" in r.getMessage()]
    assert "credits_renew_on_day (1) that is on 2026-04-01" in line
    assert calls(state)[1] == []
    for _ in range(5):
        bench.cloud.clock.advance(86_400)
        assert calls(state)[1] == [429]
    bench.cloud.clock.advance(86_400)
    state, seen = calls(state)
    assert seen.count(200) == 9


@slow
def test_the_plan_counts_by_the_day_of_renewal(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is left is spread over the days until then, and the forecast goes on from there."""
    settings = {"start_date": "2026-02-01", "credits_per_month": 2000, "calls_per_minute": None,
                "credits_renew_on_day": 20}  # fmt: skip
    tap, _ = bench.tap(**settings)
    tap.show_plan("json")
    plan = json.loads(capsys.readouterr().out)
    limits = {limit["name"]: limit for limit in plan["limits"]}
    assert limits["credits a month"]["resets_at"] == "2026-03-20T00:00:00Z"
    # 1,800 credits for nine days: history is there sooner than by the calendar.
    assert limits["today's share of the month"]["amount"] == 200
