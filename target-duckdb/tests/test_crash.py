"""Whatever ends a run, the file holds whole transactions and covers every state passed on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import typing as t

import duckdb
import pytest

from solar_target_duckdb.errors import WarehouseError

if t.TYPE_CHECKING:
    import subprocess

    from conftest import Command, Singer, Warehouse

pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and limits")
STREAMS = ("a", "b")
TOTAL = 4000


def lines_of(singer: Singer, total: int = TOTAL) -> list[str]:
    """Write a tap's output: two streams, a state every ten rows, a widening half way."""
    lines = [singer.schema(name, {"id": "integer", "v": "integer"}, ["id"]) for name in STREAMS]
    for n in range(total):
        lines.append(singer.record(STREAMS[n % 2], {"id": n, "v": n}))
        if n % 10 == 9:
            lines.append(singer.state(n + 1))
        if n == total // 2:
            lines += [
                singer.schema(name, {"id": "integer", "v": "number", "w": "string"}, ["id"])
                for name in STREAMS
            ]
    return lines


def stored(path: t.Any) -> list[int]:
    """Return the ids in both tables, in order."""
    with duckdb.connect(str(path)) as connection:
        names = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
        parts = [f"SELECT id FROM {name}" for name in STREAMS if name in names]  # noqa: S608
        if not parts:
            return []
        rows = connection.execute(f"{' UNION ALL '.join(parts)} ORDER BY id").fetchall()
    return [row[0] for row in rows]


def write_all(process: subprocess.Popen[str], lines: list[str]) -> threading.Thread:
    """Write lines to a process beside the test, until they end or it dies."""

    def write() -> None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write("".join(f"{line}\n" for line in lines))
            process.stdin.flush()

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def close(process: subprocess.Popen[str]) -> None:
    """Wait for a process and close its pipes."""
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


@posix
def test_kill_at_any_moment(command: Command, singer: Singer) -> None:
    """After kill -9 the file opens, lacks nothing acknowledged, and a rerun makes it exact."""
    path = command.folder / "w.duckdb"
    config = {"filepath": str(path), "batch_size_rows": 50, "flush_interval_seconds": 0}
    lines = lines_of(singer)
    chance = random.Random(20261122)  # noqa: S311
    for _ in range(8):
        process = command.start(config)
        writer = write_all(process, lines)
        states = [int(process.stdout.readline()) for _ in range(chance.randrange(1, 40))]
        process.kill()
        writer.join()
        close(process)
        ids = stored(path)
        assert ids == sorted(set(ids))
        assert set(range(states[-1])) <= set(ids)
    done = command.run(config, *lines)
    assert done.returncode == 0
    assert stored(path) == list(range(TOTAL))
    assert sorted(p.name for p in command.folder.iterdir()) == ["config.json", "w.duckdb"]


@posix
def test_kill_before_anything(command: Command) -> None:
    """A run killed while it starts leaves no file or a good one."""
    path = command.folder / "w.duckdb"
    chance = random.Random(7)  # noqa: S311
    for _ in range(4):
        process = command.start({"filepath": str(path)})
        # Not a wait for something to happen: the moment of the kill is meant to vary.
        for _ in range(chance.randrange(200_000)):
            pass
        process.kill()
        close(process)
        if path.exists():
            assert stored(path) == []


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_termination_stores_and_says_so(
    command: Command, singer: Singer, number: int, code: int
) -> None:
    """Asked to stop while it waits, the target stores what came, and does not claim success."""
    path = command.folder / "w.duckdb"
    # The interval is endless: only the signal can make it store and acknowledge.
    process = command.start({"filepath": str(path), "flush_interval_seconds": 1e6})
    rows = [{"id": n, "v": n} for n in range(100)]
    lines = [singer.schema("a", {"id": "integer", "v": "integer"}, ["id"])]
    lines += [singer.record("a", row) for row in rows]
    process.stdin.write("".join(f"{line}\n" for line in [*lines, singer.state(100)]))
    process.stdin.flush()
    spool = command.folder / "w.duckdb.spool"
    arrived = sum(len(json.dumps(row)) + 1 for row in rows)
    while not (spool / "0.ndjson").exists() or (spool / "0.ndjson").stat().st_size < arrived:
        assert process.poll() is None
    process.send_signal(number)
    # Its input stays open: an end of the input would make the run a complete one.
    output, errors = process.stdout.read(), process.stderr.read()
    close(process)
    assert process.returncode == code
    assert [json.loads(line) for line in output.splitlines()] == [100]
    assert "before the end of the input" in errors
    assert "Traceback" not in errors
    assert stored(path) == list(range(100))
    assert not spool.exists()


