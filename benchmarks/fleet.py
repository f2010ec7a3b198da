"""A night of a fleet in a hundred zones, healthy and with a share in every kind of trouble.

    python benchmarks/fleet.py [sites of each vendor] [share in trouble]

Each tap runs as its own process against a simulator in another. Printed are seconds, calls, the
sites whose newest day was read whole, and the tap's highest memory.

300 sites of each, 5 % in trouble, two shared and busy cores: tap-sigen 169 s and 3,002 calls
healthy, 143 s and 2,992 calls in trouble, 80 MB; tap-solaredge 42 s and 3,903 calls, 52 s and
3,857 calls, 82 MB. All others were read whole, in about 120 lines of log.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import tempfile
import time
from typing import Any

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import parse
from solar_simulator.server import SimulatorServer

NOW = dt.datetime(2026, 7, 1, 14, tzinfo=dt.UTC)
SPAN = {"start_date": "2026-06-29", "end_date": "2026-06-30"}
SCENARIO = """
title = "A wide fleet"
now = 2026-07-01T14:00:00Z
seed = 1000
[fleet]
{vendor} = {sites}
zones = 100
installed_at = 2026-06-01T00:00:00Z
troubled = {share}
"""
TAP = """
import atexit, json, sys, tempfile
from pathlib import Path
from {module} import {name}
def tell():
    peak = [l for l in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in l]
    print("peak", peak[0].split()[1], file=sys.stderr)
atexit.register(tell)
path = Path(tempfile.mkdtemp()) / "config.json"
path.write_text(sys.argv[1])
sys.argv[1:] = ["--config", str(path)]
{name}.cli()
"""
TAPS = {
    "sigen": ("tap_sigen.tap", "TapSigen", "history_days", "system_id"),
    "solaredge": ("tap_solaredge.tap", "TapSolarEdge", "sync_days", "site_id"),
}


def settings(server: SimulatorServer, vendor: str) -> dict[str, Any]:
    """Return settings for a vendor's simulated cloud, with an empty state folder."""
    known = server.credentials
    common = {"state_dir": tempfile.mkdtemp(), "max_concurrent_requests": 3, **SPAN}
    if vendor == "sigen":
        login = {"username": known.sigen_username, "password": known.sigen_password}
        return {**common, **login, "api_url": server.sigen_url}
    plenty = {"credits_per_month": 10_000_000, "calls_per_minute": 1_000_000}
    url = f"{server.url}/solaredge"
    return {**common, **plenty, "api_key": known.solaredge_fleet_key, "api_url": url}


def run(vendor: str, sites: int, share: float) -> None:
    """Sync a fleet once and print what it took."""
    module, name, ledger, key = TAPS[vendor]
    scenario = parse("wide", SCENARIO.format(vendor=vendor, sites=sites, share=share))
    with SimulatorServer(scenario, VirtualClock(NOW)) as server:
        config = json.dumps(settings(server, vendor))
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-c", TAP.format(module=module, name=name), config],
                stdout=out, stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
            seconds = time.monotonic() - began
            out.seek(0)
            records = (json.loads(line) for line in out if f'"{ledger}"' in line)
            read = {
                record["record"][key]
                for record in records
                if record["type"] == "RECORD" and record["record"]["status"] == "complete"
            }
        peak = re.search(r"peak (\d+)", done.stderr)
        print(  # noqa: T201 - the benchmark's output
            f"{vendor:9} {sites:,} sites, {share:.0%} in trouble: {seconds:6.1f} s, "
            f"{len(server.calls):,} calls, {len(read):,} read whole, exit {done.returncode}, "
            f"{int(peak[1]) / 1024 if peak else 0:.0f} MB, {done.stderr.count(chr(10)):,} log lines"
        )
        words = [line for line in done.stderr.splitlines() if " sites: " in line]
        print("   ", *[line.partition(" sites: ")[2][:300] for line in words])  # noqa: T201


def main() -> None:
    """Run both vendors, healthy and in trouble."""
    sites = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    share = float(sys.argv[2]) if len(sys.argv) > 2 else 0.05  # noqa: PLR2004 - two arguments
    for vendor in TAPS:
        for troubled in (0.0, share):
            run(vendor, sites, troubled)


if __name__ == "__main__":
    main()
