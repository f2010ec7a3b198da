"""The HTTP server: a thread in a test, or a process of its own."""

import threading
from types import TracebackType
from typing import Self

from werkzeug.serving import BaseWSGIServer, make_server

from solar_simulator.app import create_app
from solar_simulator.calls import CallLog
from solar_simulator.clock import VirtualClock
from solar_simulator.faults import Faults
from solar_simulator.handler import KeepAliveHandler
from solar_simulator.scenario import Scenario, load
from solar_simulator.sun import preload
from solar_simulator.switches import Switches
from solar_simulator.truth import Truth
from solar_simulator.web import spare_the_collector
from solar_simulator.world import Credentials, World

# How long a server that is told to stop may take to notice.
_POLL_SECONDS = 0.02


class SimulatorServer:
    """Both clouds on one port, with handles to steer and to measure them.

    Use as a context manager, or call :meth:`start` and :meth:`stop`::

        with SimulatorServer(scenario="home") as sim:
            requests.get(f"{sim.solaredge_url}/sites", headers={"X-API-Key": ...})

    Args:
        scenario: Name, path of a TOML file, or a loaded scenario.
        clock: Defaults to one that stands at the scenario's ``now``.
        host: Address to listen on.
        port: 0 takes any free one.
    """

    def __init__(
        self,
        scenario: str | Scenario = "home",
        clock: VirtualClock | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        loaded = load(scenario) if isinstance(scenario, str) else scenario
        self.world = World.of(loaded, clock)
        self._server: BaseWSGIServer = make_server(
            host, port, create_app(self.world), threaded=True, request_handler=KeepAliveHandler
        )
        self._thread: threading.Thread | None = None
        self.url = f"http://{host}:{self._server.port}"

    @property
    def sigen_url(self) -> str:
        """Base of the Sigen cloud; ``/openapi/...`` follows."""
        return f"{self.url}/sigen"

    @property
    def solaredge_url(self) -> str:
        """Base of SolarEdge v2; ``/sites`` follows."""
        return f"{self.url}/solaredge/v2"

    @property
    def solaredge_v1_url(self) -> str:
        """Base of SolarEdge v1; ``/sites/list`` follows."""
        return f"{self.url}/solaredge"

    @property
    def clock(self) -> VirtualClock:
        """What time it is."""
        return self.world.clock

    @property
    def truth(self) -> Truth:
        """What really happened."""
        return self.world.truth

    @property
    def calls(self) -> CallLog:
        """Who asked what."""
        return self.world.calls

    @property
    def switches(self) -> Switches:
        """The oddities."""
        return self.world.switches

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand."""
        return self.world.faults

    @property
    def credentials(self) -> Credentials:
        """What lets a client in."""
        return self.world.credentials

    def start(self) -> None:
        """Serve in a thread."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted; the process belongs to the server."""
        spare_the_collector()
        threading.Thread(target=preload, daemon=True).start()
        self._server.serve_forever(_POLL_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
