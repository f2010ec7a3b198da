"""Calls to Sigen's OpenAPI: login, envelope, codes (`docs/vendors/sigen.md`)."""

from __future__ import annotations

import base64
import datetime as dt
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from solar_tap_kit.errors import (
    AuthError,
    DecodeError,
    LongWaitError,
    PathRefusedError,
    QuotaError,
    RefusedError,
    SettingsError,
    SiteStateError,
    SolarError,
    ThrottledError,
    TransientError,
)
from solar_tap_kit.limits import Limit
from tap_sigen.codes import Action, meaning
from tap_sigen.envelope import code_and_message, data_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solar_tap_kit.fields import Record
    from solar_tap_kit.http import Reply
    from solar_tap_kit.runtime import Runtime

REGIONS = ("eu", "aus", "apac", "us", "cn", "jp")
QUOTA_WINDOW = dt.timedelta(seconds=310)
"""One call per station and five minutes; the extra ten seconds are what works for months."""

CALLS_A_MINUTE = 10
"""What the vendor documents for one account."""

SPACING, LIST_SPACING = "one call per system and endpoint", "one site list per account"
MINUTE = "calls a minute"
THROTTLED = 1110
"""The code of the platform's own limit."""

SITE_ENDPOINTS = (
    "history", "devices", "summary", "energy_flow", "device_realtime", "device_history", "flows",
)  # fmt: skip

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""A User-Agent that an edge does not take for a program's."""

RENEW_EARLY = dt.timedelta(minutes=10)
TOKEN_STATUSES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FAILED_DEPENDENCY)


class TokenRefusedError(SolarError):
    """The access token is not accepted (any more)."""


def base_url(config: Mapping[str, Any]) -> str:
    """Return the address that `api_url` or `region` names."""
    return str(config.get("api_url") or f"https://openapi-{config['region']}.sigencloud.com")


