"""`solar status`, `gaps`, `sql` and `check --offline`: what they say, and when they fail."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest
from ops_support import solar

from solar_ops.freshness import stale_systems
from solar_ops.journal import Journal
from solar_ops.lock import exclusive
from solar_ops.meltano_runs import schedules
from solar_ops.settings import Settings
from solar_ops.sync import journal_path, lock_path

if TYPE_CHECKING:
    from pathlib import Path

    from ops_support import Snapshot

pytestmark = pytest.mark.slow

RUN_ID = "0b0e7a52-93f1-4b5a-9d7a-6a2f4c1d8e90"
AT = dt.datetime(2026, 3, 31, 3, 15, tzinfo=dt.UTC)


def take_day_out(path: Path) -> None:
    """Lose a Sigen day and an hour of a SolarEdge day, as a warehouse can."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "delete from tap_sigen.history_days "
            "where system_id = 'LINDE1709625600' and local_date = '2026-03-29'"
        )
        connection.execute(
            "update tap_solaredge.sync_days set n_points = 92, status = 'partial' where "
            "site_id = '4100001' and stream = 'meter_energy' and local_date = '2026-03-28'"
        )


@pytest.mark.usefixtures("either")
def test_status_tells_what_each_stream_has(snapshot: Snapshot) -> None:
    """Newest data, settled until, holes and days to come, on both warehouses."""
    done = solar("status", "--json", "--no-quota")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    lines = [
        f"{one['system_key']} {one['stream']}: last {one['last_day']}, settled "
        f"{one['settled_until']}, {one['hole_days']} holes, {one['days_to_come']} to come"
        for one in told["streams"]
    ]
    snapshot.check("status-streams", "\n".join(lines) + "\n")


def test_status_shows_runs_lock_and_staleness(filled: Path, snapshot: Snapshot) -> None:
    """Runs of both kinds by their ids, the one under way, and what is too old."""
    settings = Settings(filled)
    journal = Journal(journal_path(settings))
    journal.started(RUN_ID, AT)
    journal.ended(RUN_ID, AT, "partial", [{"name": "sigen", "result": "failed"},
                                          {"name": "models", "result": "ok"}])  # fmt: skip
    folder = filled / ".meltano"
    folder.mkdir()
    with sqlite3.connect(folder / "meltano.db") as connection:
        connection.execute("create table runs (job_name, state, started_at, ended_at, run_id)")
        connection.execute(
            "insert into runs values ('prod:tap-sigen-to-target-duckdb', 'SUCCESS', "
            "'2026-03-31 03:15:02', '2026-03-31 03:16:00', ?)", [RUN_ID.replace("-", "")],
        )  # fmt: skip
    connection.close()
    told = {"run_id": RUN_ID, "started_at": "2026-03-31T03:15:00Z", "pid": 1}
    with exclusive(lock_path(settings), told):
        running = json.loads(solar("status", "--json", "--no-quota").stdout)
    assert running["running"] == told
    done = solar("status", "--no-quota")
    assert "Next by schedule nightly (15 3 * * *)" in done.output
    assert len(running["stale"]) == 4
    assert done.output.count("Stale: ") == 2, "systems of a vendor with the same day are one line"
    shown = [
        line.rstrip() for line in done.output.splitlines()
        if not line.startswith(("Stale", "Next", "Systems:")) and "2026-1" not in line
        and not line.strip(" ─").startswith(("System", "Karoo", "Linden", "Maple", "Saguaro"))
    ]  # fmt: skip
    snapshot.check("status-runs", "\n".join(shown) + "\n")
    failed = solar("status", "--check", "--no-quota")
    assert failed.exit_code == 1


def test_stale_is_told_by_the_end_of_the_newest_day(filled: Path) -> None:
    """36 hours after the end of the newest local day, and not a minute before."""
    settings = Settings(filled)
    linden_ends = dt.datetime(2026, 3, 30, 22, tzinfo=dt.UTC)
    just = linden_ends + dt.timedelta(hours=36)
    assert not [line for line in stale_systems(settings, ["sigen"], just) if "LINDE" in line.site]
    later = stale_systems(settings, ["sigen"], just + dt.timedelta(minutes=1))
    assert [str(line) for line in later if "LINDE" in line.site] == [
        "sigen LINDE1709625600: newest data is of 2026-03-30, 36 hours ago"
    ]


def test_the_demo_is_never_stale(project: Path, warehouse_file: Path) -> None:
    """Its present is a virtual one."""
    (project / "data").mkdir()
    (project / "data" / "demo.duckdb").write_bytes(warehouse_file.read_bytes())
    assert stale_systems(Settings(project), ["sigen", "solaredge"]) == []
    assert "demo.duckdb" in solar("status", "--no-quota").output


