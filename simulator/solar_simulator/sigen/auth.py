"""Login by password or app key, and tokens that age with the virtual clock."""

import base64
import binascii
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from solar_simulator.noise import key_of
from solar_simulator.sigen.envelope import SigenError
from solar_simulator.world import World

TOKEN_SECONDS = 43199
_WRONG_ALLOWED = 5
_WRONG_WINDOW = timedelta(minutes=60)
_LOCK = timedelta(minutes=3)
# Code and HTTP status; the body of a real 424 is not known.
_TOKEN_REFUSALS = {"401": (401, 401), "424": (1, 424), "body_424": (424, 200)}


@dataclass(slots=True)
class _Attempts:
    wrong: list[datetime] = field(default_factory=list)
    locked_until: datetime | None = None


class SigenAuth:
    """Accounts, tokens and the lock after five wrong passwords.

    (docs/vendors/sigen.md, authentication.)

    Args:
        world: Credentials and clock.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._attempts: dict[str, _Attempts] = {}
        self._issued = 0

    @staticmethod
    def account_of(body: object) -> str:
        """Whose login a body is: the username or the app key; empty if neither."""
        match body:
            case {"username": str(username)}:
                return username
            case {"key": str(key)}:
                return _unpacked(key).partition(":")[0]
            case _:
                return ""

    def by_password(self, body: object) -> dict[str, object]:
        """Log in with ``{"username", "password"}``.

        Raises:
            SigenError: 1000 for another body, 11003 for wrong words, 11002 when locked.
        """
        match body:
            case {"username": str(username), "password": str(password)}:
                known = self._world.credentials
                right = (username, password) == (known.sigen_username, known.sigen_password)
                return self._login(username, right=right)
            case _:
                raise SigenError(1000)

    def by_key(self, body: object) -> dict[str, object]:
        """Log in with ``{"key": base64("AppKey:AppSecret")}``, padded or not.

        Raises:
            SigenError: 1000 for another body, 11003 for a wrong key, 11002 when locked.
        """
        match body:
            case {"key": str(key)}:
                known = self._world.credentials
                right = _unpacked(key) == f"{known.sigen_app_key}:{known.sigen_app_secret}"
                return self._login(self.account_of(body), right=right)
            case _:
                raise SigenError(1000)

    def check(self, header: str | None) -> str:
        """Let a call in by its ``Authorization`` header, and say whose it is.

        Raises:
            SigenError: HTTP 401, or what the switch says, for a token that is missing,
                unknown or too old.
        """
        scheme, _, token = (header or "").partition(" ")
        with self._lock:
            account, expires = self._tokens.get(token, ("", None))
        if scheme != "Bearer" or expires is None or self._world.clock.now() >= expires:
            refusal = self._world.switches.get("sigen.token_refusal")
            raise SigenError(*_TOKEN_REFUSALS[refusal])
        return account

    def reset(self) -> None:
        """Forget all tokens and failed logins."""
        with self._lock:
            self._tokens.clear()
            self._attempts.clear()
            self._issued = 0

    def _login(self, account: str, *, right: bool) -> dict[str, object]:
        now = self._world.clock.now()
        with self._lock:
            attempts = self._attempts.setdefault(account, _Attempts())
            if attempts.locked_until is not None and now < attempts.locked_until:
                raise SigenError(11002)
            if not right:
                recent = [at for at in attempts.wrong if now - at < _WRONG_WINDOW]
                attempts.wrong = [*recent, now]
                if len(attempts.wrong) >= _WRONG_ALLOWED:
                    attempts.locked_until = now + _LOCK
                    attempts.wrong = []
                raise SigenError(11003)
            attempts.wrong = []
            refusal = self._world.switches.get("sigen.login_refusal")
            if refusal != "none":
                raise SigenError(int(refusal))
            self._issued += 1
            token = f"{key_of(self._world.scenario.seed, 'token', self._issued):016x}" * 4
            self._tokens[token] = account, now + timedelta(seconds=TOKEN_SECONDS)
        return {"tokenType": "Bearer", "accessToken": token, "expiresIn": TOKEN_SECONDS}


def _unpacked(key: str) -> str:
    try:
        return base64.b64decode(key + "=" * (-len(key) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
