"""The input is cut into whole lines, however it arrives."""

from __future__ import annotations

import io
import itertools
import os
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_target_duckdb.feed import StreamFeed
from solar_target_duckdb.messages import State, decode, line_number


class Slices(io.RawIOBase):
    """A stream that returns what it is told, piece by piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        """Return the next piece."""
        return self._pieces.pop(0) if self._pieces else b""


def drain(source: t.Any) -> list[bytes]:
    """Return all blocks of a source."""
    feed = StreamFeed(source)
    blocks = []
    while not feed.ended:
        block = feed.next_block(None)
        if block is not None:
            blocks.append(block)
    return blocks


@given(st.lists(st.binary(min_size=1, max_size=6), max_size=12))
def test_blocks_are_whole_lines(pieces: list[bytes]) -> None:
    """No byte is lost, and every block but the last ends where a line ends."""
    blocks = drain(Slices(list(pieces)))
    assert b"".join(blocks) == b"".join(pieces)
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_pipe_and_text_sources(tmp_path: t.Any) -> None:
    """Pipes, files and texts in memory are all read."""
    text = "ä\n" * 300_000
    assert b"".join(drain(io.StringIO(text))) == text.encode()
    path = tmp_path / "in.singer"
    path.write_text(text)
    with path.open() as file:
        assert b"".join(drain(file)) == text.encode()
    inner, outer = os.pipe()
    os.write(outer, b"a\nb")
    os.close(outer)
    with os.fdopen(inner) as pipe:
        assert drain(pipe) == [b"a\n", b"b"]


def test_time_out_and_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting ends when the time is over, or at once when somebody says so."""
    monkeypatch.setattr("solar_target_duckdb.feed._LONGEST_WAIT_SECONDS", 0.001)
    inner, outer = os.pipe()
    with os.fdopen(inner) as pipe:
        feed = StreamFeed(pipe)
        assert feed.next_block(0) is None
        feed.wake()
        assert feed.next_block(None) is None
        assert not feed.ended
        os.write(outer, b"x\n")
        blocks = (feed.next_block(None) for _ in itertools.count())
        assert next(filter(None, blocks)) == b"x\n"
        assert feed.next_block(None) is None
        assert not feed.ended
        os.close(outer)
        while not feed.ended:
            assert feed.next_block(None) is None


def test_error_of_the_source_is_raised() -> None:
    """A read that fails is not taken for the end of the input."""

    class Broken(Slices):
        def read(self, _size: int = -1) -> bytes:
            """Fail."""
            msg = "disk gone"
            raise OSError(msg)

    with pytest.raises(OSError, match="disk gone"):
        drain(Broken([]))


def test_good_lines_before_a_bad_one() -> None:
    """Decoding a block keeps what is good and numbers what is not."""
    block = b'{"type":"STATE","value":1}\n\n{"type":"STATE","value":2}\nnonsense\n'
    messages, error = decode(block, 11)
    assert [bytes(m.value) for m in messages if isinstance(m, State)] == [b"1", b"2"]
    assert str(error).startswith("line 14 of the input is not a Singer message")
    assert [line_number(block, 11, index) for index in range(3)] == [11, 13, 14]


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    """A line nested without measure is refused like any other bad line."""
    line = b'{"type":"STATE","value":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"
    messages, error = decode(line, 1)
    assert messages == []
    assert str(error).startswith("line 1 of the input is not a Singer message")
