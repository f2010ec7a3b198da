"""Distortions of data that all answers of a site share: a biased load, data not yet final."""

import numpy as np

from solar_simulator.model import STEP_MINUTES, Model, Series
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.switches import Switches
from solar_simulator.units import MINUTES_PER_DAY

_PARTS = 10_000
_STATES = [Flow.LIGHT, Flow.AWAKE]


def distorted(switches: Switches, site_id: str, now_minute: int, series: Series) -> Series:
    """A series as reported now: biased and young data changed, the rest as it is."""
    bias_w = round(switches.get("load_bias_w", site_id))
    young = _young_from(switches, site_id, now_minute)
    end_minute = series.start_minute + series.step_minutes * series.flows.shape[1]
    if not bias_w and end_minute <= young:
        return series
    flows, pv, ac = series.flows.copy(), series.inverter_pv, series.inverter_ac
    if end_minute > young:
        first = max(young - series.start_minute, 0) // STEP_MINUTES
        flows, pv, ac = (_lowered(switches, site_id, part, first) for part in (flows, pv, ac))
        flows[_STATES] = series.flows[_STATES]
    flows[Flow.LOAD] += bias_w * series.step_minutes
    return Series(series.start_minute, series.step_minutes, flows, pv, ac, series.store)


def distorted_minutes(
    switches: Switches,
    site_id: str,
    now_minute: int,
    start_minute: int,
    parts: tuple[Ints, Ints],
) -> tuple[Ints, Ints]:
    """Single minutes as reported now.

    Args:
        switches: The bias and the revision.
        site_id: Whose minutes.
        now_minute: What data is young now.
        start_minute: The first of them.
        parts: Watts by :class:`Flow` and minute, and by inverter and minute.
    """
    flows, ac = parts
    young = _young_from(switches, site_id, now_minute)
    bias_w = round(switches.get("load_bias_w", site_id))
    if not bias_w and start_minute + flows.shape[1] <= young:
        return parts
    first = min(max(young - start_minute, 0), flows.shape[1])
    lowered = _lowered(switches, site_id, flows, first)
    lowered[_STATES] = flows[_STATES]
    lowered[Flow.LOAD] += bias_w
    return lowered, _lowered(switches, site_id, ac, first)


def distorted_sum(
    switches: Switches, model: Model, site_id: str, now_minute: int, span: tuple[int, int]
) -> Ints:
    """A sum as reported now: by flow, then the AC output of each inverter.

    Args:
        switches: The bias and the revision.
        model: The sites' physics.
        site_id: Whose energies.
        now_minute: What data is young now.
        span: First minute, and exclusive end.
    """
    start, end = max(span[0], model.sites[site_id].installed_minute), span[1]
    young = max(_young_from(switches, site_id, now_minute), start)
    total = model.totals(site_id, start, min(young, end))
    if end > young:
        late = model.totals(site_id, young, end)
        total += _lowered(switches, site_id, late[:, np.newaxis], 0)[:, 0]
    total[Flow.LOAD] += round(switches.get("load_bias_w", site_id)) * max(end - start, 0)
    return total


def _young_from(switches: Switches, site_id: str, now_minute: int) -> int:
    """The first minute of data that is not final yet, on full five minutes."""
    days = float(switches.get("revision_days", site_id))
    if not days:
        return now_minute + MINUTES_PER_DAY * 36_500
    return int(now_minute - days * MINUTES_PER_DAY) // STEP_MINUTES * STEP_MINUTES


def _lowered(switches: Switches, site_id: str, values: Ints, first: int) -> Ints:
    kept = round((1 - float(switches.get("revision_share", site_id))) * _PARTS)
    lowered = values.copy()
    lowered[:, first:] = (lowered[:, first:] * kept + _PARTS // 2) // _PARTS
    return lowered
