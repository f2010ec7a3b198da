"""Calls to the SolarEdge Monitoring API v2 (`docs/vendors/solaredge.md`, Access and Limits)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from solar_tap_kit.errors import (
    AuthError,
    QuotaError,
    RefusedError,
    SettingsError,
    TransientError,
)
from solar_tap_kit.session import Session, SessionOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.redact import Redactor
    from solar_tap_kit.session import Reply

HOST = "https://monitoringapi.solaredge.com"
MINUTE_S = 60.0


class SolarEdgeClient:
    """One fleet key, sent as a header with every call.

    Args:
        config: The tap's settings.
        clock: Time source.
        redactor: Masks the key in error texts.
    """

    def __init__(self, config: Mapping[str, Any], clock: Clock, redactor: Redactor) -> None:
        self._base_url = str(config.get("api_url") or HOST)
        self._key = config["api_key"]
        self.session = Session(
            SessionOptions(
                base_url=self._base_url,
                user_agent=config["user_agent"],
                timeout_s=config["request_timeout"],
                max_requests=config.get("max_requests_per_run"),
            ),
            clock,
            redactor,
            judge=self._judge,
            authorize=lambda: {"X-API-Key": self._key},
        )
        self._clock = clock

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, endpoint: str) -> Any:
        """Return the parsed answer of a GET.

        Args:
            path: Path below `/v2`.
            params: Query parameters.
            endpoint: The endpoint's name, for counts and messages.

        Raises:
            SolarError: The typed failure.
        """
        return self.session.get(f"/v2{path}", params, endpoint=endpoint).json()

    def _judge(self, reply: Reply) -> None:
        status = reply.status
        if status == HTTPStatus.UNAUTHORIZED:
            message = (
                "SolarEdge refused api_key (HTTP 401): v2 takes a Fleet API key; a site or "
                "account key of v1 does not work there"
            )
            raise AuthError(message)
        if status == HTTPStatus.FORBIDDEN:
            message = f"no access (HTTP 403): {_detail(reply)}; the key's site, scope or tier"
            raise RefusedError(message)
        if status == HTTPStatus.BAD_REQUEST:
            message = (
                f"the request was refused (HTTP 400): {_detail(reply)}; if the period is too "
                "long for this account, set span_hours lower"
            )
            raise RefusedError(message)
        if reply.elsewhere:
            message = (
                f"api_url: {self._base_url} does not serve this part of the SolarEdge API v2 "
                f"(HTTP {status}: {_detail(reply)})"
            )
            raise SettingsError(message)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._over_limit(reply)

    def _over_limit(self, reply: Reply) -> None:
        """Tell the two kinds of 429 apart: only the minute's limit says when to come back."""
        wait = reply.retry_after(self._clock.now())
        remaining = reply.headers.get("x-ratelimit-remaining-minute")
        if wait is None and remaining is not None and remaining != "0":
            message = (
                "the month's credits are used up (HTTP 429); the next calls go when the "
                "account's new month begins"
            )
            raise QuotaError(message)
        message = "the limit of calls a minute is reached (HTTP 429)"
        raise TransientError(message, MINUTE_S if wait is None else wait)


def _detail(reply: Reply) -> str:
    """Return the vendor's own words from a problem document, shortened."""
    try:
        problem = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return "no detail"
    if not isinstance(problem, dict):
        return "no detail"
    return str(problem.get("detail") or problem.get("title") or "no detail")[:160]
