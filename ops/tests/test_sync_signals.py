"""`solar sync` and signals, kills and overlapping runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from meltano_stand_in import GOOD
from notice_servers import Webhook, serving
from ops_support import solar

from solar_ops.settings import Settings
from solar_ops.sync import journal_path

if TYPE_CHECKING:
    from meltano_stand_in import StandIn
    from ops_support import Snapshot

pytestmark = pytest.mark.slow


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
