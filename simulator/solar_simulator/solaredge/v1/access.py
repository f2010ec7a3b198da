"""Who may call v1, how often, and until when (docs/vendors/solaredge.md, v1 limits)."""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response, g, request

from solar_simulator.quota import Allowance, Tally
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.web import note
from solar_simulator.world import World

SUNSETS = {
    "by_clock": datetime(2026, 11, 3, tzinfo=UTC),
    "as_announced": datetime(2026, 11, 1, tzinfo=UTC),
}
PARTIAL_SUNSET = datetime(2026, 3, 1, tzinfo=UTC)
# The eight endpoints that were withdrawn before the rest.
WITHDRAWN_FIRST = frozenset(
    {
        "equipment_sensors",
        "site_sensors",
        "site_image",
        "installer_image",
        "change_log",
        "accounts",
        "version_current",
        "version_supported",
    }
)
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Key:
    """A v1 key.

    Attributes:
        text: What the query carries.
        site: The only site it sees; None for an account key.
        account: Whether it is an account key.
    """

    text: str
    site: str | None
    account: bool


class V1Access:
    """Keys, the daily quotas, the limit of calls at once, and the sunset.

    Quotas and concurrency are enforced only with the switch ``limits``.

    Args:
        world: Credentials, clock and switches.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = Tally()
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    def reset(self) -> None:
        """Forget all calls."""
        self._calls.reset()

    def allowances(self) -> list[Allowance]:
        """The day of each site from each address, and of each token."""
        now, start = self._world.clock.now(), self._day_begin()
        most = int(self._world.switches.get("solaredge.v1_calls_per_day"))
        rolling = self._world.switches.get("solaredge.v1_day") == "rolling"
        found = []
        for bucket, times in self._calls.lately(now, start).items():
            kind, name = bucket if isinstance(bucket, tuple) else ("", bucket)
            # A token is a secret of its owner's: its kind is enough to know it by.
            whose = "list calls of a key" if kind == "token" else f"site {name} from {kind}"
            free_at = None
            if 0 < most <= len(times):
                free_at = (times[-most] if rolling else start + _TICK) + _DAY
            found.append(Allowance("SolarEdge v1", whose, "day", len(times), most, free_at))
        return found

    def _day_begin(self) -> datetime:
        """The day ends what was counted before: at midnight UTC, or 24 hours ago."""
        now = self._world.clock.now()
        if self._world.switches.get("solaredge.v1_day") == "rolling":
            return now - _DAY
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - _TICK

    def check_alive(self, name: str) -> None:
        """Refuse an endpoint that was withdrawn by now.

        Raises:
            ProblemError: 410.
        """
        mode = self._world.switches.get("solaredge.v1_sunset")
        now = self._world.clock.now()
        end = SUNSETS.get(mode)
        gone = end is not None and (
            now >= end or (name in WITHDRAWN_FIRST and now >= PARTIAL_SUNSET)
        )
        if mode == "gone" or gone:
            raise ProblemError(410, "This API has been retired")

    def enter(self, site_ids: list[str]) -> Key:
        """Let the call in hand in, for some sites or for none in particular.

        Raises:
            ProblemError: 401 for a wrong key, 403 for a site it does not see, 429 for too
                many calls in a day or at once.
        """
        key = self._key()
        self._start()
        self._count(key, site_ids)
        for site_id in site_ids:
            known = self._world.site("solaredge", site_id) is not None
            seen = key.account or key.site == site_id
            if not known or not seen:
                raise ProblemError(403, "Access Denied")
        return key

    def finish(self, _error: BaseException | None = None) -> None:
        """Count down the calls that are running."""
        if g.pop("v1_running", False):
            with self._lock:
                self._running[self._address()] -= 1

    def bare(self, response: Response) -> Response:
        """Strip the body of a 429, if a switch wants it."""
        if response.status_code == 429 and self._world.switches.get("solaredge.v1_bare_429"):  # noqa: PLR2004
            response.set_data(b"")
            response.content_type = "text/plain"
        return response

    def _key(self) -> Key:
        text = request.args.get("api_key", "")
        known = self._world.credentials
        if text == known.solaredge_v1_account_key:
            return Key(text, None, account=True)
        if text == known.solaredge_v1_rightless_key:
            return Key(text, None, account=False)
        for site in self._world.sites("solaredge"):
            if text == known.solaredge_v1_site_key(site.site_id):
                return Key(text, site.site_id, account=False)
        raise ProblemError(401, "Invalid API key")

    def _start(self) -> None:
        with self._lock:
            self._running[self._address()] += 1
            running = self._running[self._address()]
        g.v1_running = True
        most = self._world.switches.get("solaredge.v1_concurrency")
        if self._enforced() and running > most:
            raise ProblemError(429, "Too many concurrent requests", outcome="429 concurrency")

    def _count(self, key: Key, site_ids: list[str]) -> None:
        now = self._world.clock.now()
        switches = self._world.switches
        buckets = [(self._address(), site_id) for site_id in site_ids]
        if not site_ids or switches.get("solaredge.v1_quota") == "B":
            buckets.append(("token", key.text))
        start = self._day_begin()
        used = max(self._calls.since(bucket, now, start) for bucket in buckets)
        for bucket in buckets:
            self._calls.add(bucket, now)
        if self._enforced() and used >= switches.get("solaredge.v1_calls_per_day"):
            raise ProblemError(429, "Too many requests", outcome="429 day")

    def _enforced(self) -> bool:
        return bool(self._world.switches.get("limits", note().site) == "documented")

    @staticmethod
    def _address() -> str:
        return request.remote_addr or ""