def test_gaps_are_days_with_their_reason(filled: Path, snapshot: Snapshot) -> None:
    """A lost day and a short one, as a table and for machines; --check fails."""
    assert solar("gaps").output == "No gaps.\n"
    take_day_out(filled / "data" / "prod.duckdb")
    done = solar("gaps", "--check")
    assert done.exit_code == 1
    text = "\n".join(line.rstrip() for line in done.output.splitlines())
    snapshot.check("gaps", f"{text}\n{solar('gaps', '--json', '--site', '4100001').output}")
    assert solar("gaps", "--end", "2026-03-27", "--check").output == "No gaps.\n"
    to_come = json.loads(solar("gaps", "--to-come", "--json").stdout)
    assert {gap["status"] for gap in to_come} == {"missing", "partial", "before_start"}


def test_days_before_the_start_date_are_not_to_come(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run will request them: they are counted neither by status nor by gaps --to-come."""
    before = json.loads(solar("status", "--json", "--no-quota").stdout)["streams"]
    assert any(one["days_to_come"] for one in before)
    for vendor in ("SIGEN", "SOLAREDGE"):
        monkeypatch.setenv(f"TAP_{vendor}_START_DATE", "2026-03-25T00:00:00Z")
    (filled / ".env").touch()
    after = json.loads(solar("status", "--json", "--no-quota").stdout)["streams"]
    assert all(
        one["days_to_come"] <= other["days_to_come"] and one["days_to_come"] < 7
        for one, other in zip(after, before, strict=True)
    )
    to_come = json.loads(solar("gaps", "--to-come", "--json").stdout)
    assert all(gap["first"] >= "2026-03-25" for gap in to_come)


@pytest.mark.usefixtures("either")
def test_sql_answers_and_only_reads(snapshot: Snapshot) -> None:
    """A table for people, JSON for machines; a typo or a write is one line."""
    query = (
        "select system_id, pv_kwh is not null as has_pv from analytics.fct_energy_total order by 1"
    )
    table, machine = solar("sql", query), solar("sql", "--json", query)
    snapshot.check("sql", f"{table.output}\n{machine.output}")
    for wrong in ("select * from nowhere", "drop table analytics.fct_energy_total", "selec"):
        done = solar("sql", wrong)
        assert done.exit_code == 1
        assert len(done.output.splitlines()) == 1


def test_check_tells_what_is_set_up(
    filled: Path, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    """Warehouse, disk, notices, credentials, without asking a vendor."""
    (filled / ".env").write_text("TAP_SOLAREDGE_API_KEY=invented\nTAP_SIGEN_USERNAME=\n")
    monkeypatch.setenv("SOLAR_SMTP_HOST", "mail.example.com")
    done = solar("check", "--offline", "--json")
    assert done.exit_code == 1, "e-mail lacks sender and recipient"
    found = json.loads(done.stdout)
    for one in found:
        if one["what"] in ("warehouse", "disk"):
            assert one.pop("words")
    snapshot.check("check-offline", json.dumps(found, indent=1) + "\n")


def test_schedules_come_from_meltano(project: Path) -> None:
    """The next time that the cron expression names."""
    now = dt.datetime(2026, 3, 31, 4, tzinfo=dt.UTC)
    (nightly,) = schedules(project, now)
    assert (nightly.name, nightly.next_at) == ("nightly", "2026-04-01T03:15:00+00:00")


@pytest.mark.parametrize(
    "command", ["status", "gaps", "plan", "check", "backfill", "sync", "report", "sql", "demo"]
)
@pytest.mark.usefixtures("project")
def test_help_is_as_reviewed(command: str, snapshot: Snapshot) -> None:
    """Each command explains itself, with examples."""
    done = solar(command, "--help")
    assert "Examples:" in done.output
    snapshot.check(f"help-{command}", done.output)


def test_the_main_help_names_commands_settings_and_exit_codes(snapshot: Snapshot) -> None:
    """One screen tells what there is."""
    snapshot.check("help", solar("--help").output)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("setting-unknown", "SOLAR_TARGT=postgres"),
        ("setting-wrong", "SOLAR_TARGET=oracle"),
        ("setting-notify", "SOLAR_NOTIFY_ON=always"),
        ("setting-postgres", "SOLAR_TARGET=postgres"),
    ],
)
def test_a_wrong_setting_is_one_line(
    name: str, line: str, project: Path, snapshot: Snapshot
) -> None:
    """It names the setting and what would be right."""
    (project / ".env").write_text(f"{line}\n", encoding="utf-8")
    done = solar("gaps")
    assert done.exit_code == 1
    snapshot.check(name, done.output)


@pytest.mark.usefixtures("filled")
def test_a_warehouse_that_is_being_written_is_one_line(filled: Path) -> None:
    """DuckDB locks its file: the line says so, status still tells the rest."""
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", script, str(filled / "data" / "prod.duckdb")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        holder.stdout.readline()
        done, told = solar("gaps"), solar("status", "--no-quota")
        holder.communicate(b"")
    assert done.exit_code == 1
    assert "in use by another program" in done.output
    assert told.exit_code == 0
    assert "in use by another program" in told.output
