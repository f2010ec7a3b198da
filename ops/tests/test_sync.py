"""`solar sync`: what it does with Meltano's answers, its lock, its log, its notices.

A stand-in speaks Meltano's part, line by line as the real one does; the real one is run in
`tests/targets` and `tests/crash`.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest
from meltano_stand_in import GOOD, PASSWORD, said
from notice_servers import Webhook, serving
from ops_support import solar

from solar_ops.settings import Settings
from solar_ops.sync import journal_path

if TYPE_CHECKING:
    from pathlib import Path

    from meltano_stand_in import StandIn
    from ops_support import Snapshot

pytestmark = pytest.mark.slow

PAUSED = "the month's credits are used up; 3 window(s) left; run again after 2026-04-01 00:00 UTC"
SIGEN_FAILS = [
    {"when": "tap-sigen", "exit": 1, "lines": [
        said(f"password: the cloud refuses {PASSWORD}", level="error"),
        {**said("Block run completed", "meltano", "error"), "err": "Extractor failed"},
    ]},
    *GOOD[1:],
]  # fmt: skip


SITE_FAILS = [
    {"when": "tap-sigen", "exit": 1, "lines": [
        said("rows: history_days 1"),
        said("1 site(s) failed, the others are complete; the next run asks them again. A: gone",
             level="error"),
        {**said("Block run completed", "meltano", "error"), "err": "Extractor failed"},
    ]},
    *GOOD[1:],
]  # fmt: skip


def log_of(project: Path) -> str:
    """Return the log file."""
    return (project / "data" / "logs" / "solar.log").read_text(encoding="utf-8")


def steps(text: str) -> str:
    """Return a summary without durations."""
    return "\n".join(
        f"{line.split(' in ')[0]}{'; ' + line.split('; ', 1)[1] if '; ' in line else ''}"
        if " in " in line else line
        for line in text.splitlines()
    )  # fmt: skip


def test_all_is_well(meltano: StandIn, project: Path, snapshot: Snapshot) -> None:
    """Each source by itself, then the models; one summary, one journal entry, exit 0."""
    done = solar("sync")
    assert done.exit_code == 0, done.output
    assert meltano.asked == [
        ["run", "--run-id", "tap-sigen", "target-duckdb"],
        ["run", "--run-id", "tap-solaredge", "target-duckdb"],
        ["run", "--run-id", "dbt-duckdb:build"],
    ]
    snapshot.check("sync-ok", steps(done.stdout) + "\n")
    (start, end) = map(
        json.loads, journal_path(Settings(project)).read_text(encoding="utf-8").splitlines()
    )
    assert start["run_id"] == end["run_id"]
    assert end["result"] == "ok"


def test_one_failing_system_does_not_keep_the_others_out_of_the_models(meltano: StandIn) -> None:
    """Its vendor's load is partly done, the models are built, and the exit code says 3."""
    meltano.plays(SITE_FAILS)
    done = solar("sync", "--source", "sigen")
    assert done.exit_code == 3, done.output
    assert "sigen: partial" in done.stdout
    assert "A: gone" in done.stdout
    assert meltano.asked[-1][-1] == "dbt-duckdb:build"


def test_quiet_says_nothing_while_all_is_well(meltano: StandIn) -> None:
    """For cron, which mails what is printed."""
    assert solar("sync", "--quiet").output == ""
    meltano.plays(SIGEN_FAILS)
    assert "sigen: failed" in solar("sync", "--quiet").output


def test_one_vendors_bad_night_is_its_own(
    meltano: StandIn, project: Path, snapshot: Snapshot
) -> None:
    """The other source is loaded, the models are built, exit 3; no secret anywhere."""
    meltano.plays(SIGEN_FAILS)
    with serving(Webhook()) as hook:
        with (project / ".env").open("a") as file:
            file.write(f"SOLAR_WEBHOOK_URL={hook.url}\n")
        done = solar("sync")
    assert done.exit_code == 3
    assert len(meltano.asked) == 3
    snapshot.check("sync-partial", steps(done.stdout) + "\n")
    (notice,) = hook.posted
    assert notice["occasion"] == "partial"
    assert "sigen: failed" in notice["text"]
    told = [done.output, log_of(project), json.dumps(notice)]
    told.append(journal_path(Settings(project)).read_text(encoding="utf-8"))
    for text in told:
        assert PASSWORD not in text
        assert "[secret]" in text
        assert "invented-hook-token" not in text


