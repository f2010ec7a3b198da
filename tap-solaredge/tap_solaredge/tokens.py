"""OAuth tokens of a home owner's site: exchanged, rotated, and never lost.

A refresh token serves once: with the answer it is void and its successor is the only way
back in. So the successor is on the disk before anything is done with the answer:

1. the new token is written to a file beside the store and flushed to the disk;
2. that file takes the store's name, in one step of the file system;
3. the folder is flushed, so that the new name survives a power cut;
4. only then is the access token handed out.

A crash before 2 leaves the old token, whose exchange the cloud may not have seen yet; a
crash after 2 leaves the new one. Only a crash between the cloud's answer and 1 loses the
grant, and nothing that a client does can close that gap. One process exchanges at a time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import AuthError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.redact import Redactor

EARLY = dt.timedelta(minutes=2)
"""An access token is renewed so long before its end: a slow answer must not outlive it."""

LIFE_S = 7200
"""Life of an access token whose answer does not say."""

HOW_TO_LOG_IN = (
    "run `tap-solaredge login --config CONFIG` (with Meltano `meltano invoke tap-solaredge login`) "
    "and let the owner of the site allow it"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an owner has allowed.

    Attributes:
        refresh_token: Serves once.
        site_id: The site, where the cloud or the login has said it.
        seed: Hash of the configured token from which this one descends.
    """

    refresh_token: str
    site_id: str | None = None
    seed: str | None = None


class TokenStore:
    """The refresh token of one client and configured token, in a file of its own.

    Args:
        folder: Where it lies.
        name: What tells this grant from others of the same user: a hash of the client id.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.path = folder / f"solaredge-{name}.token.json"

    def read(self) -> Grant | None:
        """Return the stored grant, or None if there is none.

        Raises:
            SettingsError: The file can't be read, or is not a token store.
        """
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return Grant(str(found["refresh_token"]), found.get("site_id"), found.get("seed"))
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"state_dir: {self.path} can't be read: {error.strerror}"
        except (ValueError, KeyError, TypeError):
            message = f"state_dir: {self.path} is damaged; remove it, then {HOW_TO_LOG_IN}"
        raise SettingsError(message)

    def write(self, grant: Grant) -> None:
        """Put a grant in place of the stored one; when this returns, it is on the disk.

        Raises:
            SettingsError: It can't be written.
        """
        body = {
            "refresh_token": grant.refresh_token,
            "site_id": grant.site_id,
            "seed": grant.seed,
        }
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(body, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            self._flush_folder()
        except OSError as error:
            message = f"state_dir: {self.path} can't be written: {error.strerror}"
        else:
            return
        raise SettingsError(message)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time exchange the token."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / f"{self.path.name}.lock").open("w", encoding="utf-8") as file:
            with contextlib.suppress(ImportError):
                import fcntl  # noqa: PLC0415 - not on Windows, where one process has to do

                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _flush_folder(self) -> None:
        if os.name == "nt":
            return
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Tokens:
    """Hands out an access token, renewing it when its end is near.

    Args:
        store: Where the rotating token lies.
        client: `client_id` and `client_secret`.
        configured: The refresh token of the settings, used until the store has its successor.
        exchange: Sends a token request.
        clock: Time source.
        redactor: Is told every token.
    """

    def __init__(
        self,
        store: TokenStore,
        client: Mapping[str, str],
        configured: str | None,
        exchange: Callable[[Mapping[str, str]], Mapping[str, Any]],
        clock: Clock,
        redactor: Redactor,
    ) -> None:
        self._store = store
        self._client = dict(client)
        self._configured = configured
        self._exchange = exchange
        self._clock = clock
        self._redactor = redactor
        self._lock = threading.Lock()
        self._access: str | None = None
        self._until: dt.datetime | None = None

    def access_token(self) -> str:
        """Return a token that is good for the next call.

        Raises:
            AuthError: There is no grant, or it was revoked or has expired.
        """
        with self._lock:
            known = self._until is not None and self._clock.now() < self._until - EARLY
            if self._access is None or not known:
                self._renew()
            return str(self._access)

    def drop(self) -> None:
        """Forget the access token: the cloud has refused it before its end."""
        with self._lock:
            self._access = self._until = None

    def site_id(self) -> str | None:
        """Return the site that the grant is for, if the login or the cloud has said so."""
        grant = self._store.read()
        return grant.site_id if grant else None

    def begin(self, code: str, redirect_uri: str, site_id: str | None) -> None:
        """Exchange the code that a login has brought, and store the grant.

        Raises:
            AuthError: The code was refused.
        """
        with self._store.alone(), self._lock:
            self._redactor.add(code)
            body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
            self._accept(body, site_id, seed_of(self._configured))

    def _renew(self) -> None:
        with self._store.alone():
            grant = self._current()
            body = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
            self._accept(body, grant.site_id, grant.seed)

    def _current(self) -> Grant:
        """Return the grant to use: the store's, unless the settings hold a newer beginning."""
        stored = self._store.read()
        seed = seed_of(self._configured)
        if stored is not None and (self._configured is None or stored.seed == seed):
            self._redactor.add(stored.refresh_token)
            return stored
        if self._configured is not None:
            return Grant(self._configured, seed=seed)
        message = f"refresh_token: there is none yet; {HOW_TO_LOG_IN}"
        raise AuthError(message)

    def _accept(self, body: Mapping[str, str], site_id: str | None, seed: str | None) -> None:
        answer = self._exchange({**body, **self._client})
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        self._redactor.add(access, refresh)
        # Without a new one the old one goes on serving (RFC 6749, section 6).
        refresh = refresh or body.get("refresh_token")
        if not access or not refresh:
            message = "SolarEdge's token answer holds no access_token or refresh_token"
            raise AuthError(message)
        said = answer.get("site_id")
        site = str(said) if said is not None else site_id
        # On the disk before anything else: the token that it descends from is void by now.
        self._store.write(Grant(str(refresh), site, seed))
        try:
            life = float(answer.get("expires_in") or LIFE_S)
        except (TypeError, ValueError):
            life = LIFE_S
        self._until = self._clock.now() + dt.timedelta(seconds=life)
        self._access = str(access)


def seed_of(token: str | None) -> str | None:
    """Return how a configured token is told from another without being written down."""
    return None if token is None else hashlib.sha256(token.encode()).hexdigest()[:16]
