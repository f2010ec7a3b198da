"""Calls to the SolarEdge Monitoring API v1 (`docs/vendors/solaredge.md`, v1)."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import (
    AuthError,
    NotServedError,
    PathRefusedError,
    QuotaError,
    SettingsError,
)
from solar_tap_kit.limits import Limit
from tap_solaredge.answers import HOST, detail
from tap_solaredge.errors import BadRequestError, BusyError, ForbiddenError, WithdrawnError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from solar_tap_kit.http import Reply
    from solar_tap_kit.runtime import Runtime

CALLS_PER_DAY = 300
"""Documented for each key and, beside that, for each site."""

DAY = dt.timedelta(days=1)
"""The vendor's day may begin at any hour, or roll: 300 in any 24 hours fit all of them."""

BUSY_WAITS_S = (2.0, 5.0, 10.0)
"""A fourth call at once is refused like the 301st of a day; the former passes soon."""

LIST_ENDPOINTS = ("sites/list",)
SHARE_OF_BULK = "(share of a bulk call)"
"""Endpoint under which a bulk call is counted for each of its sites, beside the call itself."""

OF_SITE, OF_KEY, IN_ALL = "calls a day of each site", "calls a day of the key", "calls a day in all"

SUNSET = (
    "SolarEdge switched the Monitoring API v1 off on 3 November 2026 (HTTP 410): set api_version "
    "to v2, with a Fleet API key as api_key, or with client_id and client_secret and "
    "`tap-solaredge login`; tables and bookmarks stay"
)

logger = logging.getLogger("tap_solaredge")


class V1Client:
    """One key, sent in the query with every call.

    Args:
        runtime: Settings, time, secrets and the state folder.
    """

    def __init__(self, runtime: Runtime) -> None:
        config = runtime.config
        self.base_url = str(config.get("api_url") or HOST)
        self._key = str(config["api_key"])
        self._clock = runtime.clock
        self._redactor = runtime.redactor
        self._full: dict[str | None, dt.datetime] = {}
        self._lock = threading.Lock()
        self.account = f"solaredge v1 {self.base_url} {self._key}"
        self.ledger = runtime.open_ledger(self.account, _limits(runtime))
        self._in_all = Limit(IN_ALL, self.ledger.limits[0].amount, DAY)
        if self.ledger.note(IN_ALL):
            self._count_in_all()
        self.session = runtime.open_session(self.base_url, self._judge, ledger=self.ledger)

    def now(self) -> dt.datetime:
        """Return the present."""
        return self._clock.now()

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        endpoint: str,
        sites: Sequence[str] = (),
        optional: bool = False,
    ) -> bytes:
        """Return the body of a GET.

        Args:
            path: Path below the base URL.
            params: Query parameters; the key is added.
            endpoint: The endpoint's name, for counts and messages.
            sites: The sites that the vendor counts the call for.
            optional: Whether v1 may have withdrawn the endpoint before all of it.

        Raises:
            SolarError: The typed failure.
        """
        site = sites[0] if len(sites) == 1 else None
        self._stop_if_full(site)
        query = {**(params or {}), "api_key": self._key}
        for wait in (*BUSY_WAITS_S, None):
            try:
                reply = self.session.get(path, query, endpoint=endpoint, site=site)
            except BusyError:
                if wait is None:
                    break
                self._clock.sleep(wait)
            except WithdrawnError as error:
                if optional:
                    message = f"SolarEdge has withdrawn this endpoint ({error})"
                    raise NotServedError(message, everywhere=True) from None
                raise PathRefusedError(str(error), SettingsError(SUNSET)) from None
            else:
                self._share(sites)
                return reply.body
        raise self._day_is_full(endpoint, site)

    def _stop_if_full(self, site: str | None) -> None:
        """Refuse without a call what the vendor has refused for the rest of its day."""
        until = self._full.get(site)
        if until is not None and self._clock.now() < until:
            message = "the day's calls are used up"
            raise QuotaError(message, until, site_only=site is not None)

    def _day_is_full(self, endpoint: str, site: str | None) -> QuotaError:
        """Note that no more is to be had today, and whether all calls count together.

        The vendor's text lets calls for a site count on that site alone. If one is refused
        that has calls left by our count, the key's calls are counted in all: from then on
        we count so too.
        """
        now = self._clock.now()
        midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        with self._lock:
            self._full[site] = midnight
        if site is not None and self._used_in_all(now) >= self._in_all.amount:
            logger.warning("all calls of this key count together; keeping to that from now on")
            self.ledger.put_note(IN_ALL, "yes", now)
            self._count_in_all()
        message = f"{endpoint}: the day's calls are used up (HTTP 429)"
        return QuotaError(message, midnight, site_only=site is not None)

    def _share(self, sites: Sequence[str]) -> None:
        """Count a bulk call once for each of its sites, as the vendor does."""
        if len(sites) > 1:
            now = self._clock.now()
            for site in sites:
                self.ledger.reserve(SHARE_OF_BULK, site, 1, now)

    def _used_in_all(self, now: dt.datetime) -> int:
        meters = self.ledger.meters(now)
        return sum(meter.used(now) for key, meter in meters.items() if key[0] in (OF_SITE, OF_KEY))

    def _count_in_all(self) -> None:
        if self._in_all not in self.ledger.limits:
            self.ledger.limits = (*self.ledger.limits, self._in_all)

    def _judge(self, reply: Reply) -> None:
        status = reply.status
        if status == HTTPStatus.UNAUTHORIZED:
            message = (
                "SolarEdge refused api_key (HTTP 401): v1 takes an account's or a site's API "
                "key; for a Fleet API key set api_version to v2"
            )
            raise AuthError(message)
        if status == HTTPStatus.FORBIDDEN:
            message = f"no access (HTTP 403): {self._words(reply)}; the key's sites or rights"
            raise ForbiddenError(message)
        if status == HTTPStatus.GONE:
            message = f"HTTP 410: {self._words(reply)}"
            raise WithdrawnError(message)
        if status == HTTPStatus.BAD_REQUEST:
            message = f"the request was refused (HTTP 400): {self._words(reply)}"
            raise BadRequestError(message)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            message = "HTTP 429"
            raise BusyError(message)
        if reply.elsewhere:
            message = (
                f"api_url: {self.base_url} does not serve this part of the SolarEdge API v1 "
                f"(HTTP {status})"
            )
            raise PathRefusedError(reply.elsewhere, SettingsError(message))

    def _words(self, reply: Reply) -> str:
        """Return the vendor's words; they may repeat the query, which holds the key."""
        return str(self._redactor.text(detail(reply)))


def _limits(runtime: Runtime) -> tuple[Limit, ...]:
    amount = int(runtime.config.get("calls_per_day") or CALLS_PER_DAY)
    reserve = runtime.reserve_of(amount)
    return (
        Limit(OF_SITE, amount, DAY, scope="site", reserve=reserve),
        Limit(OF_KEY, amount, DAY, endpoints=LIST_ENDPOINTS, reserve=reserve),
    )
