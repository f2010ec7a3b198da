"""Calls side by side: asked in worker threads, answered in the order of asking."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, Self

from solar_tap_kit.clock import utc_text_exact

if TYPE_CHECKING:
    from types import TracebackType

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.plan import Step


class Answer(NamedTuple):
    """What a step's ask returned, and when it was sent."""

    bodies: list[bytes]
    fetched_at: str


class Asking:
    """Up to `workers` asks in flight.

    With one worker everything happens in the caller's thread: nothing to start, and a
    virtual clock sees one caller.

    Args:
        workers: How many calls may be in flight.
        clock: Time source for the fetch times.
    """

    def __init__(self, workers: int, clock: Clock) -> None:
        self._workers = workers
        self._clock = clock
        self._flight: deque[tuple[Step, Future[Answer]]] = deque()
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the calls in flight."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def __len__(self) -> int:
        """Return how many asks are in flight or answered and not yet taken."""
        return len(self._flight)

    @property
    def has_room(self) -> bool:
        """Whether another ask may be started."""
        return len(self._flight) < self._workers

    def start(self, step: Step) -> None:
        """Ask for a step."""
        future: Future[Answer]
        if self._pool is not None:
            future = self._pool.submit(self._ask, step)
        else:
            future = Future()
            try:
                future.set_result(self._ask(step))
            except Exception as error:  # noqa: BLE001 - raised again by `take`
                future.set_exception(error)
        self._flight.append((step, future))

    def take(self) -> tuple[Step, Future[Answer]]:
        """Return the oldest ask with its future, which may have to be waited for."""
        return self._flight.popleft()

    def _ask(self, step: Step) -> Answer:
        fetched_at = utc_text_exact(self._clock.now())
        return Answer(step.source.ask(step.windows), fetched_at)
