"""Which device stood in a place, and when: inverters, batteries and meters get replaced."""

from dataclasses import dataclass

from solar_simulator.site import FAR_FUTURE, Site
from solar_simulator.zones import to_minute


@dataclass(frozen=True, slots=True)
class Tenure:
    """The time of one device in its place.

    Attributes:
        serial: The device's.
        begin: First UTC minute.
        end: The minute after its last.
        register_kwh: What its register showed as it began.
    """

    serial: str
    begin: int
    end: int
    register_kwh: float = 0.0

    def overlaps(self, start: int, end: int) -> bool:
        """Whether it stood there at some time of ``[start, end)``."""
        return self.begin < end and self.end > start


def tenures(site: Site, place: str) -> tuple[Tenure, ...]:
    """All that stood in a place, oldest first.

    Args:
        site: The site.
        place: The serial of the device that ends up there.
    """
    before = sorted(
        (old for old in site.replacements if site.place_of(old.serial) == place),
        key=lambda old: old.at,
    )
    if not before:
        return (Tenure(place, site.connected_minute, FAR_FUTURE),)
    serials = [*(old.serial for old in before), place]
    edges = [site.connected_minute, *(to_minute(old.at) for old in before), FAR_FUTURE]
    shown = [0.0, *(old.register_kwh for old in before)]
    return tuple(
        Tenure(serial, begin, end, register)
        for serial, begin, end, register in zip(serials, edges, edges[1:], shown, strict=False)
    )


def standing(site: Site, place: str, minute: int) -> Tenure:
    """What stands in a place at a UTC minute."""
    served = tenures(site, place)
    return next((tenure for tenure in reversed(served) if tenure.begin <= minute), served[0])


def tenure_of(site: Site, serial: str, now_minute: int) -> Tenure | None:
    """The time of a device that is or was at the site by now; None for any other serial."""
    for tenure in tenures(site, site.place_of(serial)):
        known = tenure.begin <= now_minute or tenure.begin == site.connected_minute
        if tenure.serial == serial and known:
            return tenure if site.place_of(serial) in site.places else None
    return None
