"""Fleets: any number of plausible sites out of one seed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

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
_WORDS = ("refused", "not_found", "moved", "unavailable", "slow", "offline", "pending")
_FACINGS = ((30.0, 180.0), (20.0, 90.0), (20.0, 270.0), (10.0, 180.0))


def fleet_sites(
    seed: int,
    *,
    sigen: int = 0,
    solaredge: int = 0,
    installed_at: datetime = datetime(2026, 6, 1, tzinfo=UTC),
    zones: int = 0,
    troubled: float = 0.0,
) -> list[Site]:
    """Make a fleet.

    Args:
        seed: Same seed, same fleet.
        sigen: How many Sigen systems.
        solaredge: How many SolarEdge sites.
        installed_at: The first one's beginning; the others follow within ten days.
        zones: Over how many zones of the tz database they are spread; 0 for a few towns.
        troubled: Which share of them is in trouble; see :func:`fleet_rules`.
    """
    towns = _zone_towns(zones) if zones else _TOWNS
    made = [_site(seed, "sigen", n, installed_at, towns) for n in range(sigen)] + [
        _site(seed, "solaredge", n, installed_at, towns) for n in range(solaredge)
    ]
    pending = {site.site_id for site, word in _troubles(made, troubled) if word == "pending"}
    return [replace(site, pending=site.site_id in pending) for site in made]


def fleet_rules(sites: list[Site], troubled: float) -> tuple[dict[str, Any], ...]:
    """Settings of the switch ``trouble`` for a share of a fleet, every kind in turn.

    Args:
        sites: What :func:`fleet_sites` has made.
        troubled: Which share of them is in trouble.
    """
    return tuple(
        {"name": "trouble", "value": word, "site": site.site_id}
        for site, word in _troubles(sites, troubled)
    )


def _troubles(sites: list[Site], share: float) -> list[tuple[Site, str]]:
    """Every n-th site and its neighbour, so that troubles come alone and in pairs."""
    if not share:
        return []
    step = 2 / share
    pairs = range(int(len(sites) / step))
    places = [int((pair + 0.5) * step) + side for pair in pairs for side in (0, 1)]
    return [
        (sites[place], _WORDS[number % len(_WORDS)])
        for number, place in enumerate(places)
        if place < len(sites)
    ]


def _zone_towns(number: int) -> tuple[tuple[str, str, float, float], ...]:
    """Invented towns, one in each of some zones, where the sun is about as high as there."""
    regions = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    names = sorted(name for name in available_timezones() if name.startswith(regions))
    chosen = names[:: max(1, len(names) // number)][:number]
    winter = datetime(2026, 1, 15, tzinfo=UTC)
    found = []
    for name in chosen:
        offset = winter.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
        latitude = key_of(0, name) % 90 - 40
        found.append((name, "", float(latitude), round(offset / timedelta(hours=1) * 15, 1)))
    return tuple(found)


def _site(
    seed: int,
    vendor: Vendor,
    number: int,
    installed_at: datetime,
    towns: tuple[tuple[str, str, float, float], ...],
) -> Site:
    dice = key_of(seed, vendor, number)

    def pick(low: float, high: float, part: str) -> float:
        share = key_of(dice, part) % 1000 / 1000
        return round(low + share * (high - low), 1)

    zone, country, latitude, longitude = towns[(dice if towns is _TOWNS else number) % len(towns)]
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
