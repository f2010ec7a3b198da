"""Calls side by side: sent from worker threads, taken as they are answered."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Self

from solar_tap_kit.clock import utc_text_exact

if TYPE_CHECKING:
    from types import TracebackType

    from solar_tap_kit.clock import Clock
    from solar_tap_kit.health import Attempt
    from solar_tap_kit.plan import Step
    from solar_tap_kit.session import Session


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
        session: Sends the requests; no ask retries by itself, as that would hold a worker.
    """

    def __init__(self, workers: int, clock: Clock, session: Session) -> None:
        self._workers = workers
        self._clock = clock
        self._session = session
        self._flight: list[tuple[Step, Future[Answer]]] = []
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

    def start(self, step: Step, attempt: Attempt) -> None:
        """Ask for a step.

        Args:
            step: The step.
            attempt: What earlier tries of it have brought.
        """
        future: Future[Answer]
        if self._pool is not None:
            future = self._pool.submit(self._ask, step, attempt)
        else:
            future = Future()
            try:
                future.set_result(self._ask(step, attempt))
            except Exception as error:  # noqa: BLE001 - raised again by `take`
                future.set_exception(error)
        self._flight.append((step, future))

    def take(self) -> tuple[Step, Future[Answer]]:
        """Return an ask that is finished, the oldest of them; waits until there is one.

        Answers of one site are taken in the order of asking, as what the first of them says
        may decide what the next one means. Those of other sites need not wait for them.
        """
        while True:
            for place, (step, future) in enumerate(self._flight):
                if future.done() and not any(
                    _same_site(step, older) for older, _ in islice(self._flight, place)
                ):
                    del self._flight[place]
                    return step, future
            pending = [future for _, future in self._flight if not future.done()]
            wait(pending, return_when=FIRST_COMPLETED)

    def _ask(self, step: Step, attempt: Attempt) -> Answer:
        if not attempt.answered:
            attempt.fetched_at = utc_text_exact(self._clock.now())
        with self._session.without_retry(attempt.answered):
            return Answer(step.source.ask(step.windows), attempt.fetched_at)


def _same_site(one: Step, other: Step) -> bool:
    """Return whether two steps concern a common site; a bulk step concerns any."""
    return one.place is None or other.place is None or one.place == other.place
