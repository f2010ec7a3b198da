"""The session against a real HTTP server: retries, waits, budgets, one line per failure."""

from __future__ import annotations

import datetime as dt
import email.utils
from typing import TYPE_CHECKING

import pytest

from solar_tap_kit.errors import (
    Paused,
    QuotaError,
    RefusedError,
    SettingsError,
    TransientError,
    UnreachableError,
)
from solar_tap_kit.redact import Redactor
from solar_tap_kit.session import Session, SessionOptions
from solar_tap_kit.testing import Answer, ScriptedServer, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from solar_tap_kit.http import Reply


def accept(reply: Reply) -> None:
    """Judge nothing: what is left is what the session does by itself."""


def session(
    server: ScriptedServer | str,
    clock: VirtualClock,
    *,
    judge: Callable[[Reply], None] = accept,
    max_requests: int | None = None,
) -> Session:
    """Return a session on a server."""
    url = server if isinstance(server, str) else server.url
    options = SessionOptions(url, "test agent", timeout_s=5, max_requests=max_requests)
    headers = {"Authorization": "Bearer token"}
    return Session(options, clock, Redactor(), judge=judge, authorize=lambda: headers)


def test_a_good_answer_costs_one_call(server: ScriptedServer, clock: VirtualClock) -> None:
    """The call carries agent and credential and is counted under its endpoint."""
    talk = session(server, clock)
    assert talk.get("/x", {"a": "b c"}, endpoint="things").json() == {}
    method, path, headers = server.asked[0]
    assert (method, path) == ("GET", "/x?a=b+c")
    assert headers["User-Agent"] == "test agent"
    assert headers["Authorization"] == "Bearer token"
    assert talk.calls_by_endpoint == {"things": 1}


def test_a_login_carries_no_credential_header(server: ScriptedServer, clock: VirtualClock) -> None:
    """A POST is how one gets a token; sending an old one along would leak it."""
    session(server, clock).post("/login", {"user": "u"}, endpoint="login")
    assert "Authorization" not in server.asked[0][2]


@pytest.mark.parametrize(
    "bad",
    [
        Answer(500), Answer(503), Answer(429), Answer(200, b""), Answer(200, b"{cut"),
        Answer(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}),
        Answer(cut=True),
    ],
    ids=["500", "503", "429", "empty", "cut body", "html", "cut connection"],
)  # fmt: skip
def test_a_passing_fault_is_tried_again(
    server: ScriptedServer, clock: VirtualClock, bad: Answer
) -> None:
    """Two bad answers and a good one: the caller sees the good one, after growing waits."""
    server.script = [bad, bad, Answer(200, b'{"ok": 1}')]
    assert session(server, clock).get("/", endpoint="x").json() == {"ok": 1}
    assert len(clock.waits) == 2
    assert 0 < clock.waits[0] < clock.waits[1] <= 31


def test_a_lasting_fault_ends_in_one_line(server: ScriptedServer, clock: VirtualClock) -> None:
    """After four tries the failure says what came, and carries no exception of a library."""
    server.script = [Answer(200, b"<html>", {"Content-Type": "text/html"})] * 4
    with pytest.raises(UnreachableError, match="4 tries: the cloud sent text/html") as caught:
        session(server, clock).get("/", endpoint="history")
    assert caught.value.__context__ is None
    assert len(server.asked) == 4


def test_retry_after_is_obeyed_in_seconds_and_as_a_date(
    server: ScriptedServer, clock: VirtualClock
) -> None:
    """Both forms of the header are read; the wait is exactly what was asked for."""
    date = email.utils.format_datetime(clock.now() + dt.timedelta(seconds=47), usegmt=True)
    server.script = [Answer(429, headers={"Retry-After": "7"}),
                     Answer(503, headers={"Retry-After": date})]  # fmt: skip
    session(server, clock).get("/", endpoint="x")
    assert clock.waits == [7.0, 40.0]


def test_a_wait_beyond_reason_is_a_pause(server: ScriptedServer, clock: VirtualClock) -> None:
    """A vendor who asks for an hour is not waited for inside a call."""
    server.script = [Answer(429, headers={"Retry-After": "3600"})]
    with pytest.raises(QuotaError, match="3600 s") as caught:
        session(server, clock).get("/", endpoint="x")
    assert caught.value.resume_at == clock.now() + dt.timedelta(hours=1)
    assert clock.waits == []


def test_a_refusal_is_not_repeated(server: ScriptedServer, clock: VirtualClock) -> None:
    """A 4xx that nobody judged costs one call."""
    server.script = [Answer(418)]
    with pytest.raises(RefusedError, match="HTTP 418"):
        session(server, clock).get("/", endpoint="x")
    assert len(server.asked) == 1


def test_the_runs_budget_is_kept(server: ScriptedServer, clock: VirtualClock) -> None:
    """Tries count too: the budget is what the vendor would count."""
    talk = session(server, clock, max_requests=3)
    server.script = [Answer(500), Answer(200), Answer(200)]
    talk.get("/", endpoint="x")
    talk.get("/", endpoint="x")
    with pytest.raises(QuotaError, match="max_requests_per_run"):
        talk.get("/", endpoint="x")
    assert len(server.asked) == 3


def test_a_stop_ends_the_retries(server: ScriptedServer, clock: VirtualClock) -> None:
    """Somebody who asked to stop does not wait for three more tries."""
    server.script = [Answer(500)]

    def stop_then_fail(_: Reply) -> None:
        clock.stop()
        message = "later"
        raise TransientError(message)

    with pytest.raises(Paused):
        session(server, clock, judge=stop_then_fail).get("/", endpoint="x")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url", ["ftp://host", "no scheme", "http://", "http://[::1", "http://host:99999999"]
)
def test_a_useless_address_names_the_setting(url: str, clock: VirtualClock) -> None:
    """A typo in api_url is said at once, not tried four times."""
    with pytest.raises(SettingsError, match="api_url"):
        session(url, clock).get("/", endpoint="x")


def test_an_unreachable_host_names_what_to_check(
    server: ScriptedServer, clock: VirtualClock
) -> None:
    """Nothing listens: the line names the host and the settings that lead there."""
    server.server_close()
    with pytest.raises(UnreachableError, match="check the network, region and api_url") as caught:
        session(server.url, clock).get("/?api_key=abc", endpoint="x")
    assert "abc" not in str(caught.value)
    server.socket = type(server.socket)()


def test_without_retry_only_what_failed_is_requested_again(
    server: ScriptedServer, clock: VirtualClock
) -> None:
    """A step of two requests whose second fails: the next try sends the second alone."""
    talk = session(server, clock)
    server.script = [Answer(200, b'{"ok": 1}'), Answer(503), Answer(200, b'{"ok": 2}')]
    answered: dict[tuple[str, str], Reply] = {}
    with talk.without_retry(answered), pytest.raises(TransientError, match="HTTP 503"):
        _ = [talk.get("/x", {"n": n}, endpoint="x") for n in (1, 2)]
    with talk.without_retry(answered):
        assert [talk.get("/x", {"n": n}, endpoint="x").json() for n in (1, 2)] == [
            {"ok": 1},
            {"ok": 2},
        ]
    assert [path for _, path, _ in server.asked] == ["/x?n=1", "/x?n=2", "/x?n=2"]
    assert clock.waits == []
    assert talk.answers == 2
