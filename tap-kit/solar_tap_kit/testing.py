"""A virtual clock, a scripted HTTP server and a collector, for the tests of taps."""

from __future__ import annotations

import copy
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message, StateMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from solar_tap_kit.fields import Record
    from solar_tap_kit.tap import SolarTap


@dataclass
class VirtualClock:
    """Time that passes only when somebody waits."""

    time: dt.datetime = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    waits: list[float] = field(default_factory=list)
    stopping: bool = False

    def now(self) -> dt.datetime:
        """Return the virtual present."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.waits.append(seconds)
        self.time += dt.timedelta(seconds=max(0.0, seconds))

    def stop(self) -> None:
        """Ask the run to stop."""
        self.stopping = True


@dataclass
class Answer:
    """What the scripted server says once."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class ScriptedServer(ThreadingHTTPServer):
    """Gives the scripted answers in turn and remembers what was asked."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """The server's base URL."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.bodies.append(self.rfile.read(length))
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        answer = self.server.script.pop(0) if self.server.script else Answer()
        if answer.cut:
            self.connection.close()
            return
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = _answer  # noqa: N815 - the standard library's name
    do_POST = _answer  # noqa: N815

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Send no date: the taps of these tests live in another time than the machine."""
        del timestamp
        return ""

    def log_message(self, *args: Any) -> None:
        """Keep the test output quiet."""


BYTES_A_RECORD = 500
"""What a record counts for, where it is not written out."""


class Collector(GenericSingerWriter[bytes, Message]):
    """Keeps a tap's messages instead of printing them."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.bytes_written = 0

    def serialize_message(self, message: Message) -> bytes:
        """Return nothing: messages are not serialised here."""
        del message
        return b""

    def write_message(self, message: Message) -> None:
        """Keep a copy of the message, as the STATE in it goes on changing."""
        kept = copy.deepcopy(message.to_dict())
        self.messages.append(kept)
        self.bytes_written += len(str(kept))

    def write_records(self, stream: str, records: Sequence[Record], extracted_at: str) -> None:
        """Keep RECORD messages."""
        for record in records:
            self.messages.append(
                {
                    "type": "RECORD",
                    "stream": stream,
                    "record": dict(record),
                    "time_extracted": extracted_at,
                }
            )
            self.bytes_written += BYTES_A_RECORD

    def write_state(self, value: Mapping[str, Any]) -> None:
        """Keep a STATE message, unless it says what the last one said."""
        if self.states[-1:] != [value]:
            self.write_message(StateMessage(value=dict(value)))

    def records(self, stream: str) -> list[dict[str, Any]]:
        """Return the records of a stream, in order."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    @property
    def states(self) -> list[dict[str, Any]]:
        """The STATE values, in order."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def counts(self) -> dict[str, int]:
        """How many records each stream has."""
        found: dict[str, int] = defaultdict(int)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]] += 1
        return dict(found)

    def keyed(self, stream: str, keys: tuple[str, ...]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        """Return a stream's records by key, the last of each winning, as a loader would."""
        return {tuple(row[key] for key in keys): row for row in self.records(stream)}


@dataclass
class SharedTime:
    """The tap lives in a simulator's time, and moves it by waiting.

    Attributes:
        clock: Has `now()` and `advance(seconds)`.
        waited: Seconds that the tap has waited in all.
    """

    clock: Any
    stopping: bool = False
    waited: float = 0.0

    def now(self) -> dt.datetime:
        """Return the simulator's present."""
        present: dt.datetime = self.clock.now()
        return present

    def sleep(self, seconds: float) -> None:
        """Let the simulator's time pass."""
        self.waited += max(0.0, seconds)
        self.clock.advance(max(0.0, seconds))

    def stop(self) -> None:
        """Ask the run to stop."""
        self.stopping = True


@dataclass
class WrongTime(SharedTime):
    """The time of a machine whose clock is off.

    Attributes:
        off: How far it is ahead.
    """

    off: dt.timedelta = dt.timedelta()

    def now(self) -> dt.datetime:
        """Return what the machine takes for the present."""
        return super().now() + self.off


@dataclass
class Bench:
    """A simulated cloud and a tap on it.

    Attributes:
        tap_type: The tap.
        cloud: The running simulator.
        settings: Settings that work.
        folder: For the files of ledgers and archives: one of its own for each run, unless a
            test names `state_dir`.
        runs: How many taps have been made.
    """

    tap_type: type[SolarTap]
    cloud: Any
    settings: dict[str, Any]
    folder: Path
    runs: int = 0

    def config(self, **settings: Any) -> dict[str, Any]:
        """Return settings that work, with some replaced; None leaves one out."""
        merged = {"state_dir": str(self.folder / str(self.runs)), **self.settings, **settings}
        return {name: value for name, value in merged.items() if value is not None}

    def tap(
        self, state: dict[str, Any] | None = None, time: SharedTime | None = None, **settings: Any
    ) -> tuple[SolarTap, Collector]:
        """Return a tap in the simulator's time and what will collect its messages."""
        out = Collector()
        self.runs += 1
        tap = self.tap_type(
            config=self.config(**settings),
            state=copy.deepcopy(state),
            clock=time or SharedTime(self.cloud.clock),
            message_writer=out,
        )
        return tap, out

    def run(
        self, state: dict[str, Any] | None = None, time: SharedTime | None = None, **settings: Any
    ) -> Collector:
        """Sync once and return what the tap has written."""
        tap, out = self.tap(state, time, **settings)
        tap.sync_all()
        return out
