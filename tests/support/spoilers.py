"""What can spoil a day of either cloud, put at random places of chosen days.

A spoiler sets switches of the simulator for one site and a stretch of one local day. The truth
never moves, so whatever the models call `ok` can be held against it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from solar_simulator.switches import Switches

FIVE_MINUTES = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a local day.

    Attributes:
        start: First instant, aware UTC.
        end: Exclusive end, aware UTC.
    """

    start: dt.datetime
    end: dt.datetime


Place = "Callable[[random.Random, Stretch], Stretch]"
"""Chooses a stretch of a day."""


def _part(day: Stretch, first: int, count: int) -> Stretch:
    start = day.start + first * FIVE_MINUTES
    return Stretch(start, min(day.end, start + count * FIVE_MINUTES))


def _rows(day: Stretch) -> int:
    return (day.end - day.start) // FIVE_MINUTES


def somewhere(dice: random.Random, day: Stretch) -> Stretch:
    """A stretch of five minutes to six hours anywhere in the day."""
    count = dice.choice((1, 2, 6, 7, 18, 25, 72))
    return _part(day, dice.randrange(_rows(day)), count)


def briefly(dice: random.Random, day: Stretch) -> Stretch:
    """One to six rows."""
    return _part(day, dice.randrange(_rows(day)), dice.choice((1, 2, 3, 6)))


def to_the_end(dice: random.Random, day: Stretch) -> Stretch:
    """From some instant to the end of the day."""
    first = dice.randrange(1, _rows(day))
    return _part(day, first, _rows(day) - first)


def from_midnight(dice: random.Random, day: Stretch) -> Stretch:
    """The first hours of the day."""
    return _part(day, 0, dice.choice((1, 12, 40, 84)))


def all_day(dice: random.Random, day: Stretch) -> Stretch:
    """The whole day."""
    del dice
    return day


@dataclass(frozen=True, slots=True)
class Spoiler:
    """One kind of trouble.

    Attributes:
        name: Shown in reports.
        switches: Switch names and values; a rate of 1 strikes every row of the stretch.
        place: Where in the day.
        keeps_totals: Whether the answer's own totals of the day stay right, so that the day's
            sums have to be kept.
    """

    name: str
    switches: Mapping[str, Any]
    place: Callable[[random.Random, Stretch], Stretch] = somewhere
    keeps_totals: bool = True

    def strike(
        self, switches: Switches, site_id: str, day: Stretch, dice: random.Random
    ) -> Stretch:
        """Set the switches and return where."""
        stretch = self.place(dice, day)
        for name, value in self.switches.items():
            switches.set(name, value, site=site_id, start=stretch.start, end=stretch.end)
        return stretch


SIGEN = (
    Spoiler("rows lost", {"sigen.missing_rows": 1.0}),
    Spoiler("rows end early", {"sigen.missing_rows": 1.0}, to_the_end),
    Spoiler("rows begin late", {"sigen.missing_rows": 1.0}, from_midnight),
    Spoiler("scattered rows lost", {"sigen.missing_rows": 0.1}, all_day),
    Spoiler("counters zero", {"sigen.zero_counters": 1.0}),
    Spoiler("counters zero to the end", {"sigen.zero_counters": 1.0}, to_the_end),
    Spoiler("scattered zero counters", {"sigen.zero_counters": 0.1}, all_day),
    Spoiler("counters null", {"sigen.null_counters": 1.0}),
    Spoiler("counters null to the end", {"sigen.null_counters": 1.0}, to_the_end),
    Spoiler("counter spike", {"sigen.counter_spikes": 1.0}, briefly),
    Spoiler("small counter spike", {"sigen.counter_spikes": 1.0, "sigen.spike_kwh": 30.0}, briefly),
    Spoiler("stale counters", {"sigen.stale_counters": 1.0}, from_midnight),
    Spoiler("negative counters", {"sigen.negative_counters": 1.0}),
    Spoiler("frozen rows", {"sigen.frozen_rows": 1.0}),
    Spoiler("frozen to the end", {"sigen.frozen_rows": 1.0}, to_the_end),
    Spoiler("counters flicker", {"sigen.flicker": 0.2}, all_day),
    Spoiler("counters dip", {"sigen.dips": 0.1}, all_day),
    Spoiler("powers null", {"sigen.null_fields": 1.0}),
    Spoiler("powers absent", {"sigen.missing_fields": 1.0}),
    Spoiler("powers not available", {"sigen.sentinels": 1.0}),
    Spoiler("state of charge impossible", {"sigen.impossible_soc": 1.0}),
    Spoiler("energies in Wh", {"sigen.energies_in_wh": True}, all_day, keeps_totals=False),
    *(
        Spoiler(f"totals {form}", {"sigen.day_totals": form}, all_day, keeps_totals=False)
        for form in ("yesterday", "double", "zero", "null", "absent")
    ),
    Spoiler("another day's answer", {"sigen.days_off": 1}, all_day, keeps_totals=False),
    Spoiler("rows repeated", {"sigen.repeated_rows": 1.0}),
    Spoiler("scattered repeated rows", {"sigen.repeated_rows": 0.1}, all_day),
    Spoiler("dashes", {"sigen.dashes": 1.0}),
    Spoiler("labels in UTC", {"sigen.data_time": "utc"}, all_day),
    Spoiler("labels with an offset", {"sigen.data_time": "offset"}, all_day),
    Spoiler("only the first pass", {"sigen.autumn_rows": "first_pass"}, all_day),
    Spoiler("only the second pass", {"sigen.autumn_rows": "second_pass"}, all_day),
    Spoiler("hour that never was", {"sigen.spring_rows": "filled"}, all_day),
    Spoiler("rows of zeros", {"sigen.standby_leak": True, "sigen.low_pv_power": True}, all_day),
)
"""Kinds of trouble with Sigen's Day answers."""

ALL_SERIES = {
    "solaredge.null_pv": 1.0,
    "solaredge.null_meters": 1.0,
    "solaredge.null_storage": 1.0,
}

SOLAREDGE = (
    *(
        spoiler
        for name, switches in (
            ("PV null", {"solaredge.null_pv": 1.0}),
            ("meters null", {"solaredge.null_meters": 1.0}),
            ("battery null", {"solaredge.null_storage": 1.0}),
            ("everything null", ALL_SERIES),
        )
        for spoiler in (
            Spoiler(name, switches),
            Spoiler(f"{name} to the end", switches, to_the_end),
            Spoiler(f"{name} from midnight", switches, from_midnight),
            Spoiler(f"{name} all day", switches, all_day),
            Spoiler(f"scattered {name}", dict.fromkeys(switches, 0.1), all_day),
        )
    ),
    Spoiler("impossible PV", {"solaredge.impossible_pv": 1.0}, briefly),
    Spoiler("impossible meters", {"solaredge.impossible_meters": 1.0}, briefly),
    Spoiler("impossible battery", {"solaredge.impossible_storage": 1.0}, briefly),
    Spoiler("negative energies", {"solaredge.negative_energies": 1.0}, briefly),
    Spoiler("state of charge impossible", {"solaredge.impossible_soc": 1.0}),
    Spoiler("totals null", {"solaredge.null_totals": True}, all_day, keeps_totals=False),
)
"""Kinds of trouble with SolarEdge's series."""

BY_VENDOR: dict[str, tuple[Spoiler, ...]] = {"sigen": SIGEN, "solaredge": SOLAREDGE}
