"""Tables of truth on every kind of day."""

from datetime import UTC, date, datetime, timedelta

import pytest
import requests

from solar_simulator import SimulatorServer, Truth
from solar_simulator.testing.sites import BERLIN, MAPLE, SAGUARO, make_model, make_site
from solar_simulator.truth import Energies
from solar_simulator.zones import day_bounds, local_minutes, local_time

CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29), 23.0),
    ("Europe/Berlin", date(2026, 10, 25), 25.0),
    ("America/New_York", date(2026, 11, 1), 25.0),
    ("Australia/Sydney", date(2026, 4, 5), 25.0),
    ("Australia/Sydney", date(2026, 10, 4), 23.0),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ("Asia/Kolkata", date(2026, 3, 29), 24.0),
    ("America/Havana", date(2026, 3, 8), 23.0),
]


def summed(rows: list[Energies]) -> list[float]:
    """Column sums."""
    return [sum(column) for column in zip(*(row.as_dict().values() for row in rows), strict=True)]


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_day_length_and_half_hours(zone: str, day: date, hours: float) -> None:
    """A local day has its true length, and its half hours add up to it."""
    site = make_site(zone=zone)
    truth = Truth(make_model(site))
    start, end = day_bounds(zone, day)
    assert (end - start) / 60 == hours
    rows = truth.half_hours(site.site_id, day, day)
    assert len(rows) == hours * 2
    whole = list(truth.day(site.site_id, day).as_dict().values())
    assert summed([row.energies for row in rows]) == pytest.approx(whole, abs=1e-9)
    assert {row.local_date for row in rows} == {day}


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_walls_agree_with_zoneinfo(zone: str, day: date, hours: float) -> None:
    """Wall-clock minutes found by bisection equal the zone database's, minute by minute."""
    del hours
    start, end = day_bounds(zone, day)
    walls = local_minutes(zone, start - 600, end - start + 1200)
    for minute in range(start - 600, end + 600, 7):
        wall = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            minutes=int(walls[minute - start + 600])
        )
        assert local_time(zone, minute).replace(tzinfo=UTC) == wall


def test_utc_hours_equal_local_days() -> None:
    """Twenty-five UTC hours make the autumn day of Berlin."""
    site = make_site()
    truth = Truth(make_model(site))
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    rows = truth.hours(site.site_id, start, start + timedelta(hours=25))
    assert len(rows) == 25
    whole = list(truth.day(site.site_id, date(2026, 10, 25)).as_dict().values())
    assert summed([row.energies for row in rows]) == pytest.approx(whole, abs=1e-9)


def test_days_add_up_to_counters() -> None:
    """Forty local days from the installation on equal the counters at their end."""
    site = make_site(installed_at=datetime(2026, 3, 1, 10, tzinfo=UTC))
    truth = Truth(make_model(site))
    first = date(2026, 3, 1)
    rows = truth.days(site.site_id, first, first + timedelta(days=39))
    counters = truth.counters(site.site_id, rows[-1].end_utc)
    assert summed([row.energies for row in rows]) == pytest.approx(
        list(counters.as_dict().values()), abs=1e-6
    )


def test_residual_is_zero_and_the_state_moves() -> None:
    """The balance of a whole month is exactly 0; the battery's state is a percentage."""
    site = make_site()
    truth = Truth(make_model(site))
    start = datetime(2026, 5, 1, tzinfo=UTC)
    assert truth.balance_residual_wmin(site.site_id, start, start + timedelta(days=31)) == 0
    states = {truth.soc_pct(site.site_id, start + timedelta(hours=6 * n)) for n in range(40)}
    assert len(states) > 5
    assert all(state is not None and 10 <= state <= 100 for state in states)


def test_odd_seconds_and_naive_instants_are_refused() -> None:
    """The model's step is a minute, and an instant without offset means nothing."""
    site = make_site()
    truth = Truth(make_model(site))
    at = datetime(2026, 5, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="full minute"):
        truth.energy(site.site_id, at, at + timedelta(seconds=90))
    with pytest.raises(ValueError, match="offset"):
        truth.energy(site.site_id, at.replace(tzinfo=None), at)


def test_truth_over_http_is_the_python_truth(
    simulator: SimulatorServer, session: requests.Session
) -> None:
    """Every table over HTTP carries the same doubles as the Python API."""

    def get(path: str, **query: str) -> object:
        answer = session.get(f"{simulator.url}/_sim/truth{path}", params=query, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    truth = simulator.truth
    day = date(2026, 6, 20)
    start = datetime(2026, 6, 20, tzinfo=UTC)
    end = start + timedelta(hours=5)
    assert get(f"/{MAPLE}/days", first="2026-06-20") == [
        row.as_dict() for row in truth.days(MAPLE, day, day)
    ]
    assert get(f"/{MAPLE}/half-hours", first="2026-06-20") == [
        row.as_dict() for row in truth.half_hours(MAPLE, day, day)
    ]
    words = {"start": start.isoformat(), "end": end.isoformat()}
    assert get(f"/{BERLIN}/hours", **words) == [
        row.as_dict() for row in truth.hours(BERLIN, start, end)
    ]
    assert get(f"/{BERLIN}/energy", **words) == truth.energy(BERLIN, start, end).as_dict()
    state = get(f"/{SAGUARO}/state", at=start.isoformat())
    assert isinstance(state, dict)
    assert state["soc_pct"] is None
    assert state["since_installation"] == truth.counters(SAGUARO, start).as_dict()
    assert session.get(f"{simulator.url}/_sim/truth/none/days", timeout=30).status_code == 404
    refused = session.get(f"{simulator.url}/_sim/truth/{BERLIN}/energy", timeout=30)
    assert refused.status_code == 400
