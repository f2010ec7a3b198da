"""Which stations an application may see (docs/vendors/sigen.md, onboarding).

An account sees its own stations; an app key only those that were onboarded and not
offboarded since. Here all are onboarded from the start, as owners always agree.
"""

import threading

from solar_simulator.sigen.envelope import SigenError
from solar_simulator.site import Site
from solar_simulator.world import World

_NOT_FOUND = 1106


class Board:
    """The stations that the app key has lost.

    Args:
        world: Sites and credentials.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._off: set[str] = set()

    def reset(self) -> None:
        """All stations onboarded."""
        with self._lock:
            self._off.clear()

    def sees(self, account: str, site: Site) -> bool:
        """Whether an account, or the app key, may see a station."""
        by_key = account == self._world.credentials.sigen_app_key
        return not (by_key and site.site_id in self._off)

    def change(self, way: str, body: object) -> list[dict[str, object]]:
        """Onboard or offboard a list of station ids.

        Returns:
            For each whether it worked, and the codes why not.

        Raises:
            SigenError: 1000 for another way or a body that is no list.
        """
        if way not in {"onboard", "offboard"} or not isinstance(body, list):
            raise SigenError(1000)
        return [self._change(way, str(system_id)) for system_id in body]

    def _change(self, way: str, system_id: str) -> dict[str, object]:
        known = self._world.site("sigen", system_id) is not None
        with self._lock:
            if known and way == "offboard":
                self._off.add(system_id)
            elif known:
                self._off.discard(system_id)
        code = 0 if known else _NOT_FOUND
        return {"systemId": system_id, "result": known, "codeList": [code]}