def test_nothing_loaded_is_a_failure_and_builds_nothing(meltano: StandIn) -> None:
    """Exit 1."""
    meltano.plays([{"when": "tap-", "exit": 1, "lines": []}])
    done = solar("sync", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["result"] == "failed"
    assert [step["name"] for step in told["steps"]] == ["sigen", "solaredge"]
    assert told["steps"][0]["error"] == "meltano ended with 1"


def test_a_pause_is_no_failure(meltano: StandIn, snapshot: Snapshot) -> None:
    """A quota that is used up is told with the time of the next run, exit 0."""
    meltano.plays([{"when": "tap-solaredge", "lines": [said(f"paused: {PAUSED}")]}, GOOD[2]])
    done = solar("sync", "--source", "solaredge")
    assert done.exit_code == 0
    snapshot.check("sync-paused", steps(done.stdout) + "\n")


def test_a_failing_model_names_the_model(
    meltano: StandIn, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why it failed, as dbt wrote it down; where it wrote nothing, the first error of its log."""
    meltano.plays([
        *GOOD[:2],
        {"when": "dbt-", "exit": 1, "lines": [
            said("12:00:00  1 of 75 ERROR creating sql view model analytics.x", "dbt-duckdb"),
            said("12:00:01  Done. PASS=74 ERROR=1", "dbt-duckdb"),
            said("Block run completed", "meltano", "error"),
        ]},
    ])  # fmt: skip
    done = solar("sync", "--json")
    assert done.exit_code == 3
    assert "1 of 75 ERROR creating sql view model" in json.loads(done.stdout)["steps"][2]["error"]
    results = project / ".meltano" / "dbt" / "duckdb" / "run_results.json"
    results.parent.mkdir(parents=True)
    failed = {"status": "error", "unique_id": "model.solar.x", "message": "canceling statement"}
    results.write_text(json.dumps({"results": [failed]}))
    os.utime(results, (time.time() + 60, time.time() + 60))
    with serving(Webhook()) as hook:
        monkeypatch.setenv("SOLAR_WEBHOOK_URL", hook.url)
        done = solar("sync", "--json")
    assert json.loads(done.stdout)["steps"][2]["error"] == "x: canceling statement"
    assert "x: canceling statement" in hook.posted[0]["text"]
    assert "x: canceling statement" in journal_path(Settings(project)).read_text()


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_is_text_or_json_and_rotates(
    form: str, meltano: StandIn, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line an event, the summary at the end; a full file is put aside."""
    monkeypatch.setenv("SOLAR_LOG_FORMAT", form)
    monkeypatch.setenv("SOLAR_LOG_MAX_MB", "0.002")
    monkeypatch.setenv("SOLAR_LOG_KEEP", "2")
    meltano.plays([{"when": "", "lines": [said(f"window {n} of 40") for n in range(40)]}])
    solar("sync")
    folder = project / "data" / "logs"
    assert sorted(path.name for path in folder.iterdir()) == [
        "solar.log", "solar.log.1", "solar.log.2",
    ]  # fmt: skip
    last = log_of(project).splitlines()[-1]
    if form == "json":
        entry = json.loads(last)
        assert entry["level"] == "info"
        assert entry["summary"]["result"] == "ok"
        assert entry["run_id"] == entry["summary"]["run_id"]
    else:
        assert " INFO    solar: sigen: ok" in last


def test_the_level_leaves_out_what_is_less_severe(
    meltano: StandIn, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `error`, a good run writes nothing."""
    monkeypatch.setenv("SOLAR_LOG_LEVEL", "error")
    solar("sync")
    assert log_of(project) == ""
    meltano.plays(SIGEN_FAILS)
    solar("sync")
    assert "the cloud refuses" in log_of(project)


def test_a_target_of_files_is_written_after_the_load(
    meltano: StandIn, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SOLAR_TARGET=parquet loads DuckDB and writes the raw tables below output/parquet."""
    monkeypatch.setenv("SOLAR_TARGET", "parquet")
    done = solar("sync", "--json")
    assert done.exit_code == 0, done.output
    assert [step["name"] for step in json.loads(done.stdout)["steps"]] == [
        "sigen", "solaredge", "models", "files",
    ]  # fmt: skip
    assert (filled / "output" / "parquet" / "tap_sigen" / "systems" / "part-0.parquet").is_file()
    assert ["run", "--run-id", "tap-sigen", "target-duckdb"] in meltano.asked


def test_postgres_is_one_setting_away(meltano: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loader and dbt target follow it."""
    monkeypatch.setenv("SOLAR_TARGET", "postgres")
    monkeypatch.setattr("solar_ops.sync.problems_of_loading", lambda *_: [])
    solar("sync", "--source", "sigen")
    assert meltano.asked == [
        ["run", "--run-id", "tap-sigen", "target-postgres"],
        ["run", "--run-id", "dbt-postgres:build"],
    ]


def test_without_credentials_one_line_says_what_to_do(project: Path, snapshot: Snapshot) -> None:
    """No .env at all, and a named source that has none."""
    nothing = solar("sync")
    (project / ".env").write_text("TAP_SOLAREDGE_API_KEY=invented\n")
    other = solar("sync", "--source", "sigen")
    assert (nothing.exit_code, other.exit_code) == (1, 1)
    snapshot.check("sync-no-credentials", nothing.output + other.output)
