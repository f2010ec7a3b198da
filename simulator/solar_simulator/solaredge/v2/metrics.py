"""One metric of one device (docs/vendors/solaredge.md, v2 endpoints)."""

from collections.abc import Callable, Mapping

from solar_simulator.site import Site
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.solaredge.v2 import series
from solar_simulator.solaredge.v2.windows import read_window
from solar_simulator.tenure import tenure_of
from solar_simulator.world import World

Telemetry = Callable[[World, Site, Mapping[str, str]], dict[str, object]]
Metrics = dict[str, dict[str, object]]

# Word in the path: where the series come from, and the metrics with a path of their own.
KINDS: dict[str, tuple[Telemetry, tuple[str, ...]]] = {
    "inverters": (series.inverters, ("power", "energy", "voltage", "current", "frequency")),
    "meters": (
        series.meters,
        tuple(
            f"{side}-{what}"
            for side in ("import", "export", "production", "consumption")
            for what in ("power", "energy")
        ),
    ),
    "storage": (
        series.storage,
        (
            "charge-power",
            "charge-energy",
            "discharge-power",
            "discharge-energy",
            "state-of-energy",
            "remaining-energy",
        ),
    ),
}


def metric(
    world: World, site: Site, query: Mapping[str, str], words: Mapping[str, str]
) -> dict[str, object]:
    """``/inverters/{sn}/voltage`` and its like: a plain series.

    Raises:
        ProblemError: 404 for a metric there is not, 403 for another's device.
    """
    telemetry, names = KINDS[words["kind"]]
    if words["metric"] not in names:
        raise ProblemError(404, "Unknown endpoint")
    devices = _devices(telemetry(world, site, query), words["kind"])
    # A device of another time than the window's is known, and has nothing to tell.
    gone = tenure_of(site, words["serial"], world.now_minute()) is not None
    if words["serial"] not in devices and not (gone and len(site.replacements)):
        raise ProblemError(403, "No access to the requested device")
    found = devices.get(words["serial"], {}).get(_camel(words["metric"]))
    body = found if isinstance(found, dict) else {"unit": None, "values": []}
    window = read_window(world, site, query)
    return {
        "period": window.period(),
        "unit": body["unit"],
        "resolution": window.resolution,
        "values": body["values"],
    }


def storage_of(
    world: World, site: Site, query: Mapping[str, str], words: Mapping[str, str]
) -> dict[str, object]:
    """``/storage/{serials}/telemetry``: only these batteries."""
    answer = series.storage(world, site, query)
    wanted = words["serial"].split(",")
    found = _devices(answer, "storage")
    kept = {serial: body for serial, body in found.items() if serial in wanted}
    return {**answer, "storage": kept}


def _devices(answer: dict[str, object], kind: str) -> Metrics:
    found = answer[kind]
    return found if isinstance(found, dict) else {}


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.title() for word in rest)
