"""The one clock that everything follows: tokens, quotas, "today", late data."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """An aware UTC clock that stands, runs at a speed, or follows the machine.

    Args:
        now: Where to start; None follows the machine's clock.
        speed: Virtual seconds for each real one; 0 stands still.
        real_seconds: The running time behind it, replaceable in tests.
    """

    def __init__(
        self,
        now: datetime | None = None,
        *,
        speed: float = 0.0,
        real_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._real_seconds = real_seconds
        self._lock = threading.Lock()
        self._anchor = datetime.now(UTC) if now is None else _utc(now)
        self._speed = 1.0 if now is None else speed
        self._since = real_seconds()

    def now(self) -> datetime:
        """The virtual instant, aware, in UTC."""
        with self._lock:
            return self._read()

    @property
    def speed(self) -> float:
        """Virtual seconds for each real one."""
        return self._speed

    def set(self, now: datetime) -> None:
        """Jump, forwards or backwards; the speed stays.

        Raises:
            ValueError: If ``now`` has no offset.
        """
        with self._lock:
            self._restart(_utc(now))

    def advance(self, by: timedelta | float) -> None:
        """Jump forwards by a timedelta or by seconds."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        with self._lock:
            self._restart(self._read() + step)

    def run(self, speed: float) -> None:
        """Run on from here at another speed; 0 stands still."""
        with self._lock:
            self._restart(self._read())
            self._speed = speed

    def follow_machine(self, offset: timedelta = timedelta(0)) -> None:
        """Show the machine's time plus an offset, second for second."""
        with self._lock:
            self._restart(datetime.now(UTC) + offset)
            self._speed = 1.0

    def _read(self) -> datetime:
        passed = (self._real_seconds() - self._since) * self._speed
        return self._anchor + timedelta(seconds=passed)

    def _restart(self, now: datetime) -> None:
        self._anchor = now
        self._since = self._real_seconds()


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = f"the clock needs an offset, and {at.isoformat()} has none"
        raise ValueError(message)
    return at.astimezone(UTC)
