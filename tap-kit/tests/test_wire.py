"""The wire against real servers: the environment's proxy and certificates, headers, bodies."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from solar_tap_kit.errors import SettingsError, TransientError
from solar_tap_kit.http import Request
from solar_tap_kit.redact import Redactor
from solar_tap_kit.testing import Answer, ScriptedServer
from solar_tap_kit.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

FAR = "http://cloud.invalid/api"
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing of the machine's own way out."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def wire(url: str) -> Wire:
    """Return a wire to an address."""
    return Wire(url, 5, Redactor())


def test_what_is_asked_arrives_as_asked(server: ScriptedServer) -> None:
    """Query, JSON and form bodies, each in its own form; what is None is left out."""
    talk = wire(server.url)
    talk.exchange(Request("GET", "/a", "x", params={"kind": ("A", "B c"), "n": 2, "no": None}), {})
    talk.exchange(Request("POST", "/b", "x", body={"user": "ü"}), {})
    talk.exchange(Request("POST", "/c", "x", body={"code": "a b"}, form=True), {})
    paths = [path for _, path, _ in server.asked]
    kinds = [headers.get("Content-Type") for _, _, headers in server.asked]
    assert paths == ["/a?kind=A&kind=B+c&n=2", "/b", "/c"]
    assert kinds == [None, "application/json", "application/x-www-form-urlencoded"]
    assert server.bodies[1:] == ['{"user":"ü"}'.encode(), b"code=a+b"]


def test_a_compressed_answer_is_unpacked(server: ScriptedServer) -> None:
    """Compression is asked for, as it is a tenth of the bytes on a home line."""
    packed = gzip.compress(b'{"ok": 1}')
    server.script = [Answer(200, packed, {"Content-Encoding": "gzip"})]
    assert wire(server.url).exchange(Request("GET", "/", "x"), {}).json() == {"ok": 1}
    assert "gzip" in server.asked[0][2]["Accept-Encoding"]


def test_an_answer_that_does_not_unpack_is_a_passing_fault(server: ScriptedServer) -> None:
    """A proxy's fault, perhaps: worth another try, and no traceback."""
    server.script = [Answer(200, b"no gzip", {"Content-Encoding": "gzip"})]
    with pytest.raises(TransientError, match="broke"):
        wire(server.url).exchange(Request("GET", "/", "x"), {})


def test_a_redirect_is_an_answer(server: ScriptedServer) -> None:
    """Followed, it would carry the credential to wherever it points."""
    server.script = [Answer(302, b"", {"Location": f"{server.url}/elsewhere"})]
    reply = wire(server.url).exchange(Request("GET", "/", "x"), {"Authorization": "Bearer t"})
    assert reply.status == 302
    assert len(server.asked) == 1


def test_the_environments_proxy_is_used(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is asked for the whole address, with its own credential and not in the URL."""
    monkeypatch.setenv("http_proxy", f"http://me:p%40ss@127.0.0.1:{server.server_port}")
    assert wire(FAR).exchange(Request("GET", "/x", "x"), {}).ok
    _, path, headers = server.asked[0]
    assert path == "http://cloud.invalid/api/x"
    told = {name.lower(): value for name, value in headers.items()}
    assert told["proxy-authorization"] == "Basic bWU6cEBzcw=="


def test_no_proxy_is_obeyed(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that the environment excepts is asked directly."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert wire(server.url).exchange(Request("GET", "/x", "x"), {}).ok
    assert server.asked[0][1] == "/x"


def test_a_dead_proxy_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud is not to blame; the line says which settings lead there, without its password."""
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:1")
    with pytest.raises(TransientError, match=r"proxy.*HTTPS_PROXY") as caught:
        wire(FAR).exchange(Request("GET", "/", "x"), {})
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_socks_proxy_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed, the line says which, and that there is another way."""
    monkeypatch.setenv("http_proxy", "socks5://me:secret@127.0.0.1:1")
    monkeypatch.setitem(__import__("sys").modules, "urllib3.contrib.socks", None)
    with pytest.raises(SettingsError, match="install PySocks") as caught:
        wire(FAR).exchange(Request("GET", "/", "x"), {})
    assert "secret" not in str(caught.value)


def test_certificates_that_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong path in the environment is said at once, with the variable to mend."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere.pem"))
    with pytest.raises(SettingsError, match=r"REQUESTS_CA_BUNDLE: .*nowhere\.pem"):
        wire("https://cloud.invalid").exchange(Request("GET", "/", "x"), {})


def test_a_server_without_tls_is_not_trusted(server: ScriptedServer) -> None:
    """What does not speak TLS under an https address may be anybody."""
    with pytest.raises(TransientError, match="no trusted TLS connection"):
        wire(server.url.replace("http:", "https:")).exchange(Request("GET", "/", "x"), {})


def test_a_credential_that_no_header_can_carry_is_not_shown(server: ScriptedServer) -> None:
    """A key with a line feed in it, pasted badly: the line names the setting, not the key."""
    with pytest.raises(SettingsError, match="no HTTP header can carry") as caught:
        wire(server.url).exchange(Request("GET", "/", "x"), {"X-API-Key": "secret\nkey"})
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None
    assert server.asked == []
