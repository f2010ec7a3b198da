"""The equipment of a SolarEdge site as both API versions list it."""

from solar_simulator.noise import key_of
from solar_simulator.site import Site


def production_meter_serial(site: Site) -> str:
    """The meter at the inverters."""
    return str(600_000_000 + key_of(site.site_id, "production meter") % 99_999_999)


def grid_meter_serial(site: Site) -> str:
    """The meter at the grid: import and export share it, and its serial."""
    return str(700_000_000 + key_of(site.site_id, "grid meter") % 99_999_999)
