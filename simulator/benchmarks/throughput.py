# ruff: noqa: INP001 - a script beside the package, not part of it
"""How many rows a second the simulator serves: 3,000 sites, one day of quarter-hours each.

Run it with ``python simulator/benchmarks/throughput.py``. The server is a process of its
own; what counts is the processor time it spends, which is what one core can do, however
slow the client is. The day is worked out in advance (``--cold`` leaves that out).
"""

import argparse
import http.client
import json
import multiprocessing
import time
from multiprocessing.connection import Connection

from solar_simulator.scenario import load
from solar_simulator.server import SimulatorServer

DAY = "from=2026-06-20T00:00:00&to=2026-06-21T00:00:00"
KEY = {"X-API-Key": "DEMO-FLEET-KEY"}
FIRST_SITE = 5_000_000


def serve(pipe: Connection) -> None:
    """Serve the fleet until the process is ended."""
    server = SimulatorServer(load("fleet"))
    pipe.send(server.url)
    server.serve_forever()


def ask(client: http.client.HTTPConnection, method: str, path: str, body: str = "") -> bytes:
    """One call over the open connection."""
    client.request(method, path, body or None, {**KEY, "Content-Type": "application/json"})
    answer = client.getresponse()
    text = answer.read()
    if answer.status >= http.client.BAD_REQUEST:
        raise SystemExit(f"{answer.status} {path}: {text[:200]!r}")  # noqa: EM102, TRY003
    return text


def cpu_seconds(client: http.client.HTTPConnection) -> float:
    """Processor time of the server so far."""
    return float(json.loads(ask(client, "GET", "/_sim/health"))["cpu_seconds"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=3000)
    parser.add_argument("--cold", action="store_true", help="work the day out while serving")
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    client = http.client.HTTPConnection(ours.recv().removeprefix("http://"))
    sites = range(FIRST_SITE, FIRST_SITE + options.sites)
    try:
        if not options.cold:
            before = cpu_seconds(client)
            wish = {"first": "2026-06-20", "last": "2026-06-20", "vendor": "solaredge"}
            ask(client, "POST", "/_sim/warm", json.dumps(wish))
            print(f"worked out in advance in {cpu_seconds(client) - before:.1f} s")  # noqa: T201
        ask(client, "GET", f"/solaredge/v2/sites/{sites[0]}/energy?{DAY}")
        begun_cpu, begun = cpu_seconds(client), time.perf_counter()
        rows = sum(
            ask(client, "GET", f"/solaredge/v2/sites/{site}/energy?{DAY}").count(b'"timestamp"')
            for site in sites
        )
        spent, passed = cpu_seconds(client) - begun_cpu, time.perf_counter() - begun
    finally:
        process.terminate()
    print(f"{rows} rows of {len(sites)} sites")  # noqa: T201
    print(f"{spent:.2f} s of one core: {rows / spent:,.0f} rows/s")  # noqa: T201
    print(f"{passed:.2f} s by the clock, client included: {rows / passed:,.0f} rows/s")  # noqa: T201


if __name__ == "__main__":
    main()