def limits(config: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Return Sigen's limits (`docs/vendors/sigen.md`, Limits).

    Left out, distance and calls a minute are only kept once the cloud has refused a call.
    """
    given = config.get("call_spacing_seconds")
    spacing = QUOTA_WINDOW if given is None else dt.timedelta(seconds=given)
    per_minute = config.get("calls_per_minute")
    minute = dt.timedelta(minutes=1)
    found = [
        Limit("logins a minute", CALLS_A_MINUTE, minute, endpoints=("login",)),
        Limit(MINUTE, per_minute or CALLS_A_MINUTE, minute, learned=per_minute is None),
        Limit(LIST_SPACING, 1, QUOTA_WINDOW, endpoints=("systems",), learned=True),
    ]
    if spacing:
        found.append(Limit(SPACING, 1, spacing, "endpoint", SITE_ENDPOINTS, learned=given is None))
    return tuple(found)


class SigenClient:
    """One login, shared by all calls of a run.

    Args:
        runtime: Settings, time, secrets and the state folder.
    """

    def __init__(self, runtime: Runtime) -> None:
        config = self._config = runtime.config
        self._clock = runtime.clock
        self._redactor = runtime.redactor
        self._token: str | None = None
        self._token_lock = threading.RLock()
        self._expires_at = self._clock.now()
        self._throttled: set[str | None] = set()
        self.account = f"sigen {base_url(config)} {config.get('username') or config['app_key']}"
        self._ledger = runtime.open_ledger(self.account, limits(config))
        self.session = runtime.open_session(
            base_url(config), self._judge, authorize=self._authorize, ledger=self._ledger
        )

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        endpoint: str,
        site: str | None = None,
    ) -> bytes:
        """Return the body of a GET, logging in again once if the token is refused.

        Args:
            path: Path below the base URL.
            params: Query parameters.
            endpoint: The endpoint's name, for counts, limits and messages.
            site: The system or device that the vendor counts the call for.

        Raises:
            SolarError: The typed failure.
        """
        for last in (False, True):
            token = self._token
            try:
                reply = self.session.get(path, params, endpoint=endpoint, site=site)
            except ThrottledError:
                self._learn_minute(site)
                raise
            except TokenRefusedError as error:
                self._forget(token)
                failure = error
            except QuotaError as error:
                if error.of_run or isinstance(error, LongWaitError):
                    raise
                self._ledger.learn(SPACING if site else LIST_SPACING, self._clock.now())
                raise QuotaError(str(error), error.resume_at, site_only=site is not None) from None
            else:
                if site in self._throttled:
                    self._ledger.learn(MINUTE, self._clock.now())
                self._throttled.clear()
                return reply.body
            if last:
                break
        # The new token was given to the same login: that is not what is refused.
        message = f"{endpoint}: {failure}, also with a new token"
        raise PathRefusedError(message, AuthError(f"{message}; stopping here"))

    def _learn_minute(self, site: str | None) -> None:
        """Keep the account's limit once the list is refused too, or a system answers later.

        A system that always answers with this code must not slow the whole fleet.
        """
        self._throttled.add(site)
        if site is None:
            self._ledger.learn(MINUTE, self._clock.now())

    def known_devices(self, system_id: str) -> dict[str, str] | None:
        """Return the serials of a system's devices with their types, or None if never listed."""
        note = self._ledger.note(f"devices of {system_id}")
        return msgspec.json.decode(note, type=dict[str, str]) if note else None

    def remember_devices(self, system_id: str, rows: Sequence[Record]) -> dict[str, str]:
        """Note a system's devices, so that a later plan knows what asking them costs."""
        known = {row["serial_number"]: row["device_type"] or "" for row in rows}
        text = msgspec.json.encode(known).decode()
        if self._ledger.note(f"devices of {system_id}") != text:
            self._ledger.put_note(f"devices of {system_id}", text, self._clock.now())
        return known

    def _forget(self, token: str | None) -> None:
        """Log in anew for the next call, unless another thread has done so meanwhile."""
        with self._token_lock:
            if token is None or self._token == token:
                self._token = None

    def _authorize(self) -> Mapping[str, str]:
        with self._token_lock:
            if self._token is None or self._clock.now() >= self._expires_at - RENEW_EARLY:
                self._login()
            return {"Authorization": f"Bearer {self._token}"}

    def _login(self) -> None:
        self._token = None
        if self._config.get("app_key"):
            pair = f"{self._config['app_key']}:{self._config['app_secret']}"
            path, body = (
                "/openapi/auth/login/key",
                {"key": base64.b64encode(pair.encode()).decode()},
            )
            self._redactor.add(body["key"])
        else:
            path = "/openapi/auth/login/password"
            body = {name: self._config[name] for name in ("username", "password")}
        try:
            reply = self.session.post(path, body, endpoint="login")
        except TokenRefusedError:
            reply = None
        except PathRefusedError as error:
            raise error.blame from None
        if reply is None:
            message = self._login_refused()
            raise AuthError(message)
        data = data_of(reply.json())
        token = data.get("accessToken") if isinstance(data, dict) else None
        if not token:
            message = "login: the answer holds no access token"
            raise DecodeError(message)
        self._redactor.add(token)
        self._token = str(token)
        lifetime = dt.timedelta(seconds=float(data.get("expiresIn") or 0) or 43199.0)
        self._expires_at = self._clock.now() + max(lifetime, RENEW_EARLY * 2)

    def _login_refused(self) -> str:
        names = "app_key and app_secret" if self._config.get("app_key") else "username and password"
        where = f"region {self._config.get('region')}"
        if self._config.get("api_url"):
            where = "the server that api_url names"
        return (
            f"Sigen refused the login at {where} (code 11003): check {names}, and that the "
            "account lives in this region; five wrong tries lock the account"
        )

    def _judge(self, reply: Reply) -> None:
        if reply.status in TOKEN_STATUSES:
            message = f"the access token was refused (HTTP {reply.status})"
            raise TokenRefusedError(message)
        if reply.status == HTTPStatus.FORBIDDEN:
            message = (
                "Sigen's edge refused the request (HTTP 403): set user_agent to a browser's, "
                f"such as '{BROWSER}', and check region and api_url"
            )
            refused = "Sigen's edge refused the request (HTTP 403)"
            raise PathRefusedError(refused, AuthError(message))
        if reply.elsewhere:
            message = (
                f"api_url: {base_url(self._config)} does not serve the Sigen OpenAPI "
                f"(HTTP {reply.status})"
            )
            raise PathRefusedError(reply.elsewhere, SettingsError(message))
        if not reply.ok:
            return
        code, said = code_and_message(reply.json())
        if code:
            self._refuse(code, said)

    def _refuse(self, code: int, said: str) -> None:
        known = meaning(code)
        message = f"Sigen answered code {code} ({said or 'no text'}): {known.text}"
        if code == THROTTLED:
            raise ThrottledError(message, known.wait_s)
        if known.action is Action.LOGIN:
            raise TokenRefusedError(message)
        if known.action is Action.QUOTA:
            raise QuotaError(message, self._clock.now() + QUOTA_WINDOW)
        if known.action in (Action.SKIP, Action.DATE):
            raise RefusedError(message, maybe_date=known.action is Action.DATE)
        if known.action is Action.OFFLINE:
            raise SiteStateError(message, "offline")
        if known.action is Action.PENDING:
            raise SiteStateError(message, "pending")
        if known.action is Action.FATAL:
            raise PathRefusedError(message, AuthError(message))
        raise TransientError(message, known.wait_s)
