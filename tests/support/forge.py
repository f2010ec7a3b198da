"""Real processes of taps, loaders and dbt that die where they are told to, cheaply.

Starting one of these programs costs one to three seconds of imports. This process imports
all of them once and forks for each run; the child is an ordinary process with its own
memory, files and connections, and is killed by an ordinary signal.

One request a line on standard input, one answer a line on standard output:
`{"programs": [{"name": ..., "arguments": [...], "kill": {...}}, ...], "environment": {...},
"log": path}` runs the programs as a pipe; the answer has their exit codes and what the last
one printed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING, Any

import duckdb
from dbt.cli.main import dbtRunner
from singer_sdk.sinks import BatchSink
from target_postgres.sinks import PostgresSink
from target_postgres.target import TargetPostgres

from solar_tap_kit.clock import SystemClock
from solar_tap_kit.wire import Wire
from solar_target_duckdb.loader import Loader
from solar_target_duckdb.target import TargetDuckDB
from tap_sigen.tap import TapSigen
from tap_solaredge.tap import TapSolarEdge

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS: dict[str, Callable[..., Any]] = {
    "tap-sigen": TapSigen.cli,
    "tap-solaredge": TapSolarEdge.cli,
    "target-duckdb": TargetDuckDB.cli,
    "target-postgres": TargetPostgres.cli,
}
WRITING = ("create table", "create view", "insert into", "delete from", "commit", "rename to")


class Fuse:
    """Kills this process at the n-th time that something happens.

    Args:
        kill: `at` (what), `nth`, `signal`, and `when`: before or after.
    """

    def __init__(self, kill: dict[str, Any]) -> None:
        self.left = int(kill.get("nth", 0))
        self.signal = int(kill.get("signal", signal.SIGKILL))
        self.after = kill.get("when") == "after"

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that counts, and kills before or after the n-th call."""

        def counted(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            mine = self.left == 0
            if mine and not self.after:
                os.kill(os.getpid(), self.signal)
            result = function(*arguments, **named)
            if mine and self.after:
                os.kill(os.getpid(), self.signal)
            return result

        return counted

    def burn(self) -> None:
        """Count one event."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.signal)


def arm(kill: dict[str, Any]) -> None:
    """Put the fuse where the request wants it."""
    fuse, at = Fuse(kill), kill.get("at")
    if at == "call":
        Wire.exchange = fuse.around(Wire.exchange)  # type: ignore[method-assign]
    elif at == "flush":
        Loader.flush = fuse.around(Loader.flush)  # type: ignore[method-assign]
    elif at == "batch":
        for sink in (PostgresSink, BatchSink):
            if "process_batch" in vars(sink):
                sink.process_batch = fuse.around(sink.process_batch)  # type: ignore[method-assign]
    if limit := kill.get("file_size"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if days := kill.get("clock_days"):
        now = SystemClock.now
        SystemClock.now = lambda self: now(self) + dt.timedelta(days=days)  # type: ignore[method-assign]


def run_dbt(arguments: list[str], kill: dict[str, Any]) -> int:
    """Run dbt in this process; a fuse burns at the writing statements of one model."""
    fuse, model = Fuse(kill), kill.get("model")

    def watch(event: Any) -> None:
        if event.info.name != "SQLQuery" or model is None:
            return
        node = event.data.node_info.node_name
        statement = event.data.sql.lower()
        if node == model and any(word in statement for word in WRITING):
            fuse.burn()

    done = dbtRunner(callbacks=[watch]).invoke(arguments)
    return 0 if done.success else 1


def become(program: dict[str, Any], request: dict[str, Any], source: int, sink: int) -> None:
    """Turn this forked child into a program; never returns."""
    code = 1
    try:
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for number, descriptor in enumerate((source, sink, log)):
            os.dup2(descriptor, number)
        os.closerange(3, 256)
        os.environ.clear()
        os.environ.update(request["environment"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        kill = program.get("kill") or {}
        if program["name"] == "dbt":
            code = run_dbt(program["arguments"], kill)
        else:
            arm(kill)
            PROGRAMS[program["name"]](program["arguments"], prog_name=program["name"])
            code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except BaseException:  # noqa: BLE001 - a child must not go on as a copy of its parent
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                code = code or 1
        os._exit(code)


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run the programs of a request as a pipe."""
    children = []
    source = os.open(os.devnull, os.O_RDONLY)
    with tempfile.TemporaryFile() as answer:
        for number, program in enumerate(request["programs"]):
            last = number == len(request["programs"]) - 1
            following, sink = (-1, answer.fileno()) if last else os.pipe()
            child = os.fork()
            if child == 0:
                become(program, request, source, sink)
            os.close(source)
            if not last:
                os.close(sink)
                source = following
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        answer.seek(0)
        return {"codes": codes, "printed": answer.read().decode(errors="replace")}


def main() -> None:
    """Answer requests until there are no more."""
    duckdb.connect().close()
    answer({"ready": True})
    for line in sys.stdin:
        answer(run(json.loads(line)))


def answer(value: dict[str, Any]) -> None:
    """Write one answer."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
