"""Which pass of the hour that comes twice is there, where the cloud has one row for each label.

A cloud that stores rows by their label overwrites the first pass with the second, or drops the
second. The counters tell: they go on through both passes, so between two neighbouring rows they
rise by an hour's energy more than the powers explain. All rows before that jump are of the
first pass, all rows after it of the second.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solar_tap_kit.clock import DAY, day_start_utc, parse_utc, said_once

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from solar_tap_kit.fields import Record
    from tap_sigen.intervals import Question

COUNTERS = ("power_use", "power_generation", "es_charging", "es_discharging")
POWERS = ("load_power", "pv_total_power", "es_charge_discharge_power")
"""The powers that make these counters rise; the battery's has a sign."""

LEAST_JUMP_KWH = 0.06
"""A jump has to exceed the last digits of four counters."""

CLEARLY = 3.0
"""The jump has to be so many times as large as any other rise that the powers do not explain."""

LONGEST_GAP_HOURS = 0.5
"""Over a longer gap the power of one row explains nothing."""

FLICKER_KWH = 0.05
"""A counter that falls by more is not to be believed, so that nothing can be told."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What tells the passes of a repeated hour apart.

    Attributes:
        column: Returns a column of the answer, a value for each row.
        totals: Returns the day's totals by column: the counters at its end.
    """

    column: Callable[[str], Sequence[float | None]]
    totals: Callable[[], Record]


@dataclass(frozen=True, slots=True)
class Passes:
    """Which rows are of which pass.

    Attributes:
        second_from: The place among the labels from which on they are of the second pass, or
            None: the order of the rows tells.
        unknown: Positions of rows of which that can't be told.
        reason: What is odd, as a key of `intervals.REASONS`, or None.
    """

    second_from: int | None = None
    unknown: Collection[int] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the counters and powers of a row add up to.

    Attributes:
        label: The row's wall clock.
        energy_kwh: Sum of the counters.
        power_kw: Sum of the powers, each without its sign, or None if there is none.
    """

    label: dt.datetime
    energy_kwh: float
    power_kw: float | None


def tell_passes(
    labels: Mapping[int, dt.datetime], question: Question, counters: Counters | None
) -> Passes:
    """Tell which pass the rows of a repeated hour are of, where it is there only once.

    Args:
        labels: The wall clocks of the day's rows, by position in the answer.
        question: What was requested.
        counters: The rows' counters; without them such an hour counts as the first pass.
    """
    places, walls = list(labels), list(labels.values())
    hour = said_once(walls, question.tz)
    if not hour or counters is None:
        return Passes()
    fetched_at = parse_utc(question.fetched_at)
    if fetched_at < walls[hour[0]].replace(tzinfo=question.tz, fold=1):
        # The second pass had not begun.
        return Passes()
    found = _readings(counters, labels)
    midnight = dt.datetime.combine(question.day, dt.time())
    before = next(filter(None, reversed(found[: hour[0]])), Reading(midnight, 0.0, None))
    after = next(filter(None, found[hour[-1] + 1 :]), None)
    if after is None and fetched_at >= day_start_utc(question.day + DAY, question.tz):
        totals = counters.totals()
        after = _reading(midnight + DAY, [totals[name] for name in COUNTERS], None)
    switch = second_pass_from(before, found[hour[0] : hour[-1] + 1], after)
    if switch is None:
        return Passes(unknown=frozenset(places[place] for place in hour), reason="pass_unknown")
    return Passes(second_from=hour[0] + switch, reason="pass_missing")


def _readings(counters: Counters, labels: Mapping[int, dt.datetime]) -> list[Reading | None]:
    """Return the reading of each row; None where a counter is missing.

    Args:
        counters: The answer's columns.
        labels: The wall clocks of some rows, by position in the answer.
    """
    powers = [counters.column(name) for name in POWERS]
    energies = [counters.column(name) for name in COUNTERS]
    found = []
    for seq, label in labels.items():
        known = [abs(kw) for column in powers if (kw := column[seq]) is not None]
        counted = [column[seq] for column in energies]
        found.append(_reading(label, counted, sum(known) if known else None))
    return found


def _reading(
    label: dt.datetime, counted: Sequence[float | None], power_kw: float | None
) -> Reading | None:
    """Return the reading of some counters, or None where one is missing."""
    known = [kwh for kwh in counted if kwh is not None]
    return Reading(label, sum(known), power_kw) if len(known) == len(counted) else None


def second_pass_from(
    before: Reading, hour: Sequence[Reading | None], after: Reading | None
) -> int | None:
    """Return the position in the hour from which on its rows are of the second pass.

    Args:
        before: The last reading before the hour; at the start of a day a reading of zeros.
        hour: The readings of the hour, one for each row.
        after: The first reading after the hour, or None if there is none yet.

    Returns:
        0 if only the second pass is there, the number of rows if only the first is, and None
        if that can't be told.
    """
    chain = [(place, found) for place, found in enumerate(hour) if found is not None]
    if after is not None:
        chain.append((len(hour), after))
    jumps: list[tuple[float, int]] = []
    previous = before
    for place, found in chain:
        rise = found.energy_kwh - previous.energy_kwh
        if rise < -FLICKER_KWH:
            return None
        hours = (found.label - previous.label).total_seconds() / 3600
        if hours > LONGEST_GAP_HOURS:
            return None
        power = previous.power_kw if found.power_kw is None else found.power_kw
        jumps.append((rise - (power or 0.0) * hours, place))
        previous = found
    jumps.sort(reverse=True)
    if not jumps:
        return None
    (jump, place), *others = jumps
    if jump < LEAST_JUMP_KWH or (others and jump < CLEARLY * others[0][0]):
        return None
    return place
