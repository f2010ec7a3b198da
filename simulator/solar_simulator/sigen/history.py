"""System history, all levels (docs/vendors/sigen.md, system history)."""

import itertools
from datetime import date

import numpy as np

from solar_simulator.model import STEP_MINUTES, Series
from solar_simulator.noise import Floats, Ints
from solar_simulator.physics import Flow
from solar_simulator.sigen.envelope import SigenError
from solar_simulator.sigen.misplaced import answered_period, misplaced_rows
from solar_simulator.sigen.oddities import (
    POWERS,
    STATE,
    Columns,
    Row,
    distort_columns,
    distort_fields,
    kept_rows,
)
from solar_simulator.sigen.periods import (
    Period,
    coarse_label,
    day_before,
    day_labels,
    lifetime,
    parts,
    period,
    published_minute,
    repeated,
    skipped_labels,
)
from solar_simulator.sigen.wrong import Yesterday, wrong_rows, wrong_totals
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
_DROPPED_PASS = {"all": -1, "first_pass": 2, "second_pass": 1}
_W_STEPS_PER_KW = 1000 * STEP_MINUTES


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
    whole = whole_period(world, site, level, day)
    if level == "day":
        whole = answered_period(world, site, whole)
    start, end = _clipped(site, whole, published_minute(world, site))
    if start > end:
        _refuse_outside(world, site)
        return {**_totals(world, site, start, start), "itemList": []}
    totals = _totals(world, site, start, end)
    if level != "day":
        return {**totals, "itemList": _parts(world, site, level, whole)}
    before = (max(day_before(site, start), site.installed_minute), start)
    rows = _day_rows(world, site, whole, lambda: _energies_between(world, site, *before))
    shown = wrong_totals(world, site, start, totals, lambda: _totals(world, site, *before))
    return {**shown, "itemList": rows}


def whole_period(world: World, site: Site, level: str, day: date | None) -> Period:
    """The local days that a level and a date stand for.

    Raises:
        SigenError: 1000 without a date.
    """
    if level == "lifetime":
        return lifetime(site, local_date(site.zone, published_minute(world, site)))
    if day is None:
        raise SigenError(1000)
    return period(level, day)


def span(
    world: World, site: Site, level: str, day: date | None, *, clip: bool = True
) -> tuple[int, int]:
    """First UTC minute and exclusive end of a period, cut to what is published by now."""
    whole = whole_period(world, site, level, day)
    if not clip:
        return whole.bounds(site)
    return _clipped(site, whole, published_minute(world, site))


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
    found = energies(world.energy(site.site_id, start, end))
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
    short = world.switches.get("sigen.coarse_labels", site.site_id) == "short"
    rows: list[Row] = []
    for part in parts(level, whole):
        start, end = _clipped(site, part, published)
        if start < end:
            rows.append(
                {
                    "dataTime": coarse_label(level, part.first, form, short=short),
                    **_energies_between(world, site, start, end),
                }
            )
    return rows


def _energies_between(world: World, site: Site, start: int, end: int) -> dict[str, float]:
    flows = world.energy(site.site_id, start, max(start, end))
    return {**energies(flows), "powerFromBattery": _kwh(flows, Flow.BATTERY_TO_LOAD)}


def _day_rows(world: World, site: Site, whole: Period, yesterday: Yesterday) -> list[Row]:
    start, end = whole.bounds(site)
    stamps = np.arange(start, end, STEP_MINUTES)
    series = world.steps(site.site_id, start - STEP_MINUTES, end)
    columns = _columns(series, site)
    distort_columns(world, site, stamps, columns, series.flows[:, :-1])
    form = world.switches.get("sigen.data_time", site.site_id)
    labels = day_labels(site.zone, start, end, form)
    names = ("dataTime", *columns)
    table = zip(labels, *(column.tolist() for column in columns.values()), strict=True)
    rows: list[Row] = [dict(zip(names, row, strict=True)) for row in table]
    distort_fields(world, site, stamps, rows)
    wrong_rows(world, site, stamps, rows, yesterday)
    misplaced_rows(world, site, stamps, rows)
    return _published_rows(world, site, stamps, rows)


