"""What `solar sync` shows on its way: from METRIC lines, on a terminal and elsewhere."""

from __future__ import annotations

import datetime as dt
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from meltano_stand_in import GOOD, said
from ops_support import solar

from solar_ops.progress import PlainLines, Report, duration, metric_of

if TYPE_CHECKING:
    from pathlib import Path

    from meltano_stand_in import StandIn

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def metric(done: int, **tags: Any) -> dict[str, Any]:
    """Build a tap's report, as the SDK writes it."""
    nothing = {"done_at": None, "waits_until": None, "waits_for": None}
    told = {"total": 200, "rows": done * 10, "spent": done, "unit": "credits", **nothing, **tags}
    return {"type": "gauge", "metric": "solar_progress", "value": done, "tags": told}


def measured(point: dict[str, Any]) -> dict[str, Any]:
    """Build the line that Meltano makes of a measurement."""
    return {**said("METRIC"), "metric_info": point}


def test_a_report_is_read_from_structured_and_from_text_lines() -> None:
    """Whatever the tap's log format; other metrics, sentences and broken ones are no report."""
    point = metric(50, done_at="2026-03-01T12:10:00Z")
    structured = metric_of(measured(point), "METRIC")
    assert structured == point
    text = f"METRIC: {point}".replace("'", '"').replace("None", "null")
    assert metric_of({}, text) == point
    report = Report.of(point)
    assert report == Report(50, 200, 500, 50, "credits", NOON + dt.timedelta(minutes=10))
    assert metric_of({}, "METRIC: {broken") is None
    assert metric_of({}, "50/200 window: done") is None
    assert Report.of({**point, "metric": "record_count"}) is None
    assert Report.of({**point, "value": "many"}) is None
    assert Report.of({**point, "tags": {}}) is None


def test_plain_lines_are_few() -> None:
    """An hour of reports, one each three seconds: ten lines at most, one for the first wait."""
    now, lines = NOON, []
    plain = PlainLines(lines.append, lambda: now)
    plain.begin("solaredge")
    for second in range(0, 3601, 3):
        now = NOON + dt.timedelta(seconds=second)
        until = now + dt.timedelta(seconds=90) if second % 600 == 300 else None
        ends = NOON + dt.timedelta(hours=1)
        plain.report(Report(second, 3600, second * 9, second, "calls", ends, until, "quota"))
    plain.end("ok")
    wait = "waits 1:30 min for the quota"
    assert lines[:3] == [
        "solaredge ...",
        f"solaredge: 300 of 3,600, 55:00 min left, {wait}, 2,700 rows, 300 calls",
        "solaredge: 360 of 3,600, 54:00 min left, 3,240 rows, 360 calls",
    ]
    assert len(lines) == 11
    assert sum("waits" in line for line in lines) == 1


def test_a_short_step_has_no_lines_but_its_name() -> None:
    """Half a minute is no news."""
    now, lines = NOON, []
    plain = PlainLines(lines.append, lambda: now)
    plain.begin("sigen")
    for second in range(30):
        now = NOON + dt.timedelta(seconds=second)
        plain.report(Report(second, 29))
    assert lines == ["sigen ..."]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.9, "59 s"), (187, "3:07 min"), (7500, "2:05 h")]
)
def test_durations(seconds: float, text: str) -> None:
    """As people read them."""
    assert duration(seconds) == text


def log_of(project: Path) -> str:
    """Return the log file."""
    return (project / "data" / "logs" / "solar.log").read_text(encoding="utf-8")


def play(meltano: StandIn, point: dict[str, Any], sleep: float = 0) -> None:
    """Let the first source report, and stay at it for a while."""
    lines = [said("every word may change"), measured(point), measured({"metric": "other"})]
    sigen = {"when": "tap-sigen", "lines": [*lines, *GOOD[0]["lines"]], "sleep": sleep}
    meltano.plays([sigen, *GOOD[1:]])


@pytest.mark.slow
def test_reports_stay_out_of_the_log_and_of_quiet_output(
    meltano: StandIn, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal: the steps by name; the log has reports at its level `debug` only."""
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30)).isoformat()
    play(meltano, metric(50, waits_until=until, waits_for="retry"))
    told = solar("sync").stderr.splitlines()
    assert [line.partition(",")[0] for line in told] == [
        "sigen ...", "sigen: 50 of 200", "solaredge ...", "models ...",
    ]  # fmt: skip
    assert "50 of 200, waits 29:5" in told[1]
    assert told[1].endswith("for the next try, 500 rows, 50 credits")
    for option in ("--quiet", "--json"):
        assert solar("sync", option).stderr == ""
    assert "METRIC" not in log_of(project)
    assert "every word may change" in log_of(project)
    monkeypatch.setenv("SOLAR_LOG_LEVEL", "debug")
    solar("sync")
    assert "METRIC: {" in log_of(project)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of Unix")
def test_a_terminal_has_a_live_line_for_each_source(meltano: StandIn, project: Path) -> None:
    """With count, rows, cost, time left and wait; the summary follows on standard output."""
    now = dt.datetime.now(dt.UTC)
    ends, until = now + dt.timedelta(hours=2, minutes=5, seconds=40), now + dt.timedelta(minutes=9)
    point = metric(50, done_at=ends.isoformat(), waits_until=until.isoformat(), waits_for="quota")
    play(meltano, point, sleep=1)
    code = (
        "import sys; from solar_ops.project import Project; from solar_ops.cli import main; "
        f"Project._program = staticmethod(lambda _: {str(meltano.program)!r}); "
        "main(sys.argv[1:], prog_name='solar')"
    )
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "160", "NO_COLOR": "1"}
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, "sync"], cwd=project, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=slave,
    ) as running:  # fmt: skip
        os.close(slave)
        shown = read_all(master)
        told, _ = running.communicate()
    assert running.returncode == 0, shown
    assert "50 of 200, 2:05 h left, waits 8:5" in shown
    assert "for the quota, 500 rows, 50 credits" in shown
    last = shown.split("\x1b[2K")[-1].splitlines()[:3]
    assert [line.split()[0] for line in last] == ["sigen", "solaredge", "models"]
    assert "ok in " in last[0]
    assert "result: ok" in told


def read_all(terminal: int) -> str:
    """Return all that a program writes to a terminal until it closes it."""
    found = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            piece = b""
        if not piece:
            os.close(terminal)
            return found.decode("utf-8", "replace")
        found += piece
