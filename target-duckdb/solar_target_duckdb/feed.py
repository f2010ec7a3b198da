"""Reads the tap's output in a thread, so that waiting for it never stops the clock."""

from __future__ import annotations

import io
import os
import queue
import threading
import typing as t

_BLOCK_BYTES = 1 << 18
_BLOCKS_AHEAD = 8
# A signal that arrives just before a wait begins is seen only after it.
_LONGEST_WAIT_SECONDS = 1.0


class Feed(t.Protocol):
    """Where blocks of lines come from."""

    @property
    def ended(self) -> bool:
        """Whether everything has been handed out."""

    def next_block(self, timeout: float | None) -> bytes | None:
        """Wait for a block of whole lines.

        Args:
            timeout: How many seconds to wait at most; None if nothing is due.

        Returns:
            The block, or None if none came in time.
        """

    def wake(self) -> None:
        """End the current or next wait at once; safe to call from a signal handler."""


def _reader(source: t.IO[t.Any]) -> t.Callable[[], bytes]:
    """Return a function that reads the next bytes, as soon as there are any."""
    try:
        descriptor = source.fileno()
    except (AttributeError, io.UnsupportedOperation):

        def read() -> bytes:
            data = source.read(_BLOCK_BYTES)
            return data.encode() if isinstance(data, str) else bytes(data)

        return read
    # Not through the buffered stream: a thread that waits inside one for a silent tap
    # keeps its lock, and Python aborts when it cannot take that lock at exit.
    return lambda: os.read(descriptor, _BLOCK_BYTES)


class StreamFeed:
    """A feed from an open file or pipe.

    Args:
        source: The stream to read.
    """

    def __init__(self, source: t.IO[t.Any]) -> None:
        self.ended = False
        self._read = _reader(source)
        self._ready: queue.SimpleQueue[bytes | BaseException | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_BLOCKS_AHEAD)
        self._thread = threading.Thread(target=self._pump, name="input", daemon=True)
        self._started = False

    def next_block(self, timeout: float | None) -> bytes | None:
        """Wait for a block of whole lines.

        Args:
            timeout: How many seconds to wait at most; None to wait for a while.

        Returns:
            The block, or None if none came in time.
        """
        if not self._started:
            self._started = True
            self._thread.start()
        longest = _LONGEST_WAIT_SECONDS
        try:
            item = self._ready.get(timeout=longest if timeout is None else min(timeout, longest))
        except queue.Empty:
            return None
        if isinstance(item, bytes):
            self._room.release()
        elif item is not None:
            self.ended = True
            if not isinstance(item, EOFError):
                raise item
            return None
        return item

    def wake(self) -> None:
        """End the current or next wait at once; safe to call from a signal handler."""
        self._ready.put(None)

    def _pump(self) -> None:
        """Read until the end, cutting at line ends."""
        rest: list[bytes] = []
        try:
            while data := self._read():
                cut = data.rfind(b"\n") + 1
                if cut:
                    self._hand_over(b"".join([*rest, data[:cut]]))
                    rest = []
                rest.append(data[cut:])
            self._hand_over(b"".join(rest))
            self._ready.put(EOFError())
        except Exception as error:  # noqa: BLE001 - it is raised again where it can be told
            self._ready.put(error)

    def _hand_over(self, block: bytes) -> None:
        """Queue a block when there is room."""
        if block:
            self._room.acquire()
            self._ready.put(block)
