"""Speed, memory and STATE of tap-sigen, with a stream of the SDK's defaults beside it.

    python benchmarks/tap_sigen_speed.py

Each measurement runs the tap as its own process against a simulator in another; figures are
the tap's CPU seconds, its start included and, behind it, excluded, and its highest memory.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import load
from solar_simulator.server import SimulatorServer

NOW = dt.datetime(2026, 7, 1, 6, tzinfo=dt.UTC)

OURS = """
import atexit, json, sys, tempfile, time
from pathlib import Path
from tap_sigen.tap import TapSigen
began = time.process_time()
def tell():
    peak = [l for l in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in l]
    print("cpu", time.process_time(), "sync", time.process_time() - began, "peak",
        peak[0].split()[1], file=sys.stderr)
atexit.register(tell)
path = Path(tempfile.mkdtemp()) / "config.json"
path.write_text(sys.argv[1])
sys.argv[1:] = ["--config", str(path)]
TapSigen.cli()
"""

DEFAULTS = """
import base64, datetime as dt, json, sys, time
from pathlib import Path
import requests
from singer_sdk import Tap, typing as th
from singer_sdk.streams import RESTStream
from tap_sigen.fields import INTERVAL_FIELDS
from solar_tap_kit.fields import object_schema, snake_case
config = json.loads(sys.argv[1])

class Rows(RESTStream):
    name, path = "rows", "/openapi/systems/{system}/history"
    schema = object_schema(INTERVAL_FIELDS)
    primary_keys = ("system_id", "local_date", "seq")
    replication_key = "recorded_at"
    url_base = config["api_url"]

    @property
    def partitions(self):
        first = dt.date.fromisoformat(config["start_date"])
        end = dt.date.fromisoformat(config["end_date"])
        return [{"system": s, "day": str(first + dt.timedelta(days=n))}
                for s in config["system_ids"] for n in range((end - first).days)]

    @property
    def http_headers(self):
        return {"Authorization": "Bearer " + config["token"]}

    def get_url_params(self, context, next_page_token):
        return {"level": "Day", "date": context["day"]}

    def parse_response(self, response):
        for seq, item in enumerate(json.loads(response.json()["data"])["itemList"]):
            yield {**{snake_case(k): v for k, v in item.items()}, "seq": seq}

    def post_process(self, row, context=None):
        stamp = dt.datetime.strptime(row["data_time"], "%Y%m%d %H:%M")
        return {**row, "system_id": context["system"], "local_date": context["day"],
                "recorded_at": stamp.isoformat() + "Z", "local_time": str(stamp)}

class Defaults(Tap):
    name = "defaults"
    config_jsonschema = th.PropertiesList().to_dict()
    def discover_streams(self):
        return [Rows(self)]

login = requests.post(config["api_url"] + "/openapi/auth/login/password",
    json={n: config[n] for n in ("username", "password")}).json()
config["token"] = json.loads(login["data"])["accessToken"]
tap = Defaults(config={})
began = time.process_time()
tap.sync_all()
spent = time.process_time() - began
peak = [l for l in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in l]
print("cpu", time.process_time(), "sync", spent, "peak", peak[0].split()[1], file=sys.stderr)
"""


def measure(title: str, code: str, config: dict[str, Any]) -> None:
    """Run a tap as a process and print what it took."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", code, json.dumps(config)],
            stdout=out, stderr=subprocess.PIPE, text=True, env=environment, check=False,
        )  # fmt: skip
        found = re.search(r"cpu (\S+) sync (\S+) peak (\d+)", done.stderr)
        if done.returncode or not found:
            sys.exit(done.stderr[-2000:])
        out.seek(0)
        rows = records = states = 0
        for line in out:
            if b'"RECORD"' in line[:40]:
                rows += b'"seq"' in line
                records += len(line)
            elif b'"STATE"' in line[:40]:
                states += len(line)
    cpu, sync, peak = float(found[1]), float(found[2]), int(found[3]) / 1024
    print(  # noqa: T201 - the benchmark's output
        f"{title:52} {rows:>8,} rows  {cpu:6.1f} s CPU  {rows / cpu:>8,.0f} rows/s "
        f"({rows / sync:,.0f} without the start)  {peak:5.0f} MB  "
        f"STATE {states / max(records, 1):.4f} of RECORD"
    )


def settings(server: SimulatorServer, **more: Any) -> dict[str, Any]:
    """Return settings for a simulated cloud, with an empty state folder."""
    return {
        "api_url": server.sigen_url,
        "username": server.credentials.sigen_username,
        "password": server.credentials.sigen_password,
        "state_dir": tempfile.mkdtemp(),
        "on_quota_exhausted": "wait",
        "max_concurrent_requests": 1,
        **more,
    }


FLEET = """
title = "Many systems"
now = {now}
seed = 1
[fleet]
sigen = {systems}
installed_at = {installed}
"""


def fleet(systems: int, days: int) -> SimulatorServer:
    """Return a cloud of many systems that have been installed some days ago."""
    path = Path(tempfile.mkdtemp()) / "many.toml"
    installed = NOW - dt.timedelta(days=days)
    path.write_text(
        FLEET.format(
            now=f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            systems=systems,
            installed=f"{installed:%Y-%m-%dT%H:%M:%SZ}",
        ),
        encoding="utf-8",
    )
    return SimulatorServer(load(str(path)), VirtualClock(NOW))


def main() -> None:
    """Run all measurements."""
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    with SimulatorServer("home", VirtualClock(NOW)) as server:
        one = {
            "system_ids": ["LINDE1709625600"],
            "start_date": str(NOW.date() - dt.timedelta(days=days)),
            "end_date": str(NOW.date()),
        }
        ours = settings(server, **one)
        measure(f"one system, {days} days", OURS, ours)
        measure("the same again from the archive", OURS, ours)
        measure("the same through the SDK's defaults", DEFAULTS, settings(server, **one))
    for systems in (1000, 3000):
        with fleet(systems, 2) as server:
            some = {"start_date": "2026-06-29", "end_date": "2026-07-01"}
            measure(f"{systems:,} systems, 2 days", OURS, settings(server, **some))


if __name__ == "__main__":
    main()
