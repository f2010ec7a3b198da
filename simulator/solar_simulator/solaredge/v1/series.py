"""Energy, power, meters and overview (docs/vendors/solaredge.md, v1 endpoints)."""

from collections.abc import Mapping
from statistics import fmean

import numpy as np

from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.solaredge.buckets import Buckets, bucket_series, rounded_wh, sums
from solar_simulator.solaredge.devices import shuffled
from solar_simulator.solaredge.v1.records import bucket_means, minutes_of
from solar_simulator.solaredge.v1.times import (
    Span,
    Value,
    buckets_of,
    check_span,
    limit_month,
    read_dates,
    read_times,
    read_unit,
    rows,
)
from solar_simulator.solaredge.wrong import wrong_energies, wrong_nulls, wrong_totals
from solar_simulator.tenure import tenures
from solar_simulator.units import WMIN_PER_WH, wmin
from solar_simulator.world import World

QUARTER = "QUARTER_OF_AN_HOUR"
_TYPES = ("FeedIn", "Consumption", "Purchased", "Production")
_UNMETERED_TYPES = ("Consumption", "FeedIn", "Purchased", "SelfConsumption", "Production")

Query = Mapping[str, str]
Points = list[dict[str, object]]


def energy(world: World, site: Site, query: Query) -> dict[str, object]:
    """AC energy of the inverters by bucket, whole Wh; null where nothing was reported."""
    span, unit = read_dates(query), read_unit(query)
    check_span(world, site, span, unit)
    buckets = buckets_of(world, site, span, unit)
    values = wrong_energies(world, site, "pv", buckets, _energies(world, site, buckets))
    values = wrong_totals(world, site, buckets, values)
    found = rows(world, site, buckets.starts, values, sum)
    return {"energy": {**_head(unit, "Wh"), "values": _with_null(found)}}


def power(world: World, site: Site, query: Query) -> dict[str, object]:
    """Mean of the inverters' reported powers by quarter-hour, W; null without a report."""
    span = read_times(query)
    limit_month(world, site, span)
    buckets = buckets_of(world, site, span, QUARTER)
    values = wrong_nulls(world, site, "pv", buckets, _powers(world, site, buckets))
    found = rows(world, site, buckets.starts, values, fmean)
    return {"power": {**_head(QUARTER, "W"), "values": _with_null(found)}}


def _head(unit: str, energy_unit: str) -> dict[str, object]:
    return {"timeUnit": unit, "unit": energy_unit, "measuredBy": "INVERTER"}


def _with_null(found: list[tuple[str, Value]]) -> Points:
    return [{"date": text, "value": value} for text, value in found]


def _energies(world: World, site: Site, buckets: Buckets) -> list[Value]:
    if not len(buckets):
        return []
    if not buckets.fine:
        return [
            _energy(world, site, start, end)
            for start, end in zip(buckets.starts, buckets.ends, strict=True)
        ]
    series = bucket_series(world, site, buckets)
    values = rounded_wh(series, series.inverter_ac.sum(axis=0), site.zone, buckets)
    shown = sums(series, series.flows[Flow.AWAKE], buckets) > 0
    shown &= np.array(buckets.ends) <= known_minute(world, site)
    shown &= np.array(buckets.ends) > site.installed_minute
    return [value if there else None for value, there in zip(values, shown.tolist(), strict=True)]


def _energy(world: World, site: Site, start: int, end: int) -> Value:
    """Energy of a day or more, so far; None where nothing was reported."""
    found = world.totals(site.site_id, start, min(end, known_minute(world, site)))
    made = int(found[len(Flow) :].sum())
    return float(round(made / WMIN_PER_WH)) if found[Flow.AWAKE] else None


def known_minute(world: World, site: Site) -> int:
    """The minute that data ends with."""
    delay = world.switches.get("solaredge.data_delay_minutes", site.site_id)
    return world.now_minute() - round(float(delay))


def _powers(world: World, site: Site, buckets: Buckets) -> list[Value]:
    """Sum over inverters of each one's mean of records, None where none reported."""
    end = min(buckets.edges[-1], known_minute(world, site))
    start = buckets.edges[0]
    if not len(buckets) or end <= start:
        return [None] * len(buckets)
    minutes = minutes_of(world, site, start, end)
    by_inverter = [
        bucket_means(world, site, index, minutes, buckets.edges)
        for index in range(len(site.inverters))
    ]
    found: list[Value] = []
    for means in zip(*by_inverter, strict=True):
        present = [mean for mean in means if mean is not None]
        found.append(round(sum(present), 4) if present else None)
    return found


