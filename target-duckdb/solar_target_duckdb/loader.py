"""Takes the tap's messages in order, and decides when to store and to acknowledge."""

from __future__ import annotations

import logging
import time
import typing as t
from collections import Counter

from solar_target_duckdb.database import Database
from solar_target_duckdb.errors import (
    ConversionError,
    InputError,
    NoSchemaError,
    SchemaError,
)
from solar_target_duckdb.load import Load
from solar_target_duckdb.messages import (
    ActivateVersion,
    Batch,
    Record,
    Schema,
    State,
    decode,
    line_number,
)
from solar_target_duckdb.stream import Stream
from solar_target_duckdb.tables import Tables, table_of

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from solar_target_duckdb.feed import Feed
    from solar_target_duckdb.messages import Message
    from solar_target_duckdb.settings import Settings

logger = logging.getLogger("target-duckdb")

# However few the rows, so large a spool is stored.
_MOST_SPOOLED_BYTES = 32 << 20


def _now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Loader:
    """One run of the target.

    The promise: a STATE message is passed on only after every row that came before it is
    in the file, and at the latest ``flush_interval_seconds`` after it came.

    Args:
        settings: The target's settings.
        acknowledge: Takes each state whose rows are stored.
        clock: Seconds that only ever grow.

    Attributes:
        counts: How many messages of each type came.
        complete: Whether the input was read to its end.
    """

    def __init__(
        self,
        settings: Settings,
        acknowledge: Callable[[bytes], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts: Counter[type[Message]] = Counter()
        self.complete = False
        self._settings = settings
        self._acknowledge = acknowledge
        self._clock = clock
        self._stopped = False
        self._started = self._received = _now()
        self._streams: dict[str, Stream] = {}
        self._activations: dict[str, int] = {}
        self._state: bytes | None = None
        self._acknowledged: bytes | None = None
        self._waiting_since: float | None = None
        self._lines = 0
        self._block_bytes = 0
        self._spooled_bytes = 0
        self._database = Database(settings.path, settings.memory_mb)

    @property
    def stream_count(self) -> int:
        """How many streams were declared."""
        return len(self._streams)

    def stop(self) -> None:
        """Read no further; safe to call from a signal handler."""
        self._stopped = True

    def consume(self, feed: Feed) -> None:
        """Take everything from a feed, until it ends or the loader is stopped.

        Args:
            feed: The feed.
        """
        while not (feed.ended or self._stopped):
            block = feed.next_block(self._patience())
            if block is not None:
                self._take(block)
            if self._patience() == 0:
                self.flush()
        self.complete = feed.ended

    def finish(self) -> None:
        """Store and acknowledge what is left, and close the file."""
        self.flush(self._due_activations() if self.complete else None)
        self._database.close()

    def abandon(self) -> None:
        """Release the file after an error."""
        self._database.abandon()

    def flush(self, activations: dict[str, int] | None = None) -> None:
        """Store all pending rows of all streams in one transaction, then acknowledge.

        Args:
            activations: Versions that become the only ones, by stream.
        """
        waiting = [stream for stream in self._streams.values() if stream.pending]
        if waiting or activations:
            for stream in waiting:
                stream.spill(self._block_bytes)
            with self._database.transaction() as connection:
                load = Load(connection, batched=_now(), started=self._started)
                for stream in waiting:
                    load.store(stream)
                for name, version in (activations or {}).items():
                    load.activate(self._streams[name], version, hard=self._settings.hard_delete)
            for stream in waiting:
                stream.clear()
        self._waiting_since = None
        self._spooled_bytes = 0
        if self._state is not None and self._state != self._acknowledged:
            self._acknowledge(self._state)
            self._acknowledged = self._state

    def _patience(self) -> float | None:
        """Return how long the next block may take before something is overdue."""
        if self._waiting_since is None:
            return None
        due = self._waiting_since + self._settings.flush_seconds
        return max(0.0, due - self._clock())

    def _take(self, block: bytes) -> None:
        """Take a block of lines, and keep what is good before the first bad one."""
        messages, bad_line = decode(block, self._lines + 1)
        self._received = _now()
        self._block_bytes = len(block)
        self._spooled_bytes += len(block)
        taken = 0
        try:
            for message in messages:
                if isinstance(message, Record):
                    self._add(message)
                else:
                    self._heed(message)
                taken += 1
        except ConversionError:
            # Raised by a flush: what was pending cannot be stored.
            raise
        except (InputError, SchemaError) as error:
            number = line_number(block, self._lines + 1, taken)
            error.args = (f"{error} (line {number} of the input)",)
            # The good rows need not be fetched again.
            self.flush()
            raise
        if bad_line is not None:
            self.flush()
            raise bad_line
        self.counts.update(map(type, messages))
        self._lines += block.count(b"\n")
        for stream in self._streams.values():
            stream.spill(len(block))
        if self._waiting_since is None:
            self._waiting_since = self._clock()
        if self._spooled_bytes >= _MOST_SPOOLED_BYTES:
            self.flush()

    def _add(self, message: Record) -> None:
        """Take one row."""
        stream = self._streams.get(message.stream) or self._unknown(message.stream)
        if message.version is not None and not stream.versioned and self._settings.versions:
            stream = self._declare(stream.message, versioned=True)
        stream.add(message, self._received)
        if stream.pending >= self._settings.batch_rows:
            self.flush()

    def _heed(self, message: Message) -> None:
        """Take one message other than a row."""
        if isinstance(message, State):
            self._state = bytes(message.value)
        elif isinstance(message, Schema):
            known = self._streams.get(message.stream)
            if known is None or not known.declares(message):
                self._declare(message, versioned=known is not None and known.versioned)
        elif isinstance(message, ActivateVersion):
            self._plan_activation(message)
        elif isinstance(message, Batch):
            msg = (
                f"stream '{message.stream}': BATCH messages are not supported; remove "
                "'batch_config' from the tap's settings"
            )
            raise InputError(msg)

    @staticmethod
    def _unknown(stream: str) -> t.NoReturn:
        """Refuse a message whose stream was not declared."""
        msg = f"stream '{stream}': a message came before the stream's SCHEMA; the tap is at fault"
        raise NoSchemaError(msg)

    def _declare(self, message: Schema, *, versioned: bool) -> Stream:
        """Take over a stream's shape, and make its table fit."""
        known = self._streams.get(message.stream)
        if known is not None and known.pending:
            # These rows have the old shape.
            self.flush()
        spool = known.spool if known else self._database.spool / f"{len(self._streams)}.ndjson"
        stream = Stream(message, self._settings, spool, versioned=versioned)
        table = table_of(stream.name, self._settings.schema)
        for other in self._streams.values():
            if other.name != stream.name and other.layout.name.same_as(table):
                msg = (
                    f"streams '{other.name}' and '{stream.name}' would share the table {table}; "
                    "rename one of them in the tap"
                )
                raise SchemaError(msg)
        columns = [*stream.columns, *(item.column for item in stream.metadata)]
        with self._database.transaction() as connection:
            stream.layout = Tables(connection).prepare(stream.name, table, columns, stream.keys)
        if known is not None:
            stream.unversioned = known.unversioned
        self._streams[stream.name] = stream
        return stream

    def _plan_activation(self, message: ActivateVersion) -> None:
        """Note that only one version of a stream's rows shall remain.

        Taps of the SDK announce the version before they send its rows. Acting at once
        would lose the old rows if the tap then failed, so this waits for the end of the
        input; until then nobody else can read the file anyway.
        """
        stream = self._streams.get(message.stream) or self._unknown(message.stream)
        if not self._settings.versions:
            return
        if not stream.versioned:
            self._declare(stream.message, versioned=True)
        self._activations[message.stream] = message.version

    def _due_activations(self) -> dict[str, int]:
        """Return the versions to activate, without those that would delete current rows."""
        due = {}
        for name, version in self._activations.items():
            if self._streams[name].unversioned:
                logger.warning(
                    "stream '%s': its ACTIVATE_VERSION is ignored, because rows of this run "
                    "carry no version and would be taken for old ones",
                    name,
                )
            else:
                due[name] = version
        return due
