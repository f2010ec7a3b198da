"""Fixtures of the kit's own tests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from solar_tap_kit.testing import ScriptedServer, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> VirtualClock:
    """Return a clock whose waits cost nothing."""
    return VirtualClock()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Serve scripted answers on a port of this machine."""
    scripted = ScriptedServer()
    thread = threading.Thread(target=scripted.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield scripted
    scripted.shutdown()
    scripted.server_close()
    thread.join()
