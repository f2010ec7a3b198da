"""System history, all levels (docs/vendors/sigen.md, system history)."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from solar_simulator.model import STEP_MINUTES, Series
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.sigen.envelope import SigenError
from solar_simulator.sigen.periods import (
    Period,
    day_labels,
    lifetime,
    parts,
    period,
    published_minute,
    repeated,
    skipped_labels,
)
from solar_simulator.site import Site
from solar_simulator.units import WMIN_PER_KWH
from solar_simulator.world import World
from solar_simulator.zones import local_date

_TOTALS = (
    "powerGeneration",
    "powerToGrid",
    "powerSelfConsumption",
    "powerUse",
    "powerFromGrid",
    "powerOneself",
    "esCharging",
    "esDischarging",
)
_POWERS = 8
_W_STEPS_PER_KW = 1000 * STEP_MINUTES

Row = dict[str, object]


def history(world: World, site: Site, level: str, day: date | None) -> dict[str, object]:
    """The ``data`` of a history answer.

    Args:
        world: Clock, physics and switches.
        site: The station.
        level: ``day`` to ``lifetime``.
        day: Any date of the period; not needed for ``lifetime``.

    Returns:
        Totals of the period in kWh, and ``itemList``: powers in kW, energies in kWh.

    Raises:
        SigenError: 1000 without a date; by the switch 1201 or 13001 for a period without
            data.
    """
    published = published_minute(world, site)
    if level == "lifetime":
        whole = lifetime(site, local_date(site.zone, published))
    elif day is None:
        raise SigenError(1000)
    else:
        whole = period(level, day)
    start, end = _clipped(site, whole, published)
    if start > end:
        _refuse_outside(world, site)
        return {**_totals(world, site, start, start), "itemList": []}
    items = _day_rows(world, site, whole) if level == "day" else _parts(world, site, level, whole)
    return {**_totals(world, site, start, end), "itemList": items}


def energies(flows: Ints) -> dict[str, float]:
    """The eight energies of a stretch in kWh, two decimals, identities kept.

    ``powerGeneration = powerToGrid + powerSelfConsumption`` and
    ``powerUse = powerFromGrid + powerOneself``. The grid's two are green accounting, not
    meters: PV fed in, and load of non-solar origin.
    """
    made, use = _kwh(flows, Flow.PV), _kwh(flows, Flow.LOAD)
    sold, foreign = _kwh(flows, Flow.PV_TO_GRID), _kwh(flows, Flow.FOREIGN_TO_LOAD)
    values = (
        made,
        sold,
        round(made - sold, 2),
        use,
        foreign,
        round(use - foreign, 2),
        _kwh(flows, Flow.CHARGE),
        _kwh(flows, Flow.DISCHARGE),
    )
    return dict(zip(_TOTALS, values, strict=True))


def _kwh(flows: Ints, flow: Flow) -> float:
    return round(int(flows[flow]) / WMIN_PER_KWH, 2)


def _clipped(site: Site, whole: Period, published: int) -> tuple[int, int]:
    start, end = whole.bounds(site)
    return max(start, site.installed_minute), min(end, published)


def _refuse_outside(world: World, site: Site) -> None:
    answer = world.switches.get("sigen.outside_dates", site.site_id)
    if answer != "empty":
        raise SigenError(int(answer))


def _totals(world: World, site: Site, start: int, end: int) -> dict[str, float]:
    found = energies(world.model.energy(site.site_id, start, end))
    match world.switches.get("sigen.totals", site.site_id):
        case "kwh":
            return _with_kwh(found)
        case "plain":
            return found
        case "plain_zero":
            return dict.fromkeys(found, 0.0) | _with_kwh(found)
        case _:
            return found | _with_kwh(found)


def _with_kwh(found: dict[str, float]) -> dict[str, float]:
    return {f"{name}Kwh": value for name, value in found.items()}


def _parts(world: World, site: Site, level: str, whole: Period) -> list[Row]:
    published = published_minute(world, site)
    form = world.switches.get("sigen.data_time", site.site_id)
    rows: list[Row] = []
    for part in parts(level, whole):
        start, end = _clipped(site, part, published)
        if start < end:
            flows = world.model.energy(site.site_id, start, end)
            label = f"{part.first:%Y%m%d} 00:00" if form == "compact" else f"{part.first} 00:00"
            rows.append(
                {
                    "dataTime": label,
                    **energies(flows),
                    "powerFromBattery": _kwh(flows, Flow.BATTERY_TO_LOAD),
                }
            )
    return rows


def _day_rows(world: World, site: Site, whole: Period) -> list[Row]:
    start, end = whole.bounds(site)
    columns = _columns(world.model.steps(site.site_id, start - STEP_MINUTES, end), site)
    form = world.switches.get("sigen.data_time", site.site_id)
    labels = day_labels(site.zone, start, end, form)
    kept = _published(world, site, start, end)
    names = ("dataTime", *columns)
    table = list(zip(labels, *columns.values(), kept, strict=True))
    if world.switches.get("sigen.spring_rows", site.site_id, start) == "filled":
        row, gap = skipped_labels(site.zone, start, end, form)
        still = [0.0] * _POWERS + list(table[row - 1][_POWERS + 1 :])
        table[row:row] = [(label, *still) for label in gap]
    return [dict(zip(names, row[:-1], strict=True)) for row in table if row[-1]]


def _published(world: World, site: Site, start: int, end: int) -> list[bool]:
    """Which stamps of a day have a row: installed, past, and not swallowed by a switch."""
    stamps = np.arange(start, end, STEP_MINUTES)
    shown = (stamps >= site.installed_minute) & (stamps <= published_minute(world, site))
    drop = {"all": -1, "first_pass": 2, "second_pass": 1}[
        world.switches.get("sigen.autumn_rows", site.site_id, start)
    ]
    shown &= np.array(repeated(site.zone, start, end)) != drop
    kept: list[bool] = shown.tolist()
    return kept


def _columns(series: Series, site: Site) -> dict[str, list[float]]:
    """The columns of a day's rows from five minutes before it: one row less than steps.

    Powers are means of the five minutes before the stamp, energies run since midnight.
    """
    before = series.flows[:, :-1]
    run = np.cumsum(series.flows[:, 1:], axis=1)
    since = np.concatenate((np.zeros((len(Flow), 1), dtype=np.int64), run[:, :-1]), axis=1)

    def kw(watts: Ints) -> list[float]:
        return _listed(watts / _W_STEPS_PER_KW, 3)

    def run_kwh(energy: Ints) -> NDArray[np.float64]:
        return np.round(energy / WMIN_PER_KWH, 2)

    made, sold = run_kwh(since[Flow.PV]), run_kwh(since[Flow.PV_TO_GRID])
    use, foreign = run_kwh(since[Flow.LOAD]), run_kwh(since[Flow.FOREIGN_TO_LOAD])
    from_grid_to_load = before[Flow.IMPORT] - before[Flow.GRID_TO_BATTERY]
    soc = series.store[1:-1] * 100 / site.battery.capacity_wmin if site.battery else since[0] * 0.0
    return {
        "pvTotalPower": kw(before[Flow.PV]),
        "loadPower": kw(before[Flow.LOAD]),
        "toGridPower": kw(before[Flow.PV_TO_GRID]),
        "fromGridPower": kw(before[Flow.IMPORT]),
        "esChargeDischargePower": kw(before[Flow.CHARGE] - before[Flow.DISCHARGE]),
        "esChargePower": kw(before[Flow.CHARGE]),
        "esDischargePower": kw(before[Flow.BATTERY_TO_LOAD]),
        "oneselfPower": kw(before[Flow.LOAD] - from_grid_to_load),
        "powerGeneration": made.tolist(),
        "powerToGrid": sold.tolist(),
        "powerSelfConsumption": _listed(made - sold, 2),
        "powerUse": use.tolist(),
        "powerFromGrid": foreign.tolist(),
        "powerOneself": _listed(use - foreign, 2),
        "powerFromBattery": run_kwh(since[Flow.BATTERY_TO_LOAD]).tolist(),
        "esCharging": run_kwh(since[Flow.CHARGE]).tolist(),
        "esDischarging": run_kwh(since[Flow.DISCHARGE]).tolist(),
        "batSoc": _listed(soc, 1),
    }


def _listed(values: NDArray[np.float64], decimals: int) -> list[float]:
    listed: list[float] = np.round(values, decimals).tolist()
    return listed
