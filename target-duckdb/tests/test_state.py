"""STATE is passed on when, and only when, everything before it is stored."""

from __future__ import annotations

import io
import itertools
import json
import typing as t

import duckdb
import pytest

from solar_target_duckdb.errors import InputError
from solar_target_duckdb.loader import Loader
from solar_target_duckdb.settings import Settings
from solar_target_duckdb.target import TargetDuckDB

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Command, Singer, Warehouse


pytestmark = pytest.mark.slow


class Script:
    """A feed and a clock that follow a script instead of the time of day.

    Args:
        steps: Blocks to hand out, and numbers of seconds to stay silent.
    """

    def __init__(self, steps: list[str | float]) -> None:
        self.now = 0.0
        self.ended = False
        self._steps = steps

    def clock(self) -> float:
        """Return the scripted time."""
        return self.now

    def next_block(self, timeout: float | None) -> bytes | None:
        """Play the next step."""
        if not self._steps:
            self.ended = True
            return None
        step = self._steps[0]
        if isinstance(step, str):
            del self._steps[0]
            return step.encode()
        if timeout is not None and timeout < step:
            self.now += timeout
            self._steps[0] = step - timeout
            return None
        self.now += step
        del self._steps[0]
        return self.next_block(None)

    def wake(self) -> None:
        """Do nothing; nobody waits."""


@pytest.fixture
def play(warehouse: Warehouse) -> Callable[..., list[tuple[float, t.Any]]]:
    """Return a function that plays a script and returns each state with its time.

    With every state it checks the promise against the rows of table ``s``, through the
    loader's own connection.
    """

    def run(*steps: str | float, **settings: t.Any) -> list[tuple[float, t.Any]]:
        script = Script([f"{step}\n" if isinstance(step, str) else step for step in steps])
        seen: list[tuple[float, t.Any]] = []

        def acknowledge(raw: bytes) -> None:
            state = json.loads(raw)
            other = loader._database.connection.cursor()  # noqa: SLF001
            [[stored]] = other.execute("SELECT count(*) FROM warehouse.main.s").fetchall()
            assert stored >= state
            seen.append((script.now, state))

        loader = Loader(Settings(warehouse.path, **settings), acknowledge, script.clock)
        loader.consume(script)
        loader.finish()
        return seen

    return run


def test_silent_tap_is_acknowledged(play: t.Any, singer: Singer) -> None:
    """While the tap waits for its quota, what it sent is stored within the interval."""
    states = play(
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.record("s", {"id": 1}),
        singer.state(1),
        310.0,
        singer.record("s", {"id": 2}),
        1.0,
        singer.state(2),
        310.0,
    )
    assert states == [(5.0, 1), (315.0, 2)]


def test_interval_is_a_setting(play: t.Any, singer: Singer) -> None:
    """A longer interval waits longer, none at all acknowledges at once."""
    lines = [
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.record("s", {"id": 1}),
        singer.state(1),
        100.0,
    ]
    assert play(*lines, flush_seconds=60.0) == [(60.0, 1)]
    assert play(*lines, flush_seconds=0.0) == [(0.0, 1)]


def test_busy_tap_is_acknowledged(play: t.Any, singer: Singer) -> None:
    """A tap that never pauses does not put the acknowledgement off."""
    steps: list[str | float] = [singer.schema("s", {"id": "integer"}, ["id"])]
    for n in range(100):
        steps += [singer.record("s", {"id": n}), singer.state(n + 1), 0.5]
    states = play(*steps)
    times = [time for time, _ in states]
    assert times[0] == 5.0
    assert all(later - earlier <= 5.5 for earlier, later in itertools.pairwise(times))
    assert states[-1] == (50.0, 100)


def test_waiting_costs_nothing(play: t.Any, singer: Singer) -> None:
    """With nothing pending a silent tap causes no flush and no repeated state."""
    assert play(singer.schema("s", {"id": "integer"}), singer.state(0), 5000.0) == [(5.0, 0)]


def test_state_covers_every_stream(play: t.Any, singer: Singer) -> None:
    """A full batch of one stream stores the rows of all, before any state goes out."""
    states = play(
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.schema("b", {"id": "integer"}, ["id"]),
        *(singer.record("s", {"id": n}) for n in range(9)),
        singer.state(9),
        *(singer.record("b", {"id": n}) for n in range(25)),
        batch_rows=10,
    )
    assert states[0] == (0.0, 9)


def test_state_without_rows(play: t.Any, singer: Singer) -> None:
    """State is passed on even if no row came with it."""
    assert play(singer.schema("s", {"id": "integer"}), singer.state(0)) == [(0.0, 0)]


