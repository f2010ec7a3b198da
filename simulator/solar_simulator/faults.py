"""Faults on demand: the n-th call to an endpoint goes wrong in a given way."""

import threading
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

HTML_PAGE = "<html><head><title>Error</title></head><body>Service unavailable</body></html>"

Cut = Literal["before", "middle"]


class FaultError(ValueError):
    """A fault that cannot be armed; says why."""


@dataclass(slots=True)
class Fault:
    """What goes wrong, and when.

    Attributes:
        endpoint: Name in the call log; ``*`` and ``?`` match, as in ``solaredge.v2.*``.
        site: Only calls for this site id.
        nth: The first call it strikes, counted from when it was armed: 1 is the next.
        times: How many calls in a row it strikes; 0 is for ever.
        status: HTTP status to answer with.
        body: Body to answer with; ``html`` stands for a page, empty for none at all.
        content_type: Of the body.
        headers: Further headers, such as ``Retry-After``.
        code: Sigen business code to answer with.
        delay_seconds: Real seconds to wait before anything else.
        cut: Cut the connection before the answer, or in its middle.
        seen: How many matching calls there were so far.
    """

    endpoint: str = "*"
    site: str | None = None
    nth: int = 1
    times: int = 1
    status: int | None = None
    body: str | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    code: int | None = None
    delay_seconds: float = 0.0
    cut: Cut | None = None
    seen: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            FaultError: With one line.
        """
        if self.nth < 1 or self.times < 0 or self.delay_seconds < 0:
            message = "nth counts from 1; times and delay_seconds are not negative"
            raise FaultError(message)
        if self.cut not in {None, "before", "middle"}:
            message = f"cut is before or middle, not {self.cut!r}"
            raise FaultError(message)
        if not self.answers and not self.delay_seconds and self.cut is None:
            message = "a fault needs status, body, code, delay_seconds or cut"
            raise FaultError(message)

    @classmethod
    def of(cls, words: dict[str, Any]) -> Self:
        """From a JSON or TOML table.

        Raises:
            FaultError: For an unknown word or one of a wrong kind.
        """
        try:
            return cls(**{key: value for key, value in words.items() if key != "seen"})
        except TypeError as error:
            message = f"unreadable fault: {error}"
            raise FaultError(message) from error

    @property
    def answers(self) -> bool:
        """Whether it answers in the endpoint's place."""
        return not (self.status is None and self.body is None and self.code is None)

    @property
    def name(self) -> str:
        """Its word in the call log."""
        if self.code is not None:
            return f"fault code {self.code}"
        if self.status is not None:
            return f"fault status {self.status}"
        if self.body is not None:
            return "fault body"
        return f"fault cut {self.cut}" if self.cut else "fault delay"

    def strikes(self, endpoint: str, site: str | None) -> bool:
        """Count a call, and say whether this one is struck."""
        if not fnmatchcase(endpoint, self.endpoint) or self.site not in {None, site}:
            return False
        self.seen += 1
        return self.seen >= self.nth and (not self.times or self.seen < self.nth + self.times)


class Faults:
    """The faults in force; the first that strikes has the call.

    Args:
        initial: Faults armed from the start, and again after a reset.
    """

    def __init__(self, initial: tuple[dict[str, Any], ...] = ()) -> None:
        self._initial = initial
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.reset()

    def add(self, **words: Any) -> Fault:
        """Arm a fault; the words are the attributes of :class:`Fault`.

        Raises:
            FaultError: If it makes no sense.
        """
        fault = Fault.of(words)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._faults.clear()

    def reset(self) -> None:
        """Back to what the scenario armed."""
        self.clear()
        for words in self._initial:
            self.add(**words)

    def strike(self, endpoint: str, site: str | None) -> Fault | None:
        """Count a call with every fault, and return the first that strikes it."""
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(endpoint, site)]
        return struck[0] if struck else None

    def all(self) -> list[Fault]:
        """The faults in force, in the order they were armed."""
        with self._lock:
            return list(self._faults)

    def as_list(self) -> list[dict[str, Any]]:
        """For JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
