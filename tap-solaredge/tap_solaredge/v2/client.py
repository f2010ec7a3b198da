"""Calls to the SolarEdge Monitoring API v2 (`docs/vendors/solaredge.md`, Access and Limits)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import (
    AuthError,
    NotServedError,
    PathRefusedError,
    QuotaError,
    SettingsError,
    ThrottledError,
    TransientError,
)
from solar_tap_kit.limits import Limit
from tap_solaredge.answers import HOST, detail
from tap_solaredge.errors import BadRequestError, ForbiddenError, GrantRefusedError
from tap_solaredge.tokens import HOW_TO_LOG_IN, Tokens, TokenStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solar_tap_kit.http import Reply
    from solar_tap_kit.runtime import Runtime

MINUTE = dt.timedelta(minutes=1)
CREDITS_PER_MONTH = 2000
CALLS_PER_MINUTE = 10
"""The documented limits of a free account."""

MONTH, PER_MINUTE, SHARE = "credits a month", "calls a minute", "today's share of the month"

logger = logging.getLogger("tap_solaredge")


class V2Client:
    """One fleet key, or the grant of one site's owner.

    Args:
        runtime: Settings, time, secrets and the state folder.
    """

    def __init__(self, runtime: Runtime) -> None:
        config = runtime.config
        self.base_url = str(config.get("api_url") or HOST)
        self._clock = runtime.clock
        self._key: str | None = config.get("api_key")
        self.tokens = None if self._key else open_tokens(runtime)
        self._token_refused = False
        self.account = f"solaredge v2 {self.base_url} {self._key or config['client_id']}"
        self._fixed_minute = config.get("calls_per_minute") is not None
        self.ledger = runtime.open_ledger(self.account, _limits(runtime))
        if not self._fixed_minute and (known := self.ledger.note(PER_MINUTE)):
            self._replace(PER_MINUTE, int(known))
        self._share_out()
        self.session = runtime.open_session(
            self.base_url, self._judge, authorize=self._authorize, ledger=self.ledger
        )

    @property
    def is_oauth(self) -> bool:
        """Whether the owner of one site has let us in, rather than a fleet."""
        return self.tokens is not None

    def now(self) -> dt.datetime:
        """Return the present."""
        return self._clock.now()

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        endpoint: str,
        site: str | None = None,
    ) -> bytes:
        """Return the body of a GET.

        Args:
            path: Path below `/v2`.
            params: Query parameters.
            endpoint: The endpoint's name, for counts and messages.
            site: The site, for the ledger.

        Raises:
            SolarError: The typed failure.
        """
        return self.session.get(f"/v2{path}", params, endpoint=endpoint, site=site).body

    def _authorize(self) -> dict[str, str]:
        if self.tokens is None:
            return {"X-API-Key": str(self._key)}
        return {"Authorization": f"Bearer {self.tokens.access_token()}"}

    def _judge(self, reply: Reply) -> None:
        self._learn(reply)
        status = reply.status
        if status == HTTPStatus.UNAUTHORIZED:
            self._unauthorized()
        if reply.ok:
            self._token_refused = False
        if status == HTTPStatus.FORBIDDEN and "scope" in detail(reply).lower():
            message = f"the grant does not reach this ({detail(reply)}); {HOW_TO_LOG_IN}"
            raise NotServedError(message)
        if status == HTTPStatus.FORBIDDEN:
            message = f"no access (HTTP 403): {detail(reply)}; the key's site, scope or tier"
            raise ForbiddenError(message)
        if status == HTTPStatus.BAD_REQUEST:
            message = f"the request was refused (HTTP 400), in SolarEdge's words: {detail(reply)}"
            raise BadRequestError(message)
        if reply.elsewhere:
            message = (
                f"api_url: {self.base_url} does not serve this part of the SolarEdge API v2 "
                f"(HTTP {status}: {detail(reply)})"
            )
            refused = f"{reply.elsewhere}: {detail(reply)}"
            raise PathRefusedError(refused, SettingsError(message))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._over_limit(reply)

    def _unauthorized(self) -> None:
        if self.tokens is None:
            message = (
                "SolarEdge refused api_key (HTTP 401): v2 takes a Fleet API key; a site or "
                "account key of v1 does not work there"
            )
            raise AuthError(message)
        self.tokens.drop()
        if self._token_refused:
            message = (
                "SolarEdge refused a new access token (HTTP 401): the owner has taken the "
                f"grant back; {HOW_TO_LOG_IN}"
            )
            raise AuthError(message)
        # It may have ended early, as tokens do when another one was drawn.
        self._token_refused = True
        message = "the access token was refused (HTTP 401); drawing a new one"
        raise TransientError(message, 0.0)

    def _over_limit(self, reply: Reply) -> None:
        """Tell the two kinds of 429 apart: only the minute's limit says when to come back."""
        now = self._clock.now()
        wait = reply.retry_after(now)
        remaining = reply.headers.get("x-ratelimit-remaining-minute")
        if wait is None and remaining is not None and remaining != "0":
            raise self._month_is_over(now)
        message = "the limit of calls a minute is reached (HTTP 429)"
        raise ThrottledError(message, MINUTE.total_seconds() if wait is None else wait)

    def _month_is_over(self, now: dt.datetime) -> QuotaError:
        """Return the pause until tomorrow: on which day credits are renewed, nobody has said.

        Today's share is used up by it, the month is not: so the first call of each day tries
        whether the account's new month has begun, and what it finds is believed.
        """
        share, month = self._limit(SHARE), self._limit(MONTH)
        self.ledger.correct(share, 0, now)
        again = share.resets(now)
        message = (
            "the account's credits are used up (HTTP 429); one call a day tries again, until "
            "they are renewed. By the setting credits_renew_on_day "
            f"({month.month_begins_on}) that is on {month.resets(now):%Y-%m-%d}"
        )
        return QuotaError(message, again)

    def _learn(self, reply: Reply) -> None:
        """Take the minute's limit, and what others have used of it, from the headers."""
        amount, remaining = (
            int(text) if (text := reply.headers.get(f"x-ratelimit-{name}-minute", "")).isdigit()
            else None
            for name in ("limit", "remaining")
        )  # fmt: skip
        if amount is None or self._fixed_minute:
            return
        if amount != self._limit(PER_MINUTE).amount and amount > 0:
            logger.info("this account may make %d calls a minute", amount)
            self._replace(PER_MINUTE, amount)
            self.ledger.put_note(PER_MINUTE, str(amount), self._clock.now())
        if remaining is not None:
            self.ledger.correct(self._limit(PER_MINUTE), remaining, self._clock.now())

    def _share_out(self) -> None:
        """Spread what is left of the month evenly over its days, so that upkeep never runs dry."""
        now = self._clock.now()
        left = {entry.limit.name: entry for entry in self.ledger.left(now)}
        ends = self._limit(MONTH).resets(now) or now
        days_left = max(1, (ends.date() - now.astimezone(dt.UTC).date()).days)
        since_midnight = left[MONTH].left + left[SHARE].used
        self._replace(SHARE, max(1, -(-since_midnight // days_left)))

    def _limit(self, name: str) -> Limit:
        return next(limit for limit in self.ledger.limits if limit.name == name)

    def _replace(self, name: str, amount: int) -> None:
        self.ledger.limits = tuple(
            dataclasses.replace(limit, amount=amount) if limit.name == name else limit
            for limit in self.ledger.limits
        )


def _limits(runtime: Runtime) -> tuple[Limit, ...]:
    credits_a_month = int(runtime.config["credits_per_month"])
    per_minute = int(runtime.config.get("calls_per_minute") or CALLS_PER_MINUTE)
    reserve = runtime.reserve_of(credits_a_month)
    renewed_on = int(runtime.config["credits_renew_on_day"])
    return (
        Limit(MONTH, credits_a_month, "month", reserve=reserve, month_begins_on=renewed_on),
        Limit(SHARE, credits_a_month, "day"),
        Limit(PER_MINUTE, per_minute, MINUTE),
    )


def open_tokens(runtime: Runtime) -> Tokens:
    """Return the tokens of the configured client; makes no call."""
    config = runtime.config
    client = {name: str(config[name]) for name in ("client_id", "client_secret")}
    name = hashlib.sha256(client["client_id"].encode()).hexdigest()[:12]
    session = runtime.open_session(str(config.get("api_url") or HOST), _judge_token)

    def exchange(body: Mapping[str, str]) -> Mapping[str, Any]:
        answer = session.post("/v2/oauth2/token", body, endpoint="oauth2/token").json()
        return answer if isinstance(answer, dict) else {}

    return Tokens(
        TokenStore(runtime.state_dir, name),
        client,
        config.get("refresh_token"),
        exchange,
        runtime.clock,
        runtime.redactor,
    )


def _judge_token(reply: Reply) -> None:
    """Raise what a refused token request means (RFC 6749, 5.2)."""
    if reply.elsewhere:
        message = f"api_url: there is no SolarEdge token endpoint (HTTP {reply.status})"
        raise SettingsError(message)
    if reply.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return
    answer = reply.json()
    word = str(answer.get("error")) if isinstance(answer, dict) else "no reason given"
    if word == "invalid_client":
        message = (
            "client_id, client_secret: SolarEdge does not know this pair (invalid_client); copy "
            "both again from the application's page"
        )
        raise AuthError(message)
    if word == "invalid_grant":
        message = (
            "SolarEdge refused the grant (invalid_grant): it was taken back, lay unused for 30 "
            f"days, or was used elsewhere; {HOW_TO_LOG_IN}"
        )
    else:
        message = f"SolarEdge refused the token request ({word[:60]}); {HOW_TO_LOG_IN}"
    raise GrantRefusedError(message)
