"""``/energy``, ``/power`` and the three telemetry calls (docs/vendors/solaredge.md, v2)."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from solar_simulator.noise import Floats, Ints, key_of, uniform
from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.solaredge.v2.answer import Answer, Points, Value, inverter_row
from solar_simulator.solaredge.v2.windows import ENERGY_UNITS, POWER_UNITS, read_unit
from solar_simulator.solaredge.wrong import (
    wrong_energies,
    wrong_nulls,
    wrong_soc,
    wrong_totals,
)
from solar_simulator.world import World

_TENTHS = 10


def energy(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """PV generation by bucket, whole watt-hours times the unit; the battery has no part."""
    unit, size = read_unit(query, ENERGY_UNITS)
    answer = Answer.read(world, site, query)
    values = answer.wh(Flow.PV, Flow.AWAKE, per_wh=1)
    values = wrong_energies(world, site, "pv", answer.buckets, values)
    values = wrong_totals(world, site, answer.buckets, values)
    return _series(answer, unit, _in_unit(values, size))


def power(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """Mean PV power by bucket; the battery's discharge is taken off, its charge added."""
    unit, size = read_unit(query, POWER_UNITS)
    answer = Answer.read(world, site, query)
    values = answer.watts(Flow.PV, Flow.AWAKE)
    values = wrong_nulls(world, site, "pv", answer.buckets, values)
    return _series(answer, unit, _in_unit(values, size))


def _series(answer: Answer, unit: str, values: Sequence[Value]) -> dict[str, object]:
    return {
        "period": answer.window.period(),
        "unit": unit,
        "resolution": answer.window.resolution,
        "values": answer.points(values),
    }


def _in_unit(values: Sequence[Value], size: int) -> list[Value]:
    if size == 1:
        return list(values)
    return [None if value is None else round(value / size, 12) for value in values]