def test_state_is_passed_on_unchanged(warehouse: Warehouse) -> None:
    """The tap gets its own bytes back: big numbers, key order and all."""
    value = '{"b": 1.10, "a": 123456789012345678901234567890, "ü": "\\u00e9"}'
    states = warehouse.load(f'{{"type": "STATE", "value": {value}}}')
    assert states == [json.loads(value)]


def test_state_keeps_its_encoding(command: Command) -> None:
    """A terminal that is not set to UTF-8 does not change the state."""
    command.environment["PYTHONIOENCODING"] = "ascii"
    done = command.run({"filepath": "w.duckdb"}, '{"type": "STATE", "value": {"größe": 1}}')
    assert done.returncode == 0
    assert done.stdout == '{"größe": 1}\n'


def test_rows_before_a_bad_line_are_acknowledged(
    warehouse: Warehouse, singer: Singer, capsys: pytest.CaptureFixture[str]
) -> None:
    """What came before the tap broke is stored, and need not be fetched again."""
    target = TargetDuckDB(config={"filepath": str(warehouse.path)})
    lines = [
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.record("s", {"id": 1}),
        singer.state(1),
        singer.record("s", {"id": 2}),
        '{"type": "RECORD", "stream": "s", "rec',
    ]
    with pytest.raises(InputError, match="line 5 of the input is not a Singer message"):
        target.process_lines(io.StringIO("\n".join(lines)))
    assert capsys.readouterr().out == "1\n"
    assert warehouse.query("SELECT count(*) FROM s") == [(2,)]


def test_rows_before_a_bad_value_are_acknowledged(
    warehouse: Warehouse, singer: Singer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same holds when a row cannot be stored."""
    target = TargetDuckDB(config={"filepath": str(warehouse.path)})
    lines = [
        singer.schema("s", {"id": "integer"}, ["id"]),
        singer.record("s", {"id": 1}),
        singer.state(1),
        singer.record("s", {"id": "x"}),
        singer.state(2),
    ]
    with pytest.raises(InputError, match=r"column 'id'.*\(line 4 of the input\)"):
        target.process_lines(io.StringIO("\n".join(lines)))
    assert capsys.readouterr().out == "1\n"
    assert warehouse.query("FROM s") == [(1,)]


def test_large_rows_do_not_pile_up(
    play: t.Any, singer: Singer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are stored when they fill the spool, however few they are."""
    monkeypatch.setattr("solar_target_duckdb.loader._MOST_SPOOLED_BYTES", 1000)
    states = play(
        singer.schema("s", {"id": "integer", "v": "string"}, ["id"]),
        singer.record("s", {"id": 1, "v": "x" * 500}),
        singer.state(1),
        1.0,
        singer.record("s", {"id": 2, "v": "x" * 500}),
        singer.state(2),
        100.0,
    )
    assert states == [(1.0, 1), (6.0, 2)]


def test_failed_transaction_acknowledges_nothing(
    warehouse: Warehouse, singer: Singer, capsys: pytest.CaptureFixture[str]
) -> None:
    """If any stream's rows cannot be stored, no stream's are, and no state goes out."""
    target = TargetDuckDB(config={"filepath": str(warehouse.path)})
    lines = [
        singer.schema("a", {"id": "integer"}, ["id"]),
        singer.schema("b", {"on": {"type": "string", "format": "date"}}),
        singer.record("a", {"id": 1}),
        singer.state(1),
        singer.record("b", {"on": "2026-02-30"}),
    ]
    target.process_lines(io.StringIO("\n".join(lines)))
    with pytest.raises(InputError, match=r"column 'on'.*2026-02-30"):
        target.process_endofpipe()
    assert capsys.readouterr().out == ""
    assert warehouse.query("SELECT count(*) FROM a") == [(0,)]


def test_reader_of_states_is_gone(command: Command, singer: Singer) -> None:
    """When nobody reads the states any more, rows are safe and the run says so."""
    process = command.start({"filepath": "w.duckdb", "batch_size_rows": 1})
    process.stdout.close()
    lines = [singer.schema("s", {"id": "integer"}), singer.record("s", {"id": 1})]
    process.stdin.write("\n".join([*lines, singer.state(1)]))
    process.stdin.close()
    errors = process.stderr.read()
    assert process.wait() == 1
    process.stderr.close()
    assert errors.count("\n") == 1
    assert "the program that reads the states is gone" in errors
    with duckdb.connect(str(command.folder / "w.duckdb"), read_only=True) as connection:
        assert connection.execute("FROM s").fetchall() == [(1,)]
