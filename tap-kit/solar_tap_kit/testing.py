"""A virtual clock and a scripted HTTP server, for the tests of taps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


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
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """The server's base URL."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
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

    def log_message(self, *args: Any) -> None:
        """Keep the test output quiet."""
