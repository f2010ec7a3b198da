"""Years of many systems under the documented limits, in virtual time.

    python benchmarks/tap_sigen_quota.py [systems] [days]

Prints how long one system and all systems take, whether any call came too early, and whether
the ledger's and the cloud's counts agree. 20 systems and 1,095 days take some minutes of CPU.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import sys
import tempfile
from pathlib import Path

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import load
from solar_simulator.server import SimulatorServer
from solar_tap_kit.testing import Collector, SharedTime
from tap_sigen.tap import TapSigen

NOW = dt.datetime(2026, 7, 1, 6, tzinfo=dt.UTC)
SCENARIO = """
title = "Many systems"
now = 2026-07-01T06:00:00Z
seed = 20
[fleet]
sigen = {systems}
installed_at = {installed}
"""


class Counter(Collector):
    """Counts rows instead of keeping them."""

    rows = 0

    def write_records(self, stream: str, records: object, extracted_at: str) -> None:
        """Count five-minute rows."""
        del extracted_at
        if stream == "history_intervals":
            self.rows += len(records)  # type: ignore[arg-type]


def run(server: SimulatorServer, systems: list[str] | None, days: int) -> None:
    """Fetch everything and print what it took."""
    server.world.reset()
    server.clock.set(NOW)
    server.switches.set("limits", "documented")
    folder = tempfile.mkdtemp()
    time, out = SharedTime(server.clock), Counter()
    config = {
        "api_url": server.sigen_url,
        "username": server.credentials.sigen_username,
        "password": server.credentials.sigen_password,
        "start_date": str(NOW.date() - dt.timedelta(days=days)),
        "end_date": str(NOW.date()),
        "system_ids": systems or [],
        "on_quota_exhausted": "wait",
        "call_spacing_seconds": 300,
        "calls_per_minute": 10,
        "max_concurrent_requests": 1,
        "archive": False,
        "state_dir": folder,
    }
    TapSigen(config=config, clock=time, message_writer=out).sync_all()
    counts = server.calls.counts()
    ledger = sqlite3.connect(Path(folder) / "ledger.sqlite")
    (written,) = ledger.execute("SELECT count(*) FROM calls").fetchone()
    total = sum(row["calls"] for row in counts)
    refused = sum(row["calls"] for row in counts if row["outcome"] != "ok")
    print(  # noqa: T201 - the benchmark's output
        f"{len(systems) if systems else 'all'} system(s): {out.rows:,} rows, {total:,} calls, "
        f"{refused} refused, ledger {written:,}, {time.waited / 86400:.2f} virtual days"
    )


def main() -> None:
    """Run one system, then all."""
    systems = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 1095  # noqa: PLR2004 - two arguments
    path = Path(tempfile.mkdtemp()) / "many.toml"
    installed = NOW - dt.timedelta(days=days + 30)
    text = SCENARIO.format(systems=systems, installed=f"{installed:%Y-%m-%dT%H:%M:%SZ}")
    path.write_text(text, encoding="utf-8")
    with SimulatorServer(load(str(path)), VirtualClock(NOW)) as server:
        first = next(iter(server.world.scenario.sites))
        run(server, [first], days)
        run(server, None, days)


if __name__ == "__main__":
    main()
