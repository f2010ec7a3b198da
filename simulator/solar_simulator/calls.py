"""The log of calls: what was asked, for which site, and how it ended."""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

SECRET_PARAMETERS = frozenset({"api_key", "key", "token", "password", "client_secret"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        number: Counted from 1.
        at_utc: Virtual time (aware, UTC).
        endpoint: Short name such as ``sigen.history`` or ``solaredge.v2.energy``.
        site: Site id, where the path names one.
        query: Parameters without secrets.
        status: HTTP status.
        outcome: ``ok``, or what went wrong: a vendor code, a status, an injected fault.
    """

    number: int
    at_utc: datetime
    endpoint: str
    site: str | None
    query: dict[str, str]
    status: int
    outcome: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "at_utc": self.at_utc.isoformat()}


class CallLog:
    """The last calls in full, and the count of all by endpoint, site and outcome.

    Args:
        kept: How many calls to keep in full.
    """

    def __init__(self, kept: int = 100_000) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=kept)
        self._counts: Counter[tuple[str, str | None, str]] = Counter()
        self._number = 0

    def add(
        self,
        *,
        at_utc: datetime,
        endpoint: str,
        site: str | None,
        query: Mapping[str, str],
        status: int,
        outcome: str,
    ) -> None:
        """Enter a call."""
        shown = {key: text for key, text in query.items() if key not in SECRET_PARAMETERS}
        with self._lock:
            self._number += 1
            self._calls.append(Call(self._number, at_utc, endpoint, site, shown, status, outcome))
            self._counts[endpoint, site, outcome] += 1

    def __len__(self) -> int:
        """All calls since the start or the last reset, kept or not."""
        return self._number

    def __iter__(self) -> Iterator[Call]:
        """The calls kept, oldest first."""
        with self._lock:
            return iter(list(self._calls))

    def matching(
        self, endpoint: str | None = None, site: str | None = None, outcome: str | None = None
    ) -> list[Call]:
        """The calls kept that fit every given word."""
        return [
            call
            for call in self
            if endpoint in {None, call.endpoint}
            and site in {None, call.site}
            and outcome in {None, call.outcome}
        ]

    def counts(self) -> list[dict[str, Any]]:
        """How many calls by endpoint, site and outcome."""
        with self._lock:
            items = sorted(self._counts.items(), key=lambda item: tuple(map(str, item[0])))
        return [
            {"endpoint": endpoint, "site": site, "outcome": outcome, "calls": number}
            for (endpoint, site, outcome), number in items
        ]

    def reset(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()
            self._number = 0