def inverters(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """AC output of each inverter: PV plus discharge less charge, never negative.

    Energy in Wh, power in kW; at quarter-hours and hours also voltage, current and
    frequency, of which voltage and frequency are stamped with the bucket's end.
    """
    answer = Answer.read(world, site, query)
    return {
        "inverters": {
            serial: _inverter(part, index)
            for index, inverter in enumerate(site.inverters)
            for serial, part in answer.by_tenure(inverter.serial)
        }
    }


def _inverter(answer: Answer, index: int) -> dict[str, object]:
    awake, made = Flow.LIGHT if index else Flow.AWAKE, inverter_row(index)
    resolution = answer.window.resolution
    wh = answer.wh(made, awake, per_wh=_TENTHS)
    metrics: dict[str, object] = {}
    if answer.fine:
        kw = [None if w is None else round(w / 1000, 3) for w in answer.watts(made, awake)]
        metrics["power"] = {"unit": "KW", "resolution": resolution, "values": answer.points(kw)}
    metrics["energy"] = {"unit": "WH", "resolution": resolution, "values": answer.points(wh)}
    if answer.fine:
        metrics |= _electrics(answer, index, made, awake)
    return metrics


def _electrics(answer: Answer, index: int, made: int, awake: int) -> dict[str, object]:
    site = answer.site
    ends = np.array(answer.window.buckets.ends)
    watts = answer.watts(made, awake)
    line_volts = site.grid_volts * (2 if site.phases == 2 else 1)  # noqa: PLR2004 - split phase
    volts = line_volts * _wobble(answer, ends, f"volts {index}", 0.015)
    hertz = site.grid_hertz * _wobble(answer, ends, "hertz", 0.0006)
    seen = [watt is not None for watt in watts]

    def points(values: Floats, decimals: int, *, at_end: bool) -> Points:
        shown = [
            round(float(value), decimals) if there else None
            for value, there in zip(values, seen, strict=True)
        ]
        return answer.points(shown, at_end=at_end)

    amperes = np.array([watt or 0.0 for watt in watts]) / volts
    return {
        "voltage": {"unit": "VOLT", "values": points(volts, 1, at_end=True)},
        "current": {"unit": "AMPERE", "values": points(amperes, 1, at_end=False)},
        "frequency": {"unit": "HERTZ", "values": points(hertz, 2, at_end=True)},
    }


def _wobble(answer: Answer, minutes: Ints, what: str, share: float) -> Floats:
    key = key_of(answer.world.scenario.seed, answer.site.site_id, what)
    return 1.0 + share * (uniform(key, minutes) * 2 - 1)


def meters(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """Production, consumption, import and export by bucket; Wh and W.

    In every bucket production + import = consumption + export, to the printed digit.
    A site without meters answers an empty object.
    """
    answer = Answer.read(world, site, query)
    found: dict[str, dict[str, object]] = {}
    if site.metered:
        for place, name, columns in _meter_columns(world, site):
            parts = answer.by_tenure(place) if place else [("null", answer)]
            for serial, part in parts:
                found.setdefault(serial, {}).update(_meter(part, name, columns))
    return {**answer.head(), "meters": found}


def _meter_columns(world: World, site: Site) -> list[tuple[str, str, dict[Flow, int]]]:
    grid = site.grid_meter_serial
    production = {Flow.PRODUCTION: 1}
    bought, sold = {Flow.IMPORT: 1}, {Flow.EXPORT: -1}
    columns = [
        (site.production_meter_serial, "production", production),
        (grid, "import", bought),
        (grid, "export", {Flow.EXPORT: 1}),
    ]
    place = world.switches.get("solaredge.virtual_meter", site.site_id)
    if place != "absent":
        # Consumption is reckoned from the printed three, as the vendor's cloud does.
        where = grid if place == "grid_meter" else ""
        columns.append((where, "consumption", production | bought | sold))
    return columns


def _meter(answer: Answer, name: str, columns: Mapping[Flow, int]) -> dict[str, object]:
    def added(of: Callable[[Flow], list[Value]], decimals: int) -> list[Value]:
        parts = [(of(flow), sign) for flow, sign in columns.items()]
        rows = zip(*(values for values, _ in parts), strict=True)
        signs = [sign for _, sign in parts]
        return [_signed(row, signs, decimals) for row in rows]

    wh = added(lambda flow: answer.wh(flow, None, per_wh=_TENTHS), 1)
    wh = wrong_energies(answer.world, answer.site, "meters", answer.buckets, wh)
    metrics: dict[str, object] = {f"{name}Energy": {"unit": "WH", "values": answer.points(wh)}}
    if answer.fine:
        watts = added(lambda flow: answer.watts(flow, None), 4)
        watts = wrong_nulls(answer.world, answer.site, "meters", answer.buckets, watts)
        metrics[f"{name}Power"] = {"unit": "W", "values": answer.points(watts)}
    return metrics


def _signed(row: Sequence[Value], signs: Sequence[int], decimals: int) -> Value:
    if any(value is None for value in row):
        return None
    total = sum(sign * (value or 0.0) for value, sign in zip(row, signs, strict=True))
    return round(total, decimals) + 0.0


def storage(world: World, site: Site, query: Mapping[str, str]) -> dict[str, object]:
    """Charge and discharge of the battery by bucket (W, Wh), and its state.

    ``stateOfEnergy`` (percent) and ``remainingEnergy`` (kWh) hold at the stamp itself.
    """
    answer = Answer.read(world, site, query)
    served = answer.by_tenure(site.battery.serial) if site.battery else []
    found = {serial: _battery(part) for serial, part in served}
    return {**answer.head(), "storage": found}


def _battery(answer: Answer) -> dict[str, object]:
    metrics: dict[str, object] = {}
    world, site, buckets = answer.world, answer.site, answer.buckets
    for name, flow in (("charge", Flow.CHARGE), ("discharge", Flow.DISCHARGE)):
        if answer.fine:
            watts = wrong_nulls(world, site, "storage", buckets, answer.watts(flow, None))
            metrics[f"{name}Power"] = {"unit": "W", "values": answer.points(watts)}
        wh = answer.wh(flow, None, per_wh=_TENTHS)
        wh = wrong_energies(world, site, "storage", buckets, wh)
        metrics[f"{name}Energy"] = {"unit": "WH", "values": answer.points(wh)}
    if answer.fine and answer.site.battery:
        percent, left = _states(answer, answer.site.battery.capacity_wmin)
        percent = wrong_soc(world, site, answer.window.buckets.starts, percent)
        metrics["stateOfEnergy"] = {"unit": "PERCENTAGE", "values": answer.points(percent)}
        metrics["remainingEnergy"] = {"unit": "KWH", "values": answer.points(left)}
    return metrics


def _states(answer: Answer, capacity_wmin: int) -> tuple[list[Value], list[Value]]:
    stored, known = answer.store_at_starts()
    percent = np.round(100 * stored / capacity_wmin, 1)
    left = np.round(stored / 60_000, 3)
    return (
        [float(value) if there else None for value, there in zip(percent, known, strict=True)],
        [float(value) if there else None for value, there in zip(left, known, strict=True)],
    )