def power_details(world: World, site: Site, query: Query) -> dict[str, object]:
    """Mean power by meter type and quarter-hour, W; a row without value has no key for it."""
    span = read_times(query)
    limit_month(world, site, span)
    return {"powerDetails": _details(world, site, query, span, QUARTER, "W")}


def energy_details(world: World, site: Site, query: Query) -> dict[str, object]:
    """Energy by meter type and bucket, Wh; a row without value has no key for it."""
    span, unit = read_times(query), read_unit(query)
    check_span(world, site, span, unit)
    return {"energyDetails": _details(world, site, query, span, unit, "Wh")}


def _details(
    world: World, site: Site, query: Query, span: Span, unit: str, of: str
) -> dict[str, object]:
    buckets = buckets_of(world, site, span, unit)
    wanted = query.get("meters", "").lower().split(",") if query.get("meters") else None
    merge = fmean if of == "W" else sum
    meters = [
        {
            "type": kind,
            "values": _without_null(
                rows(world, site, buckets.starts, _wrong(world, site, buckets, of, values), merge)
            ),
        }
        for kind, values in _by_type(world, site, buckets, of).items()
        if wanted is None or kind.lower() in wanted
    ]
    return {"timeUnit": unit, "unit": of, "meters": shuffled(world, site, meters)}


def _wrong(world: World, site: Site, buckets: Buckets, of: str, values: list[Value]) -> list[Value]:
    wrong = wrong_energies if of == "Wh" else wrong_nulls
    return wrong(world, site, "meters", buckets, values)


def _without_null(found: list[tuple[str, Value]]) -> Points:
    return [
        {"date": text} if value is None else {"date": text, "value": value} for text, value in found
    ]


def _by_type(world: World, site: Site, buckets: Buckets, of: str) -> dict[str, list[Value]]:
    """Values by meter type; what comes in equals what goes out, to the printed digit."""
    if not site.metered:
        production = _powers(world, site, buckets) if of == "W" else _energies(world, site, buckets)
        nothing: list[Value] = [None] * len(buckets)
        return dict.fromkeys(_UNMETERED_TYPES[:-1], nothing) | {"Production": production}
    flows = {
        "FeedIn": Flow.EXPORT,
        "Purchased": Flow.IMPORT,
        "Production": Flow.PRODUCTION,
    }
    found = {kind: _metered(world, site, buckets, flow, of) for kind, flow in flows.items()}
    found["Consumption"] = [
        None if None in row else round((row[0] or 0) + (row[1] or 0) - (row[2] or 0), 4) + 0.0
        for row in zip(found["Production"], found["Purchased"], found["FeedIn"], strict=True)
    ]
    listed = {kind: found[kind] for kind in _TYPES}
    if world.switches.get("solaredge.v1_self_consumption", site.site_id):
        listed["SelfConsumption"] = [
            None if None in row else round((row[0] or 0) - (row[1] or 0), 4) + 0.0
            for row in zip(found["Production"], found["FeedIn"], strict=True)
        ]
    return listed


def _metered(world: World, site: Site, buckets: Buckets, flow: Flow, of: str) -> list[Value]:
    if not len(buckets):
        return []
    known = known_minute(world, site)
    if buckets.fine:
        series = bucket_series(world, site, buckets)
        totals = sums(series, series.flows[flow], buckets).tolist()
    else:
        edges = zip(buckets.starts, buckets.ends, strict=True)
        totals = [int(world.energy(site.site_id, a, min(b, known))[flow]) for a, b in edges]
    if of == "Wh":
        totals = [
            total + _spike(world, site, flow, start, end)
            for start, end, total in zip(buckets.starts, buckets.ends, totals, strict=True)
        ]
    found: list[Value] = []
    for start, end, total in zip(buckets.starts, buckets.ends, totals, strict=True):
        unsettled = end > known if buckets.fine else start >= known
        if end <= site.installed_minute or unsettled:
            found.append(None)
        else:
            found.append(round(total / ((end - start) if of == "W" else WMIN_PER_WH), 4))
    return found


def _spike(world: World, site: Site, flow: Flow, start: int, end: int) -> int:
    """What new meters' first readings add to a bucket, by the switch, in watt-minutes."""
    if not site.replacements or not world.switches.get("solaredge.v1_meter_spike", site.site_id):
        return 0
    production = flow == Flow.PRODUCTION
    place = site.production_meter_serial if production else site.grid_meter_serial
    return sum(
        wmin(tenure.register_kwh) for tenure in tenures(site, place) if start <= tenure.begin < end
    )
