"""One HTTP session a tap: counted, timed, retried, checked before parsing, redacted.

What an answer means is the vendor's business: the tap hands in a `judge` that looks at
each reply and raises the typed error. What to do about an error is decided here once. No
call goes out that the ledger has not written down.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import tenacity

from solar_tap_kit.clock import AHEAD, utc_text
from solar_tap_kit.errors import (
    LongWaitError,
    NotServedError,
    PathRefusedError,
    Paused,
    QuotaError,
    RefusedError,
    SolarError,
    ThrottledError,
    TransientError,
    UnreachableError,
)
from solar_tap_kit.http import Request
from solar_tap_kit.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.http import Reply
    from solar_tap_kit.ledger import Ledger
    from solar_tap_kit.limits import Limit
    from solar_tap_kit.redact import Redactor

SHORT_WAIT_S = 120.0
"""Waits up to this long are simply waited; longer ones are the run's decision."""

TELL_FROM_S = 5.0
"""Waits from this long on are told, or the program would seem to hang."""

Answered = dict[tuple[str, str], "Reply"]
"""Path and parameters of requests that have been answered, with their replies."""

CLEAR_REFUSALS = (RefusedError, NotServedError, QuotaError)
"""Refusals that only the vendor's API gives, and to a valid credential."""

logger = logging.getLogger("solar_tap_kit.session")


@dataclass(slots=True)
class SessionOptions:
    """How to talk to a cloud.

    Attributes:
        base_url: Scheme, host and path in front of every request path.
        user_agent: The `User-Agent` header.
        timeout_s: Seconds to wait for connection and for each answer.
        max_requests: Calls that this run may spend, or None.
        tries: How often one request may be sent in all.
    """

    base_url: str
    user_agent: str
    timeout_s: float = 60.0
    max_requests: int | None = None
    tries: int = 4


