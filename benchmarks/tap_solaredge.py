"""Speed, memory, STATE and calls side by side of tap-solaredge.

    python benchmarks/tap_solaredge.py

Each measurement runs the tap as its own process against a simulator in this one; figures are
the tap's CPU seconds, its start included, and its highest memory.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from typing import Any

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import parse
from solar_simulator.server import SimulatorServer
from solar_simulator.site import Inverter
from solar_simulator.testing.sites import scenario_of

NOW = dt.datetime(2026, 7, 1, 6, tzinfo=dt.UTC)

OURS = """
import atexit, sys, tempfile, time
from pathlib import Path
from tap_solaredge.tap import TapSolarEdge
def tell():
    peak = [l for l in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in l]
    print("cpu", time.process_time(), "peak", peak[0].split()[1], file=sys.stderr)
atexit.register(tell)
folder = Path(tempfile.mkdtemp())
(folder / "config.json").write_text(sys.argv[1])
sys.argv[1:] = ["--config", str(folder / "config.json")]
TapSolarEdge.cli()
"""

FLEET = """
title = "Many sites"
now = 2026-07-01T06:00:00Z
seed = 1
[fleet]
solaredge = {sites}
installed_at = {installed}
"""


def measure(title: str, config: dict[str, Any]) -> float:
    """Run the tap as a process, print what it took, and return the wall time."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", OURS, json.dumps(config)],
            stdout=out, stderr=subprocess.PIPE, text=True, env=environment, check=False,
        )  # fmt: skip
        wall = time.monotonic() - began
        found = re.search(r"cpu (\S+) peak (\d+)", done.stderr)
        if done.returncode or not found:
            sys.exit(done.stderr[-3000:])
        out.seek(0)
        rows = records = states = 0
        for line in out:
            if b'"RECORD"' in line[:40]:
                rows += 1
                records += len(line)
            elif b'"STATE"' in line[:40]:
                states += len(line)
    cpu, peak = float(found[1]), int(found[2]) / 1024
    print(  # noqa: T201 - the benchmark's output
        f"{title:46} {rows:>9,} rows  {cpu:6.1f} s CPU  {rows / cpu:>8,.0f} rows/s  "
        f"{wall:6.1f} s  {peak:5.0f} MB  STATE {states / max(records, 1):.4f} of RECORD"
    )
    return wall


def settings(server: SimulatorServer, api_version: str, **more: Any) -> dict[str, Any]:
    """Return settings for a simulated cloud, with an empty state folder and no limits."""
    known = server.credentials
    v1 = api_version == "v1"
    limits = {"calls_per_day": 10**7} if v1 else {
        "calls_per_minute": 10**7, "credits_per_month": 10**8}  # fmt: skip
    return {
        "api_version": api_version,
        "api_url": f"{server.url}/solaredge",
        "api_key": known.solaredge_v1_account_key if v1 else known.solaredge_fleet_key,
        "state_dir": tempfile.mkdtemp(),
        "start_date": "2026-06-30",
        "end_date": "2026-07-01",
        **limits,
        **more,
    }


def fleet(sites: int, installed: str = "2026-06-01T00:00:00Z") -> SimulatorServer:
    """Return a cloud of many sites."""
    scenario = parse("fleet", FLEET.format(sites=sites, installed=installed))
    server = SimulatorServer(scenario, VirtualClock(NOW))
    server.switches.set("solaredge.v1_sunset", "alive")
    return server


def five_sites() -> SimulatorServer:
    """Return the cloud of the comparison with the old harvester: 5 sites with 2 inverters."""
    small = parse("five", FLEET.format(sites=5, installed="2026-05-01T00:00:00Z"))
    sites = [
        dataclasses.replace(
            site,
            inverters=(*site.inverters, Inverter(f"{site.inverters[0].serial}-2", 4.0, 4.4)),
            metered=True,
        )
        for site in small.sites.values()
    ]
    server = SimulatorServer(scenario_of(*sites, now=NOW), VirtualClock(NOW))
    server.switches.set("solaredge.v1_sunset", "alive")
    server.faults.add(endpoint="solaredge.v1.*", times=0, delay_seconds=0.3)
    return server


def main() -> None:
    """Measure, quick things first."""
    with five_sites() as server:
        one_by_one = measure(
            "v1, 5 sites, 300 ms a call, one by one",
            settings(server, "v1", max_concurrent_requests=1),
        )
        side_by_side = measure(
            "v1, 5 sites, 300 ms a call, three in flight", settings(server, "v1")
        )
        print(f"three in flight take {side_by_side / one_by_one:.0%} of the time")  # noqa: T201
    for sites in (300, 1000, 3000):
        with fleet(sites) as server:
            for api_version in ("v2", "v1"):
                measure(f"{api_version}, {sites} sites, one day", settings(server, api_version))
    with fleet(1, "2025-06-01T00:00:00Z") as server:
        for api_version in ("v1", "v2"):
            year = settings(server, api_version, start_date="2025-07-01", end_date="2026-07-01")
            measure(f"{api_version}, 1 site, a year", year)


if __name__ == "__main__":
    main()
