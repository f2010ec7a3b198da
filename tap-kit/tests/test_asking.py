"""Calls side by side: whichever is finished is taken, and of one site none out of order."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from solar_tap_kit.asking import Asking
from solar_tap_kit.cloud import Harvest, Source
from solar_tap_kit.health import Attempt
from solar_tap_kit.plan import Step
from solar_tap_kit.redact import Redactor
from solar_tap_kit.session import Session, SessionOptions
from solar_tap_kit.windows import Days, Site, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_tap_kit.testing import VirtualClock

DAY = Days(dt.date(2026, 1, 1), dt.date(2026, 1, 2))


class Gate(Source):
    """A source that answers when it is told to."""

    def __init__(self, name: str) -> None:
        self.name = self.endpoint = name
        self.streams = (name,)
        self.opened = threading.Event()

    def ask(self, windows: Sequence[Window]) -> list[bytes]:
        """Wait for the gate."""
        assert self.opened.wait(30)
        return [windows[0].site.id.encode()]

    def decode(self, window: Window, bodies: Sequence[bytes], fetched_at: str) -> Harvest:
        """Find nothing."""
        del window, bodies, fetched_at
        return Harvest({})


def step(source: Source, *sites: str) -> Step:
    """Return a step of one site or several."""
    zone = ZoneInfo("UTC")
    windows = tuple(Window(source.name, Site(name, zone), DAY, "upkeep") for name in sites)
    return Step(source, windows, (0, 0, 0, 0), source.name)


def test_a_slow_call_keeps_nobody_waiting(clock: VirtualClock) -> None:
    """The others are taken while it is under way; of its own site and of all, none is."""
    slow, fast, bulk = Gate("slow"), Gate("fast"), Gate("bulk")
    fast.opened.set()
    bulk.opened.set()
    session = Session(
        SessionOptions("http://nowhere", "agent"), clock, Redactor(), judge=lambda _: None
    )
    order = [
        step(slow, "a"), step(fast, "a"), step(fast, "b"), step(bulk, "c", "d"), step(fast, "c"),
    ]  # fmt: skip
    with Asking(len(order), clock, session) as asking:
        for one in order:
            asking.start(one, Attempt())
        first, future = asking.take()
        assert (first, future.result().bodies) == (order[2], [b"b"])
        slow.opened.set()
        rest = [asking.take()[0] for _ in range(4)]
    # The bulk answer may hold rows of any site: what was asked before it comes before it.
    assert [rest.index(one) for one in (order[0], order[1], order[3], order[4])] == [0, 1, 2, 3]
