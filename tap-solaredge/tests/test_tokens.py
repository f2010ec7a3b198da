"""The rotating refresh token: on the disk before it is used, whatever happens in between."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from solar_tap_kit.errors import AuthError, SettingsError
from solar_tap_kit.redact import Redactor
from solar_tap_kit.testing import VirtualClock
from tap_solaredge.tokens import Grant, Tokens, TokenStore

if TYPE_CHECKING:
    from collections.abc import Mapping


class Power(Exception):  # noqa: N818 - what happened, not what went wrong
    """The power went out."""


class Rotating:
    """A token endpoint: each refresh token serves once."""

    def __init__(self) -> None:
        self.valid = "refresh-0"
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, body: Mapping[str, str]) -> dict[str, Any]:
        """Exchange a token, or a code."""
        self.asked.append(dict(body))
        if body.get("refresh_token", self.valid) != self.valid:
            message = "invalid_grant"
            raise AuthError(message)
        number = len(self.asked)
        self.valid = f"refresh-{number}"
        return {
            "access_token": f"access-{number}",
            "refresh_token": self.valid,
            "expires_in": 7200,
        }


@pytest.fixture
def cloud() -> Rotating:
    """Return the token endpoint."""
    return Rotating()


def tokens(
    folder: Path,
    cloud: Rotating,
    clock: VirtualClock | None = None,
    first: str | None = "refresh-0",
) -> Tokens:
    """Return what a new process would make."""
    client = {"client_id": "client", "client_secret": "secret"}
    store = TokenStore(folder, "client")
    return Tokens(store, client, first, cloud, clock or VirtualClock(), Redactor())


def test_one_access_token_serves_until_its_end(tmp_path: Path, cloud: Rotating) -> None:
    """Two hours less the margin; then the successor is exchanged."""
    clock = VirtualClock()
    mine = tokens(tmp_path, cloud, clock)
    assert [mine.access_token() for _ in range(3)] == ["access-1"] * 3
    clock.sleep(7200 - 121)
    assert mine.access_token() == "access-1"
    clock.sleep(2)
    assert mine.access_token() == "access-2"
    assert [body["refresh_token"] for body in cloud.asked] == ["refresh-0", "refresh-1"]


def test_the_successor_is_on_the_disk_before_the_token_is_used(
    tmp_path: Path, cloud: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written, flushed, renamed, the folder flushed; the access token comes last."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def flush(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        if kind == "file":
            (new,) = tmp_path.glob("*.new")
            assert "refresh-1" in json.loads(new.read_text()).values()
        steps.append(f"flush {kind}")
        fsync(handle)

    def rename(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", rename)
    mine = tokens(tmp_path, cloud)
    mine.access_token()
    steps.append("use")
    assert steps == ["flush file", "rename", "flush folder", "use"]


@pytest.mark.parametrize("step", ["flush file", "rename", "flush folder"])
def test_a_crash_while_storing_locks_nobody_out(
    tmp_path: Path, cloud: Rotating, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Each step fails once: the token is never used, and the store holds one whole token.

    Before the rename it is the old one; the cloud's side of that gap nobody can close.
    """
    TokenStore(tmp_path, "client").write(Grant("refresh-0"))
    mine = tokens(tmp_path, cloud, first=None)

    def crash(*_: Any) -> None:
        raise Power

    count = 0
    fsync = os.fsync

    def crash_at_folder(handle: int) -> None:
        nonlocal count
        count += 1
        if count > 1:
            raise Power
        fsync(handle)

    with monkeypatch.context() as patch:
        if step == "rename":
            patch.setattr(Path, "replace", crash)
        else:
            patch.setattr(os, "fsync", crash if step == "flush file" else crash_at_folder)
        with pytest.raises(Power):
            mine.access_token()
    found = TokenStore(tmp_path, "client").read()
    assert found is not None
    assert found.refresh_token == ("refresh-1" if step == "flush folder" else "refresh-0")
    if step == "flush folder":
        assert tokens(tmp_path, cloud, first=None).access_token() == "access-2"


def test_the_next_process_goes_on_from_the_store(tmp_path: Path, cloud: Rotating) -> None:
    """The configured token is void after its first use; its successor is found by its seed."""
    assert tokens(tmp_path, cloud).access_token() == "access-1"
    assert tokens(tmp_path, cloud).access_token() == "access-2"
    assert tokens(tmp_path, cloud, first=None).access_token() == "access-3"


def test_a_new_token_in_the_settings_goes_before_the_store(tmp_path: Path, cloud: Rotating) -> None:
    """Who logs in elsewhere and configures the new token means it."""
    tokens(tmp_path, cloud).access_token()
    cloud.valid = "brought-by-hand"
    assert tokens(tmp_path, cloud, first="brought-by-hand").access_token() == "access-2"


def test_the_store_is_for_its_owner_only(tmp_path: Path, cloud: Rotating) -> None:
    """A refresh token is a password."""
    folder = tmp_path / "state"
    tokens(folder, cloud).access_token()
    (path,) = folder.glob("*.json")
    assert path.stat().st_mode & 0o077 == 0
    assert not list(folder.glob("*.new"))


def test_nothing_to_begin_with_says_how_to_log_in(tmp_path: Path, cloud: Rotating) -> None:
    """Neither store nor setting: one line with the command."""
    with pytest.raises(AuthError, match="tap-solaredge login"):
        tokens(tmp_path, cloud, first=None).access_token()


def test_a_damaged_store_names_its_file(tmp_path: Path, cloud: Rotating) -> None:
    """No traceback for a file that somebody has edited."""
    TokenStore(tmp_path, "client").path.write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"token\.json is damaged"):
        tokens(tmp_path, cloud).access_token()


def test_without_a_successor_the_token_goes_on_serving(tmp_path: Path) -> None:
    """A server that rotates nothing sends none (RFC 6749, section 6)."""
    asked: list[str] = []

    def constant(body: Mapping[str, str]) -> dict[str, Any]:
        asked.append(body["refresh_token"])
        return {"access_token": f"access-{len(asked)}", "expires_in": 60}

    clock = VirtualClock()
    pair = tokens(tmp_path, constant, clock)  # type: ignore[arg-type]
    assert pair.access_token() == "access-1"
    clock.sleep(3600)
    assert pair.access_token() == "access-2"
    assert asked == ["refresh-0"] * 2


def test_an_answer_without_tokens_is_refused(tmp_path: Path) -> None:
    """What is stored must be able to go on."""
    mine = tokens(tmp_path, lambda _body: {"refresh_token": "only"})  # type: ignore[arg-type]
    with pytest.raises(AuthError, match="no access_token or refresh_token"):
        mine.access_token()
    assert TokenStore(tmp_path, "client").read() is None


def test_a_code_begins_a_grant_for_its_site(tmp_path: Path, cloud: Rotating) -> None:
    """The login's code is exchanged once; site and successor are stored together."""
    mine = tokens(tmp_path, cloud, first=None)
    mine.begin("code-1", "http://127.0.0.1:1/callback", "4100001")
    assert mine.access_token() == "access-1"
    assert mine.site_id() == "4100001"
    assert cloud.asked[0]["grant_type"] == "authorization_code"
    assert tokens(tmp_path, cloud, first=None).access_token() == "access-2"
