"""Who may call v2: fleet keys, tokens for one site, quotas (docs/vendors/solaredge.md, v2)."""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response, g, request

from solar_simulator.quota import Allowance, Tally
from solar_simulator.site import Site
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.solaredge.v2.oauth import OAuth
from solar_simulator.web import note
from solar_simulator.world import World

_ERROR = 400


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes:
        name: What quotas are counted by.
        site: The only site of a token; None for a fleet key.
        scopes: What a token may read; empty for a fleet key, which may read all.
    """

    name: str
    site: str | None = None
    scopes: frozenset[str] = frozenset()


class Access:
    """Lets calls in and counts them.

    Limits are enforced only with the switch ``limits``; the headers are always there.

    Args:
        world: Credentials, clock and switches.
        oauth: The tokens.
    """

    def __init__(self, world: World, oauth: OAuth) -> None:
        self._world = world
        self._oauth = oauth
        self._minute = Tally()
        self._month = Tally()

    def reset(self) -> None:
        """Forget all calls."""
        self._minute.reset()
        self._month.reset()

    def enter(self) -> Caller:
        """Let the call in hand in.

        Raises:
            ProblemError: 401 for bad credentials, 429 for too many calls of either kind.
        """
        caller = self._caller()
        g.caller = caller
        now = self._world.clock.now()
        used = self._minute.since(caller.name, now, _minute_begin(now))
        self._minute.add(caller.name, now)
        if self._enforced():
            if used >= self._per_minute():
                wait = 60 - now.second
                raise ProblemError(
                    429,
                    "API rate limit exceeded",
                    outcome="429 minute",
                    headers={"retry-after": str(wait)},
                )
            month = self._world.switches.get("solaredge.credits_per_month")
            if self._month.since(caller.name, now, self._month_begin(now)) >= month:
                raise ProblemError(429, "Monthly credits are used up", outcome="429 month")
        return caller

    def allowances(self) -> list[Allowance]:
        """The minute and the month of each caller."""
        now = self._world.clock.now()
        month = int(self._world.switches.get("solaredge.credits_per_month"))
        begins = _minute_begin(now), self._month_begin(now)
        ends = begins[0] + timedelta(minutes=1, microseconds=1), self._month_end(now)
        limits = self._per_minute(), month
        return [
            Allowance(
                "SolarEdge v2",
                str(caller),
                period,
                len(times),
                most,
                end if len(times) >= most else None,
            )
            for tally, period, begin, end, most in zip(
                (self._minute, self._month), ("minute", "month"), begins, ends, limits, strict=True
            )
            for caller, times in tally.lately(now, begin).items()
        ]

    def site(self, caller: Caller, site_id: str, scope: str) -> Site:
        """The site asked for.

        Raises:
            ProblemError: 403 for another's site, an unknown one, or a missing scope.
        """
        site = self._world.site("solaredge", site_id)
        if site is None or caller.site not in {None, site_id}:
            raise ProblemError(403, "No access to the requested site")
        if caller.site is not None and scope not in caller.scopes:
            raise ProblemError(403, f"Missing scope {scope}")
        return site

    def fleet_only(self, caller: Caller) -> None:
        """Refuse a token where only a key is taken.

        Raises:
            ProblemError: 403 for a token.
        """
        if caller.site is not None:
            raise ProblemError(403, "This endpoint needs Fleet Access")

    def finish(self, response: Response) -> Response:
        """Count a credit for a success, and set the headers of every answer."""
        caller: Caller | None = g.get("caller")
        limit, used = self._per_minute(), 0
        if caller is not None:
            now = self._world.clock.now()
            used = self._minute.since(caller.name, now, _minute_begin(now))
            if response.status_code < _ERROR:
                self._month.add(caller.name, now)
        left = max(limit - used, 0) if self._enforced() else limit - 1
        if note().outcome == "429 month":
            left = max(left, 1)
        response.headers["x-ratelimit-limit-minute"] = str(limit)
        response.headers["x-ratelimit-remaining-minute"] = str(left)
        return response

    def _caller(self) -> Caller:
        if key := request.headers.get("X-API-Key"):
            if key == self._world.credentials.solaredge_fleet_key:
                return Caller("fleet key")
            raise ProblemError(401, "Invalid API key")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._oauth.grant_of(token) if scheme == "Bearer" else None
        if grant is None:
            raise ProblemError(401, "Invalid API key" if not scheme else "Invalid access token")
        return Caller(f"site {grant.site}", grant.site, grant.scopes)

    def _enforced(self) -> bool:
        return bool(self._world.switches.get("limits") == "documented")

    def _per_minute(self) -> int:
        return int(self._world.switches.get("solaredge.calls_per_minute"))

    def _month_begin(self, now: datetime) -> datetime:
        day = int(self._world.switches.get("solaredge.credits_renew_on_day"))
        now = now.astimezone(UTC)
        begin = _renewal(now.year, now.month, day)
        if begin > now:
            before = now.replace(day=1) - timedelta(days=1)
            begin = _renewal(before.year, before.month, day)
        return begin - timedelta(microseconds=1)

    def _month_end(self, now: datetime) -> datetime:
        day = int(self._world.switches.get("solaredge.credits_renew_on_day"))
        begin = self._month_begin(now) + timedelta(microseconds=1)
        return _renewal(begin.year + begin.month // 12, begin.month % 12 + 1, day)


def _minute_begin(now: datetime) -> datetime:
    # Tally counts what is later than the start, and the minute's first instant belongs in.
    begin = now.astimezone(UTC).replace(second=0, microsecond=0)
    return begin - timedelta(microseconds=1)


def _renewal(year: int, month: int, day: int) -> datetime:
    """When a month of credits begins; in a month without that day, on its last one."""
    return datetime(year, month, min(day, calendar.monthrange(year, month)[1]), tzinfo=UTC)
