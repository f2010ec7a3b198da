"""Fleets: any number of plausible sites out of one seed."""

from datetime import UTC, datetime, timedelta

from solar_simulator.noise import key_of
from solar_simulator.site import Battery, Household, Inverter, Site, Vendor

# Few towns, so that a fleet shares the work on the sun's path.
_TOWNS: tuple[tuple[str, str, float, float], ...] = (
    ("Europe/Berlin", "Germany", 52.5, 13.4),
    ("Europe/Madrid", "Spain", 40.4, -3.7),
    ("America/New_York", "United States", 40.7, -74.0),
    ("America/Phoenix", "United States", 33.4, -112.1),
    ("Africa/Johannesburg", "South Africa", -26.2, 28.0),
    ("Australia/Sydney", "Australia", -33.9, 151.2),
    ("Australia/Adelaide", "Australia", -34.9, 138.6),
    ("Asia/Kolkata", "India", 19.1, 72.9),
)
_FACINGS = ((30.0, 180.0), (20.0, 90.0), (20.0, 270.0), (10.0, 180.0))


def fleet_sites(
    seed: int,
    *,
    sigen: int = 0,
    solaredge: int = 0,
    installed_at: datetime = datetime(2026, 6, 1, tzinfo=UTC),
) -> list[Site]:
    """Make a fleet.

    Args:
        seed: Same seed, same fleet.
        sigen: How many Sigen systems.
        solaredge: How many SolarEdge sites.
        installed_at: The first one's beginning; the others follow within ten days.
    """
    return [_site(seed, "sigen", n, installed_at) for n in range(sigen)] + [
        _site(seed, "solaredge", n, installed_at) for n in range(solaredge)
    ]


def _site(seed: int, vendor: Vendor, number: int, installed_at: datetime) -> Site:
    dice = key_of(seed, vendor, number)

    def pick(low: float, high: float, part: str) -> float:
        share = key_of(dice, part) % 1000 / 1000
        return round(low + share * (high - low), 1)

    zone, country, latitude, longitude = _TOWNS[dice % len(_TOWNS)]
    south = latitude < 0
    tilt, azimuth = _FACINGS[dice // 8 % len(_FACINGS)]
    kwp = pick(4, 14, "kwp")
    site_id = f"FLEET{1_700_000_000 + number}" if vendor == "sigen" else str(5_000_000 + number)
    capacity = pick(5, 16, "battery")
    battery = Battery(f"B{site_id}", capacity, round(capacity / 2, 1), round(capacity / 2, 1))
    has_battery = vendor == "sigen" or dice // 64 % 3 == 0
    return Site(
        vendor=vendor,
        site_id=site_id,
        name=f"Fleet {vendor} {number + 1}",
        zone=zone,
        latitude=latitude,
        longitude=longitude,
        installed_at=installed_at + timedelta(minutes=key_of(dice, "day") % (10 * 1440)),
        inverters=(
            Inverter(
                f"{dice % 0x10000000:08X}-{number % 256:02X}",
                round(kwp * 0.9, 1),
                kwp,
                tilt,
                180.0 - azimuth if south else azimuth,
                optimizers=int(kwp * 2.5),
            ),
        ),
        battery=battery if has_battery else None,
        household=Household(pick(6, 20, "load"), 11.0 if dice // 192 % 4 == 0 else 0.0),
        phases=3 if dice // 768 % 2 else 1,
        metered=has_battery or dice // 1536 % 2 == 0,
        country=country,
    )