def _published_rows(world: World, site: Site, stamps: Ints, rows: list[Row]) -> list[Row]:
    """The rows of a day that are there: installed, past, and not swallowed by a switch."""
    switches, start, end = world.switches, int(stamps[0]), int(stamps[-1]) + STEP_MINUTES
    newest = published_minute(world, site)
    drop = _DROPPED_PASS[switches.get("sigen.autumn_rows", site.site_id, start)]
    shown = (stamps >= site.installed_minute) & (stamps <= newest)
    shown &= np.array(repeated(site.zone, start, end)) != drop
    shown &= kept_rows(world, site, stamps)
    if start <= newest < end and switches.get("sigen.future_rows", site.site_id, start):
        for row in itertools.compress(rows, (stamps > newest).tolist()):
            row.update((name, 0.0) for name in row if name != "dataTime")
        shown |= stamps > newest
    found = list(itertools.compress(rows, shown.tolist()))
    if switches.get("sigen.spring_rows", site.site_id, start) == "filled":
        form = switches.get("sigen.data_time", site.site_id)
        number, gap = skipped_labels(site.zone, start, end, form)
        if gap and shown[number]:
            at = int(shown[:number].sum())
            still = {**rows[number - 1], **dict.fromkeys(POWERS, 0.0)}
            found[at:at] = [{**still, "dataTime": label} for label in gap]
    return found


def _columns(series: Series, site: Site) -> Columns:
    """The columns of a day's rows from five minutes before it: one row less than steps.

    Powers are means of the five minutes before the stamp, energies run since midnight.
    """
    before = series.flows[:, :-1]
    run = np.cumsum(series.flows[:, 1:], axis=1)
    since = np.concatenate((np.zeros((len(Flow), 1), dtype=np.int64), run[:, :-1]), axis=1)

    def kw(watts: Ints) -> Floats:
        return np.round(watts / _W_STEPS_PER_KW, 3)

    def run_kwh(flow: Flow) -> Floats:
        rounded: Floats = np.round(since[flow] / WMIN_PER_KWH, 2)
        return rounded

    made, sold = run_kwh(Flow.PV), run_kwh(Flow.PV_TO_GRID)
    use, foreign = run_kwh(Flow.LOAD), run_kwh(Flow.FOREIGN_TO_LOAD)
    from_grid_to_load = before[Flow.IMPORT] - before[Flow.GRID_TO_BATTERY]
    full = site.battery.capacity_wmin if site.battery else 1
    return {
        "pvTotalPower": kw(before[Flow.PV]),
        "loadPower": kw(before[Flow.LOAD]),
        "toGridPower": kw(before[Flow.PV_TO_GRID]),
        "fromGridPower": kw(before[Flow.IMPORT]),
        "esChargeDischargePower": kw(before[Flow.CHARGE] - before[Flow.DISCHARGE]),
        "esChargePower": kw(before[Flow.CHARGE]),
        "esDischargePower": kw(before[Flow.BATTERY_TO_LOAD]),
        "oneselfPower": kw(before[Flow.LOAD] - from_grid_to_load),
        "powerGeneration": made,
        "powerToGrid": sold,
        "powerSelfConsumption": np.round(made - sold, 2),
        "powerUse": use,
        "powerFromGrid": foreign,
        "powerOneself": np.round(use - foreign, 2),
        "powerFromBattery": run_kwh(Flow.BATTERY_TO_LOAD),
        "esCharging": run_kwh(Flow.CHARGE),
        "esDischarging": run_kwh(Flow.DISCHARGE),
        STATE: np.round(series.store[1:-1] * 100 / full, 1),
    }
