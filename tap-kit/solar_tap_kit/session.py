"""One HTTP session a tap: counted, timed, retried, checked before parsing, redacted.

What an answer means is the vendor's business: the tap hands in a `judge` that looks at
each reply and raises the typed error. What to do about an error is decided here once.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import requests
import tenacity

from solar_tap_kit.errors import (
    Paused,
    QuotaError,
    RefusedError,
    SettingsError,
    TransientError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.redact import Redactor

logger = logging.getLogger("solar_tap_kit.session")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a cloud, body unparsed.

    Attributes:
        status: HTTP status.
        headers: Answer headers, case-insensitive.
        body: The body's bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    _parsed: list[Any] = field(default_factory=list, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def elsewhere(self) -> bool:
        """Whether the status says that the address is not the API's: moved or not there."""
        moved = HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST
        return moved or self.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            TransientError: The body is empty or not JSON: a proxy's page, a cut answer.
        """
        if self._parsed:
            return self._parsed[0]
        try:
            self._parsed.append(msgspec.json.decode(self.body))
        except msgspec.DecodeError:
            pass
        else:
            return self._parsed[0]
        kind = self.headers.get("Content-Type", "no content type").split(";")[0]
        what = "an empty answer" if not self.body.strip() else f"{kind} instead of JSON"
        message = f"the cloud sent {what} (HTTP {self.status})"
        raise TransientError(message)

    def retry_after(self, now: dt.datetime) -> float | None:
        """Return the seconds that a `Retry-After` header asks for, in either of its forms.

        Args:
            now: The present, aware UTC, for the header's date form.
        """
        value = self.headers.get("Retry-After", "").strip()
        if value.isdigit():
            return float(value)
        try:
            return max(0.0, (email.utils.parsedate_to_datetime(value) - now).total_seconds())
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Request:
    """One request, before it has a host or a credential.

    Attributes:
        method: HTTP method.
        path: Path below the base URL.
        endpoint: The endpoint's name for counts and messages.
        params: Query parameters.
        body: JSON body; only logins have one, and they carry no credential header.
    """

    method: str
    path: str
    endpoint: str
    params: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None


@dataclass(slots=True)
class SessionOptions:
    """How to talk to a cloud.

    Attributes:
        base_url: Scheme, host and path in front of every request path.
        user_agent: The `User-Agent` header.
        timeout_s: Seconds to wait for connection and for each answer.
        max_requests: Calls that this run may spend, or None.
        tries: How often one request may be sent in all.
        longest_wait_s: Longest wait between two tries; a vendor who asks for more pauses
            the run instead.
    """

    base_url: str
    user_agent: str
    timeout_s: float = 60.0
    max_requests: int | None = None
    tries: int = 4
    longest_wait_s: float = 120.0


@dataclass(slots=True)
class Session:
    """Sends requests to one cloud.

    Args:
        options: Where and how.
        clock: Time source; every wait goes through it.
        redactor: Masks secrets in error texts.
        judge: Raises the typed error that a reply stands for, or returns.
        authorize: Returns the headers of the credential; asked before every try, so a
            renewed token is used by the next one.
    """

    options: SessionOptions
    clock: Clock
    redactor: Redactor
    judge: Callable[[Reply], None]
    authorize: Callable[[], Mapping[str, str]] = dict
    calls: int = 0
    calls_by_endpoint: dict[str, int] = field(default_factory=dict)
    _http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        """Read proxies and certificates from the environment once, and never a .netrc.

        requests would look them up for every call, and a .netrc entry for the host would
        replace the Authorization header.
        """
        self._http.trust_env = True
        found = self._http.merge_environment_settings(
            self.options.base_url, {}, stream=None, verify=None, cert=None
        )
        self._http.proxies = dict(found["proxies"])
        self._http.verify = found["verify"]
        self._http.trust_env = False

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, endpoint: str) -> Reply:
        """Send a GET and return the judged reply.

        Args:
            path: Path below the base URL.
            params: Query parameters.
            endpoint: The endpoint's name for counts and messages (a path without ids).

        Raises:
            SolarError: Whatever `judge` makes of the reply, or that there was none.
        """
        return self._send(Request("GET", path, endpoint, params=params))

    def post(self, path: str, body: Mapping[str, Any], *, endpoint: str) -> Reply:
        """Send a POST with a JSON body, without credential headers, and return the reply.

        Raises:
            SolarError: Whatever `judge` makes of the reply, or that there was none.
        """
        return self._send(Request("POST", path, endpoint, body=body))

    def _send(self, request: Request) -> Reply:
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.options.tries),
            retry=tenacity.retry_if_exception_type(TransientError),
            wait=self._wait,
            sleep=self.clock.sleep,
            before_sleep=self._announce,
            reraise=True,
        )
        try:
            return retrying(self._attempt, request)
        except TransientError as error:
            message = f"{request.endpoint}: gave up after {self.options.tries} tries: {error}"
        raise UnreachableError(message)

    def _attempt(self, request: Request) -> Reply:
        headers = {"User-Agent": self.options.user_agent}
        if request.body is None:
            headers |= self.authorize()
        self._spend(request.endpoint)
        reply = self._exchange(request, headers)
        self.judge(reply)
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"HTTP {reply.status}"
            raise TransientError(message, reply.retry_after(self.clock.now()))
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            message = "too many requests (HTTP 429)"
            raise TransientError(message, reply.retry_after(self.clock.now()))
        if not reply.ok:
            message = f"HTTP {reply.status}"
            raise RefusedError(message)
        # Both clouds answer in JSON; what is none has to fail here, where it is tried again.
        reply.json()
        return reply

    def _spend(self, endpoint: str) -> None:
        if self.clock.stopping:
            message = "asked to stop"
            raise Paused(message)
        budget = self.options.max_requests
        if budget is not None and self.calls >= budget:
            message = f"max_requests_per_run ({budget}) is spent"
            raise QuotaError(message)
        self.calls += 1
        self.calls_by_endpoint[endpoint] = self.calls_by_endpoint.get(endpoint, 0) + 1

    def _exchange(self, request: Request, headers: dict[str, str]) -> Reply:
        failure: Exception
        try:
            answer = self._http.request(
                request.method,
                self.options.base_url.rstrip("/") + request.path,
                params=request.params,
                json=request.body,
                headers=headers,
                timeout=self.options.timeout_s,
                allow_redirects=False,
            )
            return Reply(answer.status_code, answer.headers, answer.content)
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.MissingSchema,
            requests.exceptions.InvalidSchema,
        ):
            failure = SettingsError(
                f"api_url: {self.options.base_url!r} is not a usable address "
                "(expected https://host)"
            )
        except requests.RequestException as error:
            failure = TransientError(self._describe(error))
        # Raised outside the except block: chained, the original would carry the whole URL.
        raise failure

    def _describe(self, error: requests.RequestException) -> str:
        host = self.redactor.text(self.options.base_url)
        if isinstance(error, requests.exceptions.SSLError):
            return f"no trusted TLS connection to {host}"
        if isinstance(error, requests.Timeout):
            return f"no answer from {host} within {self.options.timeout_s:g} s (request_timeout)"
        if isinstance(error, requests.ConnectionError):
            return f"{host} can't be reached; check the network, region and api_url"
        return f"the connection to {host} broke ({type(error).__name__})"

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TransientError) else None
        if asked is None:
            return tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)(state)
        if asked > self.options.longest_wait_s:
            message = f"the cloud asks to wait {asked:g} s"
            raise QuotaError(message, self.clock.now() + dt.timedelta(seconds=asked))
        return asked

    def _announce(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        logger.warning(
            "%s: %s; try %d of %d in %.0f s",
            state.args[0].endpoint,
            error,
            state.attempt_number + 1,
            self.options.tries,
            pause,
        )
