"""`solar status` and `solar gaps` of a fleet: counts, the worst first, and all of it on demand."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import duckdb
import pytest
from ops_support import solar

from solar_ops.coverage import StreamStatus
from solar_ops.fleet import ListedSystem, counts_of, system_statuses, told_counts, worst_systems
from solar_ops.freshness import Stale, grouped

if TYPE_CHECKING:
    from pathlib import Path

    from ops_support import Snapshot

COPIES = 12
"""Of each of the warehouse's four systems; number 1 to 4 of each are in trouble."""

TROUBLE = """
select * replace (
    system_key || '-' || n as system_key,
    system_id || '-' || n as system_id,
    case
        when n = 1 and local_date = date '2026-03-30' then 'missing'
        when n = 2 and local_date >= date '2026-03-29' then 'empty'
        when n = 3 and local_date = date '2026-03-29' then 'set_aside'
        when n = 4 and local_date >= date '2026-03-28' then 'empty'
        else status
    end as status,
    case
        when n = 1 and local_date = date '2026-03-30' then 'not fetched, or its fetch failed'
        when n = 3 and local_date = date '2026-03-29' then 'it contradicts itself'
        else reason
    end as reason,
    case
        when n = 1 and local_date = date '2026-03-30' then true
        when n = 3 and local_date = date '2026-03-29' then true
        else is_hole
    end as is_hole,
    case
        when n = 2 and local_date >= date '2026-03-29' or n = 4 then 0
        when n = 1 and local_date = date '2026-03-30' then 0
        else n_points
    end as n_points
)
from analytics.one_coverage, range(1, {end}) as numbers (n)
"""


@pytest.fixture
def fleet(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with forty-eight systems, four of each kind of trouble."""
    for vendor in ("SIGEN", "SOLAREDGE"):
        monkeypatch.setenv(f"TAP_{vendor}_START_DATE", "2026-03-28T00:00:00Z")
    with duckdb.connect(str(filled / "data" / "prod.duckdb")) as connection:
        for table, copy in (("fct_day_coverage", "one_coverage"), ("dim_systems", "one_systems")):
            connection.execute(
                f"create table analytics.{copy} as select * from analytics.{table}"  # noqa: S608
            )
            (kind,) = connection.execute(
                "select table_type from information_schema.tables where table_name = ?", [table]
            ).fetchall()[0]
            connection.execute(f"drop {'view' if kind == 'VIEW' else 'table'} analytics.{table}")
        end = COPIES + 1
        connection.execute(f"create view analytics.fct_day_coverage as {TROUBLE.format(end=end)}")
        connection.execute(
            "create view analytics.dim_systems as select * replace (system_key || '-' || n "  # noqa: S608
            "as system_key, system_id || '-' || n as system_id, 'Active' as status) "
            f"from analytics.one_systems, range(1, {end}) as numbers (n)"
        )
    return filled


@pytest.mark.slow
def test_a_fleet_is_counted_and_its_worst_systems_are_named(
    fleet: Path, snapshot: Snapshot
) -> None:
    """Counts first, then the systems in trouble; each stream only on demand, JSON whole."""
    done = solar("status", "--no-quota")
    assert done.exit_code == 0, done.output
    shown = done.output.split("Stale: ")[0].splitlines()
    snapshot.check("status-fleet", "\n".join(line.rstrip() for line in shown) + "\n")
    told = json.loads(solar("status", "--no-quota", "--json").stdout)
    assert len(told["streams"]) == told["counts"]["streams"]
    assert len(told["systems"]) == told["counts"]["systems"] == 4 * COPIES
    assert {one["state"] for one in told["systems"]} == {
        "complete", "behind", "failing", "offline", "pending",
    }  # fmt: skip
    every = solar("status", "--no-quota", "--all").output
    assert len(every.splitlines()) > len(told["streams"])
    assert told["counts"]["failing"] == 4
    assert fleet.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("fleet")
def test_gaps_of_a_fleet_are_counted(snapshot: Snapshot) -> None:
    """By vendor and reason, then the worst systems; --check and --json as ever."""
    done = solar("gaps", "--check")
    assert done.exit_code == 1
    text = "\n".join(line.rstrip() for line in done.output.splitlines())
    snapshot.check("gaps-fleet", f"{text}\n")
    found = json.loads(solar("gaps", "--json").stdout)
    assert len(found) > 20
    assert f"{len(found)} gaps of 8 systems" in done.output
    every = solar("gaps", "--all").output
    assert every.count("contradicts itself") == sum(
        gap["reason"] == "it contradicts itself" for gap in found
    )
    few = solar("gaps", "--site", found[0]["system_id"])
    assert "Intervals" in few.output


def stream(  # noqa: PLR0913 - each test names the few that it is about
    key: str,
    name: str = "site_energy",
    last: int | None = 30,
    *,
    holes: int = 0,
    to_come: int = 0,
    aside: int = 0,
    failing: bool = False,
    silent: bool = False,
) -> StreamStatus:
    """Build a stream's status, with data until a day in March."""
    day = dt.date(2026, 3, last) if last else None
    return StreamStatus(key, key, name, day, day, holes, aside, to_come, None, failing, silent)


def test_the_state_of_a_system() -> None:
    """Offline explains all else; without any data it is pending; one failing stream is enough."""
    streams = [
        stream("a:complete"),
        stream("a:holes", holes=2),
        stream("a:to-come", to_come=400),
        stream("a:failing", failing=True, holes=1),
        stream("a:other-stream-fails"),
        stream("a:other-stream-fails", "meter_energy", failing=True),
        stream("a:disconnected", last=20, failing=True, holes=10),
        stream("a:silent", last=10, silent=True),
        stream("a:new", last=None, silent=True),
        stream("b:alone", last=1, aside=1, holes=1),
    ]
    listed = [ListedSystem("a:disconnected", "x", "Disconnection"),
              ListedSystem("a:listed", "y", "Normal")]  # fmt: skip
    systems = system_statuses(streams, listed)
    assert {one.system_key: one.state for one in systems} == {
        "a:complete": "complete", "a:holes": "behind", "a:to-come": "behind",
        "a:failing": "failing", "a:other-stream-fails": "failing", "a:disconnected": "offline",
        "a:silent": "offline", "a:new": "pending", "a:listed": "pending", "b:alone": "behind",
    }  # fmt: skip
    assert [one.system_key for one in worst_systems(systems)] == [
        "a:silent", "a:disconnected", "a:holes", "a:failing", "b:alone", "a:other-stream-fails",
        "a:to-come", "a:listed", "a:new",
    ]  # fmt: skip
    told = told_counts(counts_of(systems, streams))
    assert told == (
        "Systems: 10 (1 complete, 3 behind, 2 failing, 2 offline, 2 pending); "
        "1 with days set aside. Streams: 10, 4 of them with missing days"
    )


def test_stale_systems_are_told_in_groups() -> None:
    """One line for those of the same day, at most five lines, single systems as ever."""
    day = dt.date(2026, 3, 30)
    stale = [Stale("sigen", f"S{number}", day, 40.0) for number in range(12)]
    stale.append(Stale("sigen", "LONE", dt.date(2026, 3, 29), 64.0))
    assert grouped(stale) == [
        "12 sigen systems, newest data is of 2026-03-30: S0, S1, S2 and 9 more",
        "sigen LONE: newest data is of 2026-03-29, 64 hours ago",
    ]
    many = [Stale("sigen", f"S{n}", day - n * dt.timedelta(days=1), 40.0) for n in range(30)]
    assert len(grouped(many)) == 6
    assert grouped(many)[-1].startswith("25 more systems")
