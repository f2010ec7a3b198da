"""The access restrictions: code 1201 and its kin (docs/vendors/sigen.md, limits)."""

from datetime import datetime, timedelta

from solar_simulator.quota import Allowance, Tally
from solar_simulator.sigen.envelope import SigenError, strikes
from solar_simulator.web import note
from solar_simulator.world import World

_MINUTE = timedelta(minutes=1)
_FAILURES: tuple[tuple[str, int, int], ...] = (
    ("sigen.fail_1110", 1110, 200),
    ("sigen.fail_1201", 1201, 200),
    ("sigen.fail_1502", 1502, 200),
    ("sigen.fail_424", 1, 424),
    ("sigen.fail_429", 429, 429),
)


class SigenLimits:
    """Calls of an account in a minute, and one call per station and endpoint in five.

    Calls that were refused count too, so hammering never gets through.

    Args:
        world: Clock and switches.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._accounts = Tally()
        self._windows = Tally()

    def reset(self) -> None:
        """Forget all calls."""
        self._accounts.reset()
        self._windows.reset()

    def count_account(self, account: str) -> None:
        """Count a call, a login included.

        Raises:
            SigenError: 1110, or HTTP 429 by the switch, for too many in a minute.
        """
        now = self._world.clock.now()
        before = self._accounts.within(account, now, _MINUTE)
        self._accounts.add(account, now)
        switches = self._world.switches
        if self._enforced() and before >= switches.get("sigen.calls_per_minute"):
            limited = switches.get("sigen.minute_refusal") == "429"
            raise SigenError(429 if limited else 1110, 429 if limited else 200)

    def count_window(self, name: str, scope: tuple[str, ...], level: str) -> None:
        """Count a call of one endpoint for one account, station or device.

        Args:
            name: The endpoint.
            scope: The account; or the station and, where there is one, the device.
            level: Of a history; empty elsewhere.

        Raises:
            SigenError: 1201 for more than the burst in the window.
        """
        match self._world.switches.get("sigen.window_scope", note().site):
            case "level":
                key = (name, *scope, level.lower())
            case "station":
                key = (scope[0],)
            case _:
                key = (name, *scope)
        now, switches = self._world.clock.now(), self._world.switches
        window = timedelta(seconds=switches.get("sigen.window_seconds", note().site))
        before = self._windows.within(key, now, window)
        self._windows.add(key, now)
        if self._enforced() and before >= switches.get("sigen.burst", note().site):
            raise SigenError(1201)

    def allowances(self) -> list[Allowance]:
        """The minute of each account, and the window of each station's endpoint."""
        now, switches = self._world.clock.now(), self._world.switches
        per_minute = int(switches.get("sigen.calls_per_minute"))
        found = [
            Allowance(
                "Sigen",
                str(account),
                "minute",
                len(times),
                per_minute,
                _freed(times, per_minute, _MINUTE),
            )
            for account, times in self._accounts.lately(now, now - _MINUTE).items()
        ]
        longest = timedelta(seconds=switches.get("sigen.window_seconds"))
        burst = int(switches.get("sigen.burst"))
        period = f"{longest.total_seconds():g} s"
        for key, times in self._windows.lately(now, now - longest).items():
            words = " ".join(key) if isinstance(key, tuple) else str(key)
            freed = _freed(times, burst, longest)
            found.append(Allowance("Sigen", words, period, len(times), burst, freed))
        return found

    def fail_by_rate(self) -> None:
        """Fail the call in hand if one of the rates hits it.

        Raises:
            SigenError: With the code of the rate that hit.
        """
        for switch, code, status in _FAILURES:
            if strikes(self._world, switch):
                raise SigenError(code, status)

    def _enforced(self) -> bool:
        return bool(self._world.switches.get("limits", note().site) == "documented")


def _freed(times: list[datetime], limit: int, window: timedelta) -> datetime | None:
    """When the oldest call that is in the way leaves the window; None while some are left."""
    return times[-limit] + window if 0 < limit <= len(times) else None