@dataclass(slots=True)
class Session:
    """Sends requests to one cloud; may be used from several threads.

    Args:
        options: Where and how.
        clock: Time source; every wait goes through it.
        redactor: Masks secrets in error texts.
        judge: Raises the typed error that a reply stands for, or returns.
        authorize: Returns the headers of the credential; asked before every try, so a
            renewed token is used by the next one.
        ledger: Where calls are reserved, or None to keep no ledger.
        on_wait: Is told until when a request waits for a limit, from whichever thread sends it.

    Attributes:
        calls: How many requests have been sent.
        spent: What they cost, in calls or credits.
        answers: How many of them the vendor's API has answered, be it with a refusal.
        calls_by_endpoint: How many requests each endpoint has had.
    """

    options: SessionOptions
    clock: Clock
    redactor: Redactor
    judge: Callable[[Reply], None]
    authorize: Callable[[], Mapping[str, str]] = dict
    ledger: Ledger | None = None
    on_wait: Callable[[dt.datetime], None] | None = None
    calls: int = 0
    spent: int = 0
    answers: int = 0
    calls_by_endpoint: Counter[str] = field(default_factory=Counter)
    _thread: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wire: Wire = field(init=False)
    _clock_is_compared: bool = False

    def __post_init__(self) -> None:
        """Prepare the connections; none is made yet."""
        self._wire = Wire(self.options.base_url, self.options.timeout_s, self.redactor)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits that the ledger keeps."""
        return self.ledger.limits if self.ledger else ()

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        endpoint: str,
        site: str | None = None,
        cost: int = 1,
    ) -> Reply:
        """Send a GET and return the judged reply.

        Args:
            path: Path below the base URL.
            params: Query parameters.
            endpoint: The endpoint's name for counts, limits and messages (without ids).
            site: The site that the vendor counts the call for, if it counts by site.
            cost: What the call costs.

        Raises:
            SolarError: Whatever `judge` makes of the reply, or that there was none.
        """
        return self.send(Request("GET", path, endpoint, site, cost, params=params))

    def post(self, path: str, body: Mapping[str, Any], *, endpoint: str) -> Reply:
        """Send a POST with a JSON body, without credential headers, and return the reply.

        Raises:
            SolarError: Whatever `judge` makes of the reply, or that there was none.
        """
        return self.send(Request("POST", path, endpoint, body=body))

    def send(self, request: Request) -> Reply:
        """Send a request, again where that may help, and return the judged reply.

        Raises:
            SolarError: Whatever `judge` makes of the reply, or that there was none.
        """
        answered: Answered | None = getattr(self._thread, "answered", None)
        if answered is not None:
            return self._send_once(request, answered)
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

    @contextlib.contextmanager
    def without_retry(self, answered: Answered) -> Iterator[None]:
        """Let this thread's requests fail at the first fault: the caller tries again later.

        Args:
            answered: Replies of an earlier try, which are not requested again; those of this
                one are added. A step of several requests repeats only the one that failed.
        """
        self._thread.answered = answered
        try:
            yield
        finally:
            self._thread.answered = None

    def _send_once(self, request: Request, answered: Answered) -> Reply:
        key = (request.path, repr(request.params))
        if key in answered:
            return answered[key]
        try:
            reply = self._attempt(request)
        except TransientError as error:
            if error.retry_after != 0:
                self._refuse_long_wait(error, request.site)
                raise
            # No wait is needed: a new token has been drawn, for instance.
            reply = self._attempt(request)
        if request.body is None:
            # A login's reply is not kept: its token may have been refused meanwhile.
            answered[key] = reply
        return reply

    def _attempt(self, request: Request) -> Reply:
        headers = {"User-Agent": self.options.user_agent}
        if request.body is None:
            headers |= self.authorize()
        number = self._spend(request)
        try:
            reply = self._wire.exchange(request, headers)
            self._compare_clocks(reply)
            self._judge(reply)
        except SolarError as error:
            if isinstance(error, CLEAR_REFUSALS) and not isinstance(error, PathRefusedError):
                self._count_answer(request)
            self._settle(number, type(error).__name__)
            raise
        self._count_answer(request)
        self._settle(number, "ok")
        return reply

    def _compare_clocks(self, reply: Reply) -> None:
        """Tell once that the machine's clock is off: days, quotas and "late" all follow it."""
        if self._clock_is_compared:
            return
        self._clock_is_compared = True
        sent, now = reply.sent_at(), self.clock.now()
        if sent is not None and abs(now - sent) > AHEAD:
            logger.warning(
                "the machine's clock says %s, the server's %s: set the machine's clock, or days "
                "and quotas are counted wrongly",
                utc_text(now),
                utc_text(sent),
            )

    def _count_answer(self, request: Request) -> None:
        if request.body is None:
            # A login that works says nothing of the data behind it.
            self.answers += 1

    def _judge(self, reply: Reply) -> None:
        self.judge(reply)
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"HTTP {reply.status}"
            raise TransientError(message, reply.retry_after(self.clock.now()))
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            message = "too many requests (HTTP 429)"
            raise ThrottledError(message, reply.retry_after(self.clock.now()))
        if not reply.ok:
            message = f"HTTP {reply.status}"
            raise RefusedError(message)
        # Both clouds answer in JSON; what is none has to fail here, where it is tried again.
        reply.check()

    def _spend(self, request: Request) -> int:
        """Reserve a call, waiting for a limit if that is short; return its number."""
        while True:
            if self.clock.stopping:
                message = "asked to stop"
                raise Paused(message)
            with self._lock:
                budget = self.options.max_requests
                if budget is not None and self.calls >= budget:
                    message = f"max_requests_per_run ({budget}) is spent"
                    raise QuotaError(message, of_run=True)
                number = self._reserve(request)
                if isinstance(number, int):
                    self.calls += 1
                    self.spent += request.cost
                    self.calls_by_endpoint[request.endpoint] += 1
                    return number
            if number >= TELL_FROM_S:
                logger.info("%s: waiting %.0f s for the quota", request.endpoint, number)
                if self.on_wait is not None:
                    self.on_wait(self.clock.now() + dt.timedelta(seconds=number))
            self.clock.sleep(number)

    def _reserve(self, request: Request) -> int | float:
        """Return the number of the reserved call, or the seconds to wait before trying again."""
        if self.ledger is None:
            return 0
        now = self.clock.now()
        found = self.ledger.reserve(request.endpoint, request.site, request.cost, now)
        if isinstance(found, int):
            return found
        wait = (found.at - now).total_seconds()
        if wait > SHORT_WAIT_S:
            message = f"the limit {found.limit.name} is used up"
            raise QuotaError(message, found.at, site_only=found.limit.scope != "account")
        return float(wait)

    def _settle(self, number: int, outcome: str) -> None:
        if self.ledger is not None:
            self.ledger.settle(number, outcome)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, TransientError) or error.retry_after is None:
            return tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)(state)
        self._refuse_long_wait(error, state.args[0].site)
        return error.retry_after

    def _refuse_long_wait(self, error: TransientError, site: str | None) -> None:
        """Make a pause of a wait that is too long for a retry.

        Only a limit of requests is taken to concern the whole account; a fault of one site's
        path concerns that site.
        """
        if error.retry_after is not None and error.retry_after > SHORT_WAIT_S:
            message = f"the cloud asks to wait {error.retry_after:g} s"
            until = self.clock.now() + dt.timedelta(seconds=error.retry_after)
            if isinstance(error, ThrottledError):
                raise QuotaError(message, until)
            raise LongWaitError(message, until, site_only=site is not None)

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
