"""`solar sync`: what it does with Meltano's answers, its lock, its log, its notices.

A stand-in speaks Meltano's part, line by line as the real one does; the real one is run in
`tests/targets` and `tests/crash`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from notice_servers import Webhook, serving
from ops_support import solar

from solar_ops.project import Project
from solar_ops.settings import Settings
from solar_ops.sync import journal_path

if TYPE_CHECKING:
    from ops_support import Snapshot

pytestmark = pytest.mark.slow

API_KEY = "invented-solaredge-key-1"
PASSWORD = "invented-sigen-password-1"  # noqa: S105 - invented
STAND_IN = """#!{python}
import json, os, sys, time
script = json.load(open({script!r}))
with open({calls!r}, "a") as calls:
    calls.write(json.dumps({{"arguments": sys.argv[1:], "pid": os.getpid()}}) + "\\n")
words = " ".join(sys.argv[1:])
for part in script:
    if part["when"] in words:
        for line in part["lines"]:
            print(line if isinstance(line, str) else json.dumps(line), file=sys.stderr, flush=True)
        time.sleep(part.get("sleep", 0))
        sys.exit(part.get("exit", 0))
"""


def said(event: str, name: str = "tap-sigen", level: str = "info") -> dict[str, str]:
    """Build a line of Meltano's JSON log."""
    return {"event": event, "level": level, "name": name}


GOOD: list[dict[str, Any]] = [
    {"when": "tap-sigen", "lines": [said("rows: history_days 2"), said("calls: history 2")]},
    {"when": "tap-solaredge", "lines": [said("rows: sites 2", "tap-solaredge")]},
    {"when": "dbt-", "lines": [said("Done. PASS=75", "dbt-duckdb")]},
]
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


class StandIn:
    """A program in Meltano's place."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script, self.calls = folder / "script.json", folder / "calls.jsonl"
        self.program = folder / "meltano"
        self.program.write_text(
            STAND_IN.format(python=sys.executable, script=str(self.script), calls=str(self.calls))
        )
        self.program.chmod(0o755)
        self.plays(GOOD)
        monkeypatch.setattr(Project, "_program", staticmethod(lambda _: str(self.program)))

    def plays(self, script: list[dict[str, Any]]) -> None:
        """Set what it says and how it ends, by what it is asked."""
        self.script.write_text(json.dumps(script))

    @property
    def asked(self) -> list[list[str]]:
        """The arguments of every call, without the run's id."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [
            [word for word in json.loads(line)["arguments"] if word.count("-") != 4]
            for line in lines
        ]


@pytest.fixture
def meltano(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Return the stand-in, in a project with credentials for both sources."""
    (project / ".env").write_text(
        f"TAP_SIGEN_USERNAME=me\nTAP_SIGEN_PASSWORD={PASSWORD}\nTAP_SOLAREDGE_API_KEY={API_KEY}\n"
    )
    return StandIn(tmp_path, monkeypatch)


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


def start_sync(meltano: StandIn, project: Path) -> subprocess.Popen[str]:
    """Start a sync in a process of its own, whose Meltano is the stand-in."""
    code = (
        "import sys; from solar_ops.project import Project; from solar_ops.cli import main; "
        f"Project._program = staticmethod(lambda _: {str(meltano.program)!r}); "
        "main(sys.argv[1:], prog_name='solar')"
    )
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, "sync"], cwd=project, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for_call(meltano: StandIn, count: int = 1) -> int:
    """Wait until Meltano was called so often; return the last call's process."""
    while len(meltano.asked) < count:
        time.sleep(0.02)
    pid: int = json.loads(meltano.calls.read_text().splitlines()[-1])["pid"]
    return pid


def test_an_overlapping_run_is_refused(meltano: StandIn, project: Path, snapshot: Snapshot) -> None:
    """Exit 75 and one line that says who is at it; nothing was asked."""
    meltano.plays([{"when": "", "lines": [], "sleep": 60}])
    with start_sync(meltano, project) as running:
        wait_for_call(meltano)
        refused = solar("sync")
        running.terminate()
        running.communicate()
    assert refused.exit_code == 75
    assert len(meltano.asked) == 1
    text = refused.output.replace(str(running.pid), "PID")
    since = json.loads(journal_path(Settings(project)).read_text().splitlines()[0])["started_at"]
    snapshot.check("sync-busy", text.replace(since, "BEGAN"))


def test_a_stop_signal_reaches_meltano_and_is_told(meltano: StandIn, project: Path) -> None:
    """SIGTERM ends the step, starts no other, is noted, and lets the next run in."""
    meltano.plays([{"when": "", "lines": [], "sleep": 60}])
    with start_sync(meltano, project) as running:
        child = wait_for_call(meltano)
        running.send_signal(signal.SIGTERM)
        _, told = running.communicate()
    assert running.returncode == 143
    assert "stopped by a signal" in told
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert len(meltano.asked) == 1
    meltano.plays(GOOD)
    assert solar("sync").exit_code == 0
    assert "--force" not in meltano.asked[1]


def test_a_stop_during_the_models_ends_dbt_and_is_no_failure(
    meltano: StandIn, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process ends too, the exit code is the signal's, and no notice goes out."""
    child = tmp_path / "child.pid"
    meltano.program.write_text(
        meltano.program.read_text()
        + f"""
import subprocess
dbt = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(child)!r}, "w").write(str(dbt.pid))
time.sleep(600)
"""
    )
    meltano.plays(GOOD[:2])
    with serving(Webhook()) as webhook:
        monkeypatch.setenv("SOLAR_WEBHOOK_URL", webhook.url)
        with start_sync(meltano, project) as running:
            while not (child.exists() and child.read_text()):
                time.sleep(0.02)
            running.send_signal(signal.SIGTERM)
            _, told = running.communicate()
        assert webhook.posted == []
    assert running.returncode == 143, told
    assert not is_alive(int(child.read_text()))


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that waits to be collected does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_after_a_kill_the_lock_lives_as_long_as_meltano(meltano: StandIn, project: Path) -> None:
    """A killed `solar` leaves Meltano at work, so the next run is refused.

    Once Meltano has ended, the next run goes, and tells it not to wait for the dead one.
    """
    meltano.plays([{"when": "", "lines": [], "sleep": 60}])
    with start_sync(meltano, project) as running:
        child = wait_for_call(meltano)
        running.kill()
        running.wait()
        assert solar("sync").exit_code == 75
        os.kill(child, signal.SIGKILL)
        running.communicate()
    meltano.plays(GOOD)
    while (done := solar("sync")).exit_code == 75:
        time.sleep(0.02)
    assert done.exit_code == 0, done.output
    assert meltano.asked[1] == ["run", "--run-id", "--force", "tap-sigen", "target-duckdb"]


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