@posix
def test_full_disk(command: Command, singer: Singer) -> None:
    """When the file cannot grow, one line says so and what was acknowledged is there."""
    path = command.folder / "w.duckdb"
    config = {"filepath": str(path), "batch_size_rows": 500}
    lines = [singer.schema("a", {"id": "integer", "v": "string"}, ["id"])]
    for n in range(20_000):
        noise = random.Random(n).randbytes(100).hex()  # noqa: S311
        lines.append(singer.record("a", {"id": n, "v": noise}))
        if n % 100 == 99:
            lines.append(singer.state(n + 1))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))"
    done = command.run(config, *lines, prelude=limit)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot write" in done.stderr
    assert "run again" in done.stderr
    states = [json.loads(line) for line in done.stdout.splitlines()]
    assert states
    assert set(range(states[-1])) <= set(stored(path))
    done = command.run(config, *lines)
    assert done.returncode == 0
    assert stored(path) == list(range(20_000))


def test_full_disk_of_the_spool(
    warehouse: Warehouse, singer: Singer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same holds when it is the rows on their way that find no room."""
    from pathlib import Path  # noqa: PLC0415

    original = Path.open

    def full(self: Path, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if self.suffix == ".ndjson":
            raise OSError(28, "No space left on device")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(WarehouseError, match=r"cannot write beside .*: No space left on device; "):
        warehouse.load(singer.schema("a", {"id": "integer"}), singer.record("a", {"id": 1}))


def test_rest_of_a_killed_run_is_cleared(warehouse: Warehouse, singer: Singer) -> None:
    """Rows that a killed run left beside the file are removed, not loaded."""
    spool = warehouse.path.with_name("warehouse.duckdb.spool")
    spool.mkdir()
    (spool / "0.ndjson").write_text('{"id": 99}\n')
    warehouse.load(singer.schema("a", {"id": "integer"}), singer.record("a", {"id": 1}))
    assert warehouse.query("FROM a") == [(1,)]
    assert [p.name for p in warehouse.path.parent.iterdir()] == ["warehouse.duckdb"]


def test_rows_read_back_are_counted(
    warehouse: Warehouse, singer: Singer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a row were lost between the tap and the table, nothing would be stored."""
    from solar_target_duckdb.stream import Stream  # noqa: PLC0415

    original = Stream.spill

    def lossy(self: Stream, block_bytes: int) -> None:
        original(self, block_bytes)
        if self.spool.exists():
            lines = self.spool.read_bytes().splitlines(keepends=True)
            self.spool.write_bytes(b"".join(lines[1:]))

    monkeypatch.setattr(Stream, "spill", lossy)
    with pytest.raises(WarehouseError, match="only 0 of 1 rows could be read back"):
        warehouse.load(singer.schema("a", {"id": "integer"}), singer.record("a", {"id": 1}))
    assert warehouse.query("FROM a") == []


@posix
def test_command_line_is_quiet_and_complete(command: Command, singer: Singer) -> None:
    """A good run prints its states and one line about what it stored."""
    done = command.run({"filepath": "w.duckdb"}, *lines_of(singer, 100))
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "100"
    [line] = [line for line in done.stderr.splitlines() if "widening" not in line]
    assert line.endswith(f"stored 100 rows of 2 streams in {command.folder / 'w.duckdb'}")
