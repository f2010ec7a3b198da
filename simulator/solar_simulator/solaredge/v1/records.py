"""What devices report, at their own second every five minutes (docs/vendors/solaredge.md).

Records are instants, not means: power is that of the running minute, counters are as of
its end. Inverters are silent at night but for one or two records that they sleep.
"""

from dataclasses import dataclass

import numpy as np

from solar_simulator.noise import Ints, key_of, uniform, uniform_at
from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.units import MINUTES_PER_DAY
from solar_simulator.world import World
from solar_simulator.zones import local_minutes

_EVERY = 5
_JITTER_SHARE = 0.04
_KEEP_ALIVE_HOURS = ((0, 4), (22, 24))


@dataclass(frozen=True, slots=True)
class Minutes:
    """All minutes of a stretch of a site's time.

    Attributes:
        start_minute: The first.
        flows: Watts by :class:`Flow` and minute, late revisions and all.
        inverter_ac: Watts by inverter and minute.
        store: Energy in the battery at the end of each minute.
    """

    start_minute: int
    flows: Ints
    inverter_ac: Ints
    store: Ints


def minutes_of(world: World, site: Site, start: int, end: int) -> Minutes:
    """The minutes of ``[start, end)`` as reported now, end not after now."""
    first, last = start // MINUTES_PER_DAY, (end - 1) // MINUTES_PER_DAY
    days = [world.model.minute_day(site.site_id, day) for day in range(first, last + 1)]
    begin, stop = start - first * MINUTES_PER_DAY, end - first * MINUTES_PER_DAY
    flows = np.concatenate([day.flows for day in days], axis=1)[:, begin:stop]
    ac = np.concatenate([day.inverter_ac for day in days], axis=1)[:, begin:stop]
    store = np.concatenate([day.store[1:] for day in days])[begin:stop]
    return Minutes(start, *world.reported(site.site_id, start, flows, ac), store)


def report_minutes(serial: str, start: int, end: int) -> Ints:
    """The UTC minutes of ``[start, end)`` in which a device reports."""
    phase = key_of(serial, "phase") % _EVERY
    first = start + (phase - start) % _EVERY
    return np.arange(first, end, _EVERY, dtype=np.int64)


def report_second(serial: str, minute: int) -> int:
    """The second of its report: the device's own, now and then one early."""
    second = key_of(serial, "second") % 58 + 1
    early = uniform_at(key_of(serial, "drift"), minute) < _JITTER_SHARE
    return second - 1 if early else second


def awake_row(index: int) -> Flow:
    """Where to see whether an inverter is awake: the first one works for the battery too."""
    return Flow.LIGHT if index else Flow.AWAKE


def kept_reports(world: World, site: Site, reports: Ints) -> Ints:
    """The reports that got through: all but those that the switch swallows."""
    lost = world.switches.hits("solaredge.v1_missing_records", site.site_id, reports)
    kept: Ints = reports[~lost]
    return kept


def inverter_minutes(world: World, site: Site, index: int, minutes: Minutes) -> tuple[Ints, Ints]:
    """When an inverter reports, and whether awake: 1, or 0 for a record that it sleeps."""
    serial = site.inverters[index].serial
    start, count = minutes.start_minute, minutes.flows.shape[1]
    reports = kept_reports(world, site, report_minutes(serial, start, start + count))
    reports = reports[reports >= site.installed_minute]
    awake = minutes.flows[awake_row(index)][reports - start]
    asleep_but_alive = np.isin(reports, _keep_alive(site, serial, start, count))
    spoken = (awake > 0) | asleep_but_alive
    return reports[spoken], awake[spoken]


def _keep_alive(site: Site, serial: str, start: int, count: int) -> Ints:
    """Two report minutes of each night, one before dawn and one after dusk."""
    walls = local_minutes(site.zone, start, count)
    days = walls // MINUTES_PER_DAY
    found = []
    for part, (first, last) in enumerate(_KEEP_ALIVE_HOURS):
        shares = uniform(key_of(serial, "keep alive", part), days)
        chosen = first * 60 + np.floor(shares * (last - first) * 60 / _EVERY) * _EVERY
        into = walls % MINUTES_PER_DAY
        found.append((into >= chosen) & (into < chosen + _EVERY))
    return start + np.flatnonzero(found[0] | found[1])


def bucket_means(
    world: World, site: Site, index: int, minutes: Minutes, edges: tuple[int, ...]
) -> list[float | None]:
    """Mean of an inverter's reported powers in each bucket; None without a record."""
    reports, _ = inverter_minutes(world, site, index, minutes)
    watts = minutes.inverter_ac[index][reports - minutes.start_minute]
    places = np.searchsorted(np.array(edges), reports, side="right") - 1
    inside = (places >= 0) & (places < len(edges) - 1)
    counts = np.bincount(places[inside], minlength=len(edges) - 1)
    totals = np.bincount(places[inside], weights=watts[inside], minlength=len(edges) - 1)
    return [
        float(total) / int(count) if count else None
        for total, count in zip(totals, counts, strict=True)
    ]
