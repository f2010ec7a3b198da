"""Calls to Sigen's OpenAPI: login, envelope, codes (`docs/vendors/sigen.md`)."""

from __future__ import annotations

import base64
import datetime as dt
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import (
    AuthError,
    DecodeError,
    QuotaError,
    RefusedError,
    SettingsError,
    SolarError,
    TransientError,
)
from solar_tap_kit.session import Session, SessionOptions
from tap_sigen.codes import Action, meaning
from tap_sigen.envelope import code_and_message, data_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.redact import Redactor
    from solar_tap_kit.session import Reply

REGIONS = ("eu", "aus", "apac", "us", "cn", "jp")
QUOTA_WINDOW = dt.timedelta(seconds=310)
"""One call per station and five minutes; the extra ten seconds are what works for months."""

RENEW_EARLY = dt.timedelta(minutes=10)
TOKEN_STATUSES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FAILED_DEPENDENCY)


class TokenRefusedError(SolarError):
    """The access token is not accepted (any more)."""


def base_url(config: Mapping[str, Any]) -> str:
    """Return the address that `api_url` or `region` names."""
    return str(config.get("api_url") or f"https://openapi-{config['region']}.sigencloud.com")


class SigenClient:
    """One login, shared by all calls of a run.

    Args:
        config: The tap's settings.
        clock: Time source.
        redactor: Learns the token, so that it can't reach a log.
    """

    def __init__(self, config: Mapping[str, Any], clock: Clock, redactor: Redactor) -> None:
        self._config = config
        self._clock = clock
        self._redactor = redactor
        self._token: str | None = None
        self._expires_at = clock.now()
        self.session = Session(
            SessionOptions(
                base_url=base_url(config),
                user_agent=config["user_agent"],
                timeout_s=config["request_timeout"],
                max_requests=config.get("max_requests_per_run"),
            ),
            clock,
            redactor,
            judge=self._judge,
            authorize=self._authorize,
        )

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        endpoint: str,
        site_only: bool = True,
    ) -> Any:
        """Return the unwrapped data of a GET, logging in again once if the token is refused.

        Args:
            path: Path below the base URL.
            params: Query parameters.
            endpoint: The endpoint's name, for counts and messages.
            site_only: Whether this endpoint's quota is counted per system.

        Raises:
            SolarError: The typed failure.
        """
        for last in (False, True):
            try:
                return data_of(self.session.get(path, params, endpoint=endpoint).json())
            except TokenRefusedError as error:
                self._token = None
                failure = error
            except QuotaError as error:
                raise QuotaError(str(error), error.resume_at, site_only=site_only) from None
            if last:
                break
        message = f"{endpoint}: {failure}, also with a new token; stopping here"
        raise AuthError(message)

    def _authorize(self) -> Mapping[str, str]:
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
                "Sigen's edge refused the request (HTTP 403): try another user_agent, and "
                "check region and api_url"
            )
            raise AuthError(message)
        if reply.elsewhere:
            message = (
                f"api_url: {base_url(self._config)} does not serve the Sigen OpenAPI "
                f"(HTTP {reply.status})"
            )
            raise SettingsError(message)
        if not reply.ok:
            return
        code, said = code_and_message(reply.json())
        if code:
            self._refuse(code, said)

    def _refuse(self, code: int, said: str) -> None:
        known = meaning(code)
        message = f"Sigen answered code {code} ({said or 'no text'}): {known.text}"
        if known.action is Action.LOGIN:
            raise TokenRefusedError(message)
        if known.action is Action.QUOTA:
            raise QuotaError(message, self._clock.now() + QUOTA_WINDOW)
        if known.action is Action.SKIP:
            raise RefusedError(message)
        if known.action is Action.FATAL:
            raise AuthError(message)
        raise TransientError(message, known.wait_s)
